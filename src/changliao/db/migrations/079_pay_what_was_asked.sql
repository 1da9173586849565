-- An app's splits, newest first: the console's list.
CREATE INDEX pay_splits_app ON pay_splits (app_id, mode, id);
-- With which amount a refund or a return was asked for, 0 for all that was left: the same number again is the
-- same thing only if it means the same. Of rows from before nobody knows; they count as asked with their amount,
-- so that asking again without one is refused rather than answered with a part as if it were all.
ALTER TABLE pay_refunds ADD COLUMN asked_amount BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pay_split_returns ADD COLUMN asked_amount BIGINT NOT NULL DEFAULT 0;
UPDATE pay_refunds SET asked_amount = amount;
UPDATE pay_split_returns SET asked_amount = amount;
