-- The last group that each process committed: how it learns what became of a COMMIT when its
-- connection died in it. Used on PostgreSQL alone, where several processes share the lane.
CREATE TABLE lane_commits (
    process TEXT PRIMARY KEY,
    clock_us BIGINT NOT NULL
);
