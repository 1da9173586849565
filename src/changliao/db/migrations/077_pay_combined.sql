-- Combined payments: several payments on one cashier page.
ALTER TABLE pay_payments ADD COLUMN combined_id TEXT NOT NULL DEFAULT '';
CREATE INDEX pay_payments_combined ON pay_payments (combined_id) WHERE combined_id <> '';
CREATE TABLE pay_combined (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    reference TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    description TEXT NOT NULL,
    return_url TEXT NOT NULL,
    payment_ids TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    status TEXT NOT NULL,
    method TEXT NOT NULL,
    payer TEXT NOT NULL,
    attempt_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (app_id, mode, reference)
);
CREATE INDEX pay_combined_due ON pay_combined (expires_at) WHERE status = 'open';
