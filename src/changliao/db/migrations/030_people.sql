-- Persons, how they prove who they are, and where they are signed in.
CREATE TABLE people_persons (
    id TEXT PRIMARY KEY,
    handle TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    locale TEXT NOT NULL,
    operator BOOLEAN NOT NULL,
    password TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE people_pins (
    person_id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    salt BYTEA NOT NULL,
    wrong BIGINT NOT NULL,
    locks BIGINT NOT NULL,
    locked_until BIGINT NOT NULL,
    set_at BIGINT NOT NULL
);
CREATE TABLE people_throttles (
    name TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    until BIGINT NOT NULL
);
CREATE TABLE people_sessions (
    id TEXT PRIMARY KEY,
    token_hash BYTEA NOT NULL UNIQUE,
    person_id TEXT NOT NULL,
    transport TEXT NOT NULL,
    device TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL
);
CREATE INDEX people_sessions_person ON people_sessions (person_id, created_at);
