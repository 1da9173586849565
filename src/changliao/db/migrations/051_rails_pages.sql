-- Rails with a page of their own: who goes there, with what, and until when.
ALTER TABLE rails_attempts ADD COLUMN channel TEXT NOT NULL DEFAULT '';
ALTER TABLE rails_attempts ADD COLUMN payer_ip TEXT NOT NULL DEFAULT '';
ALTER TABLE rails_attempts ADD COLUMN pay_url TEXT NOT NULL DEFAULT '';
ALTER TABLE rails_attempts ADD COLUMN until BIGINT NOT NULL DEFAULT 0;
