-- Codes that a computer shows and a phone scans, to sign the computer in. They live a minute.
CREATE TABLE people_sign_in_codes (
    id TEXT PRIMARY KEY,
    code_hash BYTEA NOT NULL UNIQUE,
    secret_hash BYTEA NOT NULL,
    number BIGINT NOT NULL,
    agent TEXT NOT NULL,
    address TEXT NOT NULL,
    state TEXT NOT NULL,
    person_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX people_sign_in_codes_old ON people_sign_in_codes (expires_at);
