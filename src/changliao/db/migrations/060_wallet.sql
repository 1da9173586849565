-- Top-ups and mandates.
CREATE TABLE wallet_top_ups (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    rail TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX wallet_top_ups_person ON wallet_top_ups (person_id, id);
CREATE TABLE wallet_mandates (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    currency TEXT NOT NULL,
    per_payment BIGINT NOT NULL,
    per_day BIGINT NOT NULL,
    day BIGINT NOT NULL,
    spent_today BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL
);
CREATE INDEX wallet_mandates_person ON wallet_mandates (person_id, id);
CREATE INDEX wallet_mandates_app ON wallet_mandates (app_id, mode, id);
