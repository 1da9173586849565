-- Tags that official accounts give to who follows them; `size` followers have one.
CREATE TABLE accounts_tags (
    number BIGINT PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX accounts_tags_account ON accounts_tags (account_id, number);
CREATE TABLE accounts_tagged (
    number BIGINT NOT NULL,
    person_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (number, person_id)
);
CREATE INDEX accounts_tagged_person ON accounts_tagged (account_id, person_id);
