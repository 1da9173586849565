-- Attempts: one try of money coming in or going out on one rail.
CREATE TABLE rails_attempts (
    id TEXT PRIMARY KEY,
    rail TEXT NOT NULL,
    direction TEXT NOT NULL,
    purpose TEXT NOT NULL,
    about TEXT NOT NULL,
    of TEXT NOT NULL,
    mode TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    instrument TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    rail_ref TEXT NOT NULL,
    asked BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX rails_attempts_about ON rails_attempts (about, id);
CREATE INDEX rails_attempts_open ON rails_attempts (changed_at) WHERE state IN ('created', 'sent', 'unknown');
