-- In whose lists a person stands, for search: a new name is found there too.
CREATE INDEX people_contacts_other ON people_contacts (other_id);
