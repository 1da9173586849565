-- Groups on guard against raids, and when a member last wrote.
ALTER TABLE chat_conversations ADD COLUMN guarded_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE chat_members ADD COLUMN posted_at BIGINT NOT NULL DEFAULT 0;
