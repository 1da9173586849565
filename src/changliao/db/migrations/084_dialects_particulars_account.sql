-- The newest address that an account wanted to be told at, for its self-check.
CREATE INDEX dialects_particulars_account ON dialects_particulars (account_id, created_at);
