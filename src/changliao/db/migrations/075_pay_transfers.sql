-- What shops pay to persons.
CREATE TABLE pay_transfers (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    reference TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    description TEXT NOT NULL,
    person_id TEXT NOT NULL,
    status TEXT NOT NULL,
    hold_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    UNIQUE (app_id, mode, reference)
);
CREATE INDEX pay_transfers_app ON pay_transfers (app_id, mode, id);
CREATE INDEX pay_transfers_person ON pay_transfers (person_id, id) WHERE hold_id <> '';
