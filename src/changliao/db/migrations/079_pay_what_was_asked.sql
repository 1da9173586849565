-- An app's splits, newest first: the console's list.
CREATE INDEX pay_splits_app ON pay_splits (app_id, mode, id);
