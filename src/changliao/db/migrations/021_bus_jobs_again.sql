-- When a job that runs now was promised to run again: a run's lease and that promise are two moments.
ALTER TABLE bus_jobs ADD COLUMN again_at BIGINT NOT NULL DEFAULT 0;
