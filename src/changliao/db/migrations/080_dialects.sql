-- Dialects: accounts and keys, what shops said beside their payments, notices on their way.
CREATE TABLE dialects_accounts (
    id TEXT PRIMARY KEY,
    dialect TEXT NOT NULL,
    app_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    number TEXT NOT NULL,
    alias TEXT NOT NULL,
    public_key TEXT NOT NULL,
    serial TEXT NOT NULL,
    secrets TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL,
    UNIQUE (dialect, number)
);
CREATE INDEX dialects_accounts_app ON dialects_accounts (app_id, mode);
CREATE TABLE dialects_speaking (
    audience TEXT PRIMARY KEY,
    account_ids TEXT NOT NULL
);
CREATE TABLE dialects_platform_keys (
    id TEXT PRIMARY KEY,
    dialect TEXT NOT NULL,
    mode TEXT NOT NULL,
    private_key TEXT NOT NULL,
    public_key TEXT NOT NULL,
    certificate TEXT NOT NULL,
    serial TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE dialects_particulars (
    about TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    notify_url TEXT NOT NULL,
    return_url TEXT NOT NULL,
    request BYTEA NOT NULL,
    said TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE dialects_notices (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    dialect TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    seq BIGINT NOT NULL,
    url TEXT NOT NULL,
    hook TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    tries BIGINT NOT NULL,
    status BIGINT NOT NULL,
    trouble TEXT NOT NULL,
    excerpt TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    tried_at BIGINT NOT NULL
);
CREATE INDEX dialects_notices_account ON dialects_notices (account_id, id);
