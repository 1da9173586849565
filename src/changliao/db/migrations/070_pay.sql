-- Payments, refunds, methods, customers.
CREATE TABLE pay_payments (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    reference TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    description TEXT NOT NULL,
    return_url TEXT NOT NULL,
    capture TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    metadata TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    status TEXT NOT NULL,
    method TEXT NOT NULL,
    payer TEXT NOT NULL,
    attempt_id TEXT NOT NULL,
    hold_id TEXT NOT NULL,
    hold_expires_at BIGINT NOT NULL,
    captured_amount BIGINT NOT NULL,
    refunded_amount BIGINT NOT NULL,
    refunding_amount BIGINT NOT NULL,
    reason TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (app_id, mode, reference)
);
CREATE INDEX pay_payments_app ON pay_payments (app_id, mode, id);
CREATE INDEX pay_payments_due ON pay_payments (expires_at) WHERE status = 'open';
CREATE TABLE pay_refunds (
    id TEXT PRIMARY KEY,
    payment_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    reference TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    status TEXT NOT NULL,
    waits_for TEXT NOT NULL,
    attempt_id TEXT NOT NULL,
    tries BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    UNIQUE (app_id, mode, reference)
);
CREATE INDEX pay_refunds_payment ON pay_refunds (payment_id, id);
CREATE TABLE pay_methods (
    app_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    method TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, mode, method, channel)
);
CREATE TABLE pay_customers (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    reference TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (app_id, mode, reference)
);
