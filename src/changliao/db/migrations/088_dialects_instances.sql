-- Shops' own servers that have exchanged a token with us (an installed Saleor app), and the keys they sign with.
CREATE TABLE dialects_instances (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    api_url TEXT NOT NULL,
    their_id TEXT NOT NULL,
    token TEXT NOT NULL,
    keys TEXT NOT NULL,
    keys_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    registered_at BIGINT NOT NULL,
    UNIQUE (account_id, api_url)
);
