-- Registered addresses (Stripe's webhook endpoints), and what lists of a dialect look for.
CREATE TABLE dialects_hooks (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    url TEXT NOT NULL,
    kinds TEXT NOT NULL,
    description TEXT NOT NULL,
    metadata TEXT NOT NULL,
    version TEXT NOT NULL,
    state TEXT NOT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT NOT NULL,
    old_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX dialects_hooks_account ON dialects_hooks (account_id, id);
CREATE TABLE dialects_hooked (
    account_id TEXT PRIMARY KEY,
    hook_ids TEXT NOT NULL
);
CREATE INDEX dialects_notices_waiting ON dialects_notices (hook) WHERE hook <> '' AND state = 'waiting';
CREATE INDEX dialects_particulars_about ON dialects_particulars (account_id, about);
CREATE INDEX pay_refunds_app ON pay_refunds (app_id, mode, id);
CREATE INDEX pay_customers_app ON pay_customers (app_id, mode, id);
