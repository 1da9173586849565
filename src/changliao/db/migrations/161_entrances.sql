-- Places in the app that open a partner, each opening, and what people let partners know of them.
CREATE TABLE entrances_entrances (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    place TEXT NOT NULL,
    edition TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    subtitle_zh TEXT NOT NULL,
    subtitle_en TEXT NOT NULL,
    icon TEXT NOT NULL,
    start_url TEXT NOT NULL,
    scopes TEXT NOT NULL,
    state TEXT NOT NULL,
    position BIGINT NOT NULL,
    rollout BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX entrances_entrances_app ON entrances_entrances (app_id, created_at);
CREATE INDEX entrances_entrances_shown ON entrances_entrances (place, position, created_at) WHERE state = 'on';
CREATE TABLE entrances_launches (
    id TEXT PRIMARY KEY,
    entrance_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    person_id TEXT NOT NULL,
    code_hash BYTEA NOT NULL UNIQUE,
    lang TEXT NOT NULL,
    conversation TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);
CREATE INDEX entrances_launches_when ON entrances_launches (created_at, entrance_id);
CREATE TABLE entrances_consents (
    person_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    state TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (person_id, app_id, scope)
);
