-- How far each follower of the outbox has come; work to be done after commit.
CREATE TABLE bus_cursors (
    name TEXT PRIMARY KEY,
    seq BIGINT NOT NULL
);
CREATE TABLE bus_jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    state TEXT NOT NULL,
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    note TEXT NOT NULL,
    UNIQUE (kind, about)
);
CREATE INDEX bus_jobs_due ON bus_jobs (run_at) WHERE state = 'waiting';
