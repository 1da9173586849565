-- A line is a key and those it was rotated from; two of a line live at a time. Keys from before this
-- begin lines of their own: which came from which is in the facts alone, and a grace lasts a week at most.
ALTER TABLE partners_keys ADD COLUMN line TEXT NOT NULL DEFAULT '';
UPDATE partners_keys SET line = id;
