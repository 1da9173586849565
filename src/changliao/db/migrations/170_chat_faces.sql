-- What chat shows of official accounts.
CREATE TABLE chat_faces (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    handle TEXT NOT NULL,
    name TEXT NOT NULL,
    avatar TEXT NOT NULL,
    open BOOLEAN NOT NULL,
    version BIGINT NOT NULL
);
