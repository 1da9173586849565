-- Where a session is: the browser in plain words, the first half of the address, and when it was last seen.
ALTER TABLE people_sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE people_sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE people_sessions ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
