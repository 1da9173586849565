-- Pictures that an official account keeps to use again and again.
CREATE TABLE accounts_materials (
    media_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, media_id)
);
CREATE INDEX accounts_materials_newest ON accounts_materials (account_id, created_at);
