-- Official accounts, their articles and how often these were read, their talks and templates.
CREATE TABLE accounts_accounts (
    id TEXT PRIMARY KEY,
    handle TEXT NOT NULL UNIQUE,
    own_of TEXT UNIQUE,
    app_id TEXT NOT NULL,
    partner_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    feed TEXT NOT NULL,
    name TEXT NOT NULL,
    intro TEXT NOT NULL,
    avatar TEXT NOT NULL,
    welcome TEXT NOT NULL,
    fallback TEXT NOT NULL,
    menu TEXT NOT NULL,
    rules TEXT NOT NULL,
    open BOOLEAN NOT NULL,
    suspended_for TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX accounts_accounts_app ON accounts_accounts (app_id, created_at);
CREATE INDEX accounts_accounts_feed ON accounts_accounts (feed);
CREATE TABLE accounts_articles (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    partner_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    digest TEXT NOT NULL,
    cover TEXT NOT NULL,
    blocks TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    broadcast BOOLEAN NOT NULL,
    posted BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    recalled_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX accounts_articles_account ON accounts_articles (account_id, changed_at);
CREATE INDEX accounts_articles_published ON accounts_articles (account_id, kind, published_at);
CREATE INDEX accounts_articles_partner ON accounts_articles (partner_id, kind, published_at);
CREATE TABLE accounts_article_days (
    article_id TEXT NOT NULL,
    day BIGINT NOT NULL,
    reads BIGINT NOT NULL,
    readers BIGINT NOT NULL,
    fresh BIGINT NOT NULL,
    shares BIGINT NOT NULL,
    PRIMARY KEY (article_id, day)
);
CREATE TABLE accounts_article_readers (
    article_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    day BIGINT NOT NULL,
    PRIMARY KEY (article_id, person_id)
);
CREATE TABLE accounts_days (
    account_id TEXT NOT NULL,
    day BIGINT NOT NULL,
    posts BIGINT NOT NULL,
    PRIMARY KEY (account_id, day)
);
CREATE TABLE accounts_talks (
    account_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    heard_s BIGINT NOT NULL,
    heard_at BIGINT NOT NULL,
    answered_s BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    taken_by TEXT NOT NULL,
    taken_at BIGINT NOT NULL,
    fallback_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, person_id)
);
CREATE INDEX accounts_talks_heard ON accounts_talks (account_id, heard_at);
CREATE TABLE accounts_templates (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX accounts_templates_account ON accounts_templates (account_id, created_at);
