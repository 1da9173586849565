-- Splits: one payment shared among receivers.
ALTER TABLE pay_payments ADD COLUMN split BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE pay_payments ADD COLUMN split_amount BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pay_payments ADD COLUMN unsplit_amount BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pay_payments ADD COLUMN split_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pay_payments ADD COLUMN split_ended_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX pay_payments_split_due ON pay_payments (split_until) WHERE split_until > 0;
CREATE TABLE pay_splits (
    id TEXT PRIMARY KEY,
    payment_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    reference TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    description TEXT NOT NULL,
    finish BOOLEAN NOT NULL,
    rest_amount BIGINT NOT NULL,
    line_ids TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (app_id, mode, reference)
);
CREATE INDEX pay_splits_payment ON pay_splits (payment_id, id);
CREATE TABLE pay_split_lines (
    id TEXT PRIMARY KEY,
    split_id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    place BIGINT NOT NULL,
    kind TEXT NOT NULL,
    receiver TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    description TEXT NOT NULL,
    returned_amount BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE pay_split_returns (
    id TEXT PRIMARY KEY,
    split_id TEXT NOT NULL,
    line_id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    reference TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    destination TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (app_id, mode, reference)
);
CREATE INDEX pay_split_returns_split ON pay_split_returns (split_id, id);
