-- What a person shows of oneself, and whether others find one by the handle.
ALTER TABLE people_persons ADD COLUMN avatar TEXT NOT NULL DEFAULT '';
ALTER TABLE people_persons ADD COLUMN region TEXT NOT NULL DEFAULT '';
ALTER TABLE people_persons ADD COLUMN bio TEXT NOT NULL DEFAULT '';
ALTER TABLE people_persons ADD COLUMN findable BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE people_persons ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
