-- Where a browser is told of messages while nobody looks, and when a person wants no notices.
CREATE TABLE push_subscriptions (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    session_id TEXT NOT NULL UNIQUE,
    endpoint TEXT NOT NULL UNIQUE,
    p256dh TEXT NOT NULL,
    auth TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX push_subscriptions_person ON push_subscriptions (person_id, id);
CREATE TABLE push_settings (
    person_id TEXT PRIMARY KEY,
    quiet_from BIGINT NOT NULL,
    quiet_to BIGINT NOT NULL,
    offset_min BIGINT NOT NULL,
    content BOOLEAN NOT NULL
);
