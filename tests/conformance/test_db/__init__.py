"""What the database promises, asked of SQLite and PostgreSQL alike."""
