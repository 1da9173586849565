-- What a person paid, for an archive of it and before the account is deleted.
CREATE INDEX pay_payments_payer ON pay_payments (payer, id) WHERE payer <> '';
