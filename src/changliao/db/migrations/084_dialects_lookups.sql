-- Finding an account by its second number, and the newest address that an account wanted to be told at.
CREATE INDEX dialects_accounts_alias ON dialects_accounts (dialect, alias);
CREATE INDEX dialects_particulars_account ON dialects_particulars (account_id, created_at);
