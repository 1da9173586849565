-- Media: what people uploaded, where it is posted, the blobs that hold its bytes, and each one's day.
CREATE TABLE media_items (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    blob TEXT NOT NULL,
    thumbnail TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    ms BIGINT NOT NULL,
    used BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX media_items_own ON media_items (person_id, sha256);
CREATE INDEX media_items_loose ON media_items (changed_at) WHERE used = 0;
CREATE TABLE media_grants (
    media_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    uses BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (media_id, scope)
);
CREATE INDEX media_grants_scope ON media_grants (scope) WHERE uses > 0;
CREATE TABLE media_blobs (
    sha256 TEXT PRIMARY KEY,
    uses BIGINT NOT NULL
);
CREATE INDEX media_blobs_unneeded ON media_blobs (sha256) WHERE uses = 0;
CREATE TABLE media_days (
    person_id TEXT PRIMARY KEY,
    day BIGINT NOT NULL,
    size BIGINT NOT NULL,
    count BIGINT NOT NULL
);
