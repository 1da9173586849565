-- When a payment was paid: shops are told, and its line in the ledger is found by it. A refund that has
-- succeeded never changes again, so its changed_at says when; the day's bill reads by it.
ALTER TABLE pay_payments ADD COLUMN paid_at BIGINT NOT NULL DEFAULT 0;
UPDATE pay_payments SET paid_at = COALESCE(
    (SELECT MIN(at) FROM facts WHERE facts.about = pay_payments.id AND facts.kind = 'payment.paid'),
    changed_at
) WHERE status = 'paid';
CREATE INDEX pay_refunds_succeeded ON pay_refunds (app_id, mode, changed_at, id) WHERE status = 'succeeded';
