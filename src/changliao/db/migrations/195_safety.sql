-- Reports and decisions, words that are not let through, limits, archives of one's own data.
CREATE TABLE safety_reports (
    id TEXT PRIMARY KEY,
    mark TEXT NOT NULL UNIQUE,
    reporter TEXT NOT NULL,
    what TEXT NOT NULL,
    about TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    numbers TEXT NOT NULL,
    person_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    words TEXT NOT NULL,
    kept TEXT NOT NULL,
    state TEXT NOT NULL,
    taken_by TEXT NOT NULL,
    decision_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    rule_id TEXT NOT NULL
);
CREATE INDEX safety_reports_state ON safety_reports (state, id);
CREATE INDEX safety_reports_about ON safety_reports (about, state);
CREATE INDEX safety_reports_reporter ON safety_reports (reporter, id);
CREATE TABLE safety_decisions (
    id TEXT PRIMARY KEY,
    report_id TEXT NOT NULL,
    operator_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    numbers TEXT NOT NULL,
    action TEXT NOT NULL,
    reason TEXT NOT NULL,
    until BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    appeal TEXT NOT NULL,
    appeal_words TEXT NOT NULL,
    appealed_at BIGINT NOT NULL,
    answer TEXT NOT NULL,
    answered_by TEXT NOT NULL
);
CREATE INDEX safety_decisions_person ON safety_decisions (person_id, id);
CREATE INDEX safety_decisions_appeal ON safety_decisions (appeal, id);
CREATE TABLE safety_silences (
    person_id TEXT PRIMARY KEY,
    until BIGINT NOT NULL
);
CREATE TABLE safety_words (
    id TEXT PRIMARY KEY,
    sort TEXT NOT NULL,
    pattern TEXT NOT NULL,
    deed TEXT NOT NULL,
    edition TEXT NOT NULL,
    added_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (sort, pattern, edition)
);
CREATE TABLE safety_paces (
    pace TEXT NOT NULL,
    age TEXT NOT NULL,
    per_minute BIGINT NOT NULL,
    burst BIGINT NOT NULL,
    PRIMARY KEY (pace, age)
);
CREATE TABLE safety_exports (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    state TEXT NOT NULL,
    blob TEXT NOT NULL,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    ready_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX safety_exports_person ON safety_exports (person_id, id);
CREATE INDEX safety_exports_state ON safety_exports (state, expires_at);
