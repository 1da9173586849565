-- Which app a person uses: entrances, and later more, differ by it.
ALTER TABLE people_persons ADD COLUMN edition TEXT NOT NULL DEFAULT 'domestic';
