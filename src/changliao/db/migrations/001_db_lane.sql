-- The lane's head, the outbox, the hash chain, kept answers.
CREATE TABLE lanes (
    name TEXT PRIMARY KEY,
    clock_us BIGINT NOT NULL,
    numbers TEXT NOT NULL,
    link BIGINT NOT NULL,
    hash BYTEA NOT NULL
);
CREATE TABLE facts (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    audience TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX facts_about ON facts (about, seq);
CREATE INDEX facts_audience ON facts (audience, seq) WHERE audience <> '';
CREATE TABLE chain (
    number BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    spans TEXT NOT NULL,
    digests BYTEA NOT NULL,
    hash BYTEA NOT NULL
);
CREATE TABLE kept_answers (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    request BYTEA NOT NULL,
    refused BOOLEAN NOT NULL,
    answer TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX kept_answers_at ON kept_answers (at);
