-- Only what names an address is looked for by it; every order of every dialect would pay for the rest.
DROP INDEX dialects_particulars_account;
CREATE INDEX dialects_particulars_told ON dialects_particulars (account_id, created_at)
    WHERE notify_url <> '';
