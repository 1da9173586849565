-- Keys that persons' devices hold, and what they are asked to sign.
CREATE TABLE people_passkeys (
    id TEXT PRIMARY KEY,
    credential_id BYTEA NOT NULL UNIQUE,
    person_id TEXT NOT NULL,
    public_key BYTEA NOT NULL,
    sign_count BIGINT NOT NULL,
    name TEXT NOT NULL,
    transports TEXT NOT NULL,
    synced BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    removed_at BIGINT NOT NULL
);
CREATE INDEX people_passkeys_person ON people_passkeys (person_id, created_at);
CREATE TABLE people_challenges (
    id TEXT PRIMARY KEY,
    nonce BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    person_id TEXT NOT NULL,
    origin TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);
CREATE INDEX people_challenges_old ON people_challenges (expires_at);
