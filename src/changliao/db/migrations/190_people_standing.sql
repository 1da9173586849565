-- How a person stands with this installation: in good standing, suspended, leaving, or gone.
ALTER TABLE people_persons ADD COLUMN standing TEXT NOT NULL DEFAULT '';
ALTER TABLE people_persons ADD COLUMN standing_until BIGINT NOT NULL DEFAULT 0;
