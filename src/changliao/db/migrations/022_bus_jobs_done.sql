-- What was done long ago is forgotten by the hour, in the lane; without this every job there is would be read
-- for it. Both databases read such a partial index in its order (a test asks both for their plans).
CREATE INDEX bus_jobs_done ON bus_jobs (run_at) WHERE state = 'done';
