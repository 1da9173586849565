-- Double entry: accounts, transfers (append-only, chained), what is left of each hold.
-- Transfers have no index on accounts: each names the one before it on either account, and every
-- 64th of an account has a mark (docs/ledger.md says what that saves).
CREATE TABLE ledger_accounts (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    code TEXT NOT NULL,
    currency TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    no_overdraft BOOLEAN NOT NULL,
    no_credit_excess BOOLEAN NOT NULL,
    closed BOOLEAN NOT NULL,
    debits_posted BIGINT NOT NULL,
    credits_posted BIGINT NOT NULL,
    debits_pending BIGINT NOT NULL,
    credits_pending BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    UNIQUE (owner, code, currency, mode)
);
CREATE TABLE ledger_transfers (
    seq BIGINT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    debit TEXT NOT NULL,
    credit TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    mode TEXT NOT NULL,
    code TEXT NOT NULL,
    happened_at BIGINT NOT NULL,
    written_at BIGINT NOT NULL,
    debit_after BIGINT NOT NULL,
    credit_after BIGINT NOT NULL,
    debit_prev BIGINT NOT NULL,
    credit_prev BIGINT NOT NULL,
    ref TEXT NOT NULL,
    memo TEXT NOT NULL,
    pending_id TEXT NOT NULL,
    final BOOLEAN NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX ledger_transfers_pending ON ledger_transfers (pending_id, seq) WHERE pending_id <> '';
CREATE TABLE ledger_marks (
    account TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (account, seq)
);
CREATE TABLE ledger_holds (
    id TEXT PRIMARY KEY,
    seq BIGINT NOT NULL,
    debit TEXT NOT NULL,
    credit TEXT NOT NULL,
    amount BIGINT NOT NULL,
    remaining BIGINT NOT NULL CHECK (remaining >= 0),
    state TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    posted BIGINT NOT NULL
);
CREATE INDEX ledger_holds_due ON ledger_holds (expires_at) WHERE state = 'open' AND expires_at > 0;
