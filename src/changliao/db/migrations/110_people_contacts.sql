-- What one person holds of another, and who asked whom. A row for each direction.
CREATE TABLE people_contacts (
    person_id TEXT NOT NULL,
    other_id TEXT NOT NULL,
    since BIGINT NOT NULL,
    remark TEXT NOT NULL,
    tags TEXT NOT NULL,
    blocked_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (person_id, other_id)
);
CREATE TABLE people_contact_requests (
    id TEXT PRIMARY KEY,
    asker_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL,
    hidden BOOLEAN NOT NULL,
    asked_at BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    UNIQUE (asker_id, person_id)
);
CREATE INDEX people_contact_requests_asker ON people_contact_requests (asker_id, asked_at);
CREATE INDEX people_contact_requests_person ON people_contact_requests (person_id, asked_at);
CREATE TABLE people_askings (
    person_id TEXT PRIMARY KEY,
    since BIGINT NOT NULL,
    count BIGINT NOT NULL
);
