"""The rooms of the business by their verbs, on SQLite and on PostgreSQL."""
