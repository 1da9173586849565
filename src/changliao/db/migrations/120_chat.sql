-- Conversations as logs; who is in them; links to join; personal logs.
CREATE TABLE chat_conversations (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    pair TEXT UNIQUE,
    title TEXT NOT NULL,
    owner TEXT NOT NULL,
    head BIGINT NOT NULL,
    shown BIGINT NOT NULL,
    last BIGINT NOT NULL,
    at BIGINT NOT NULL,
    size BIGINT NOT NULL,
    notice TEXT NOT NULL,
    approval BOOLEAN NOT NULL,
    silent BOOLEAN NOT NULL,
    dissolved BOOLEAN NOT NULL,
    called_s BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE chat_members (
    person_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    role TEXT NOT NULL,
    nickname TEXT NOT NULL,
    joined_at BIGINT NOT NULL,
    from_s BIGINT NOT NULL,
    from_n BIGINT NOT NULL,
    left_s BIGINT NOT NULL,
    left_n BIGINT NOT NULL,
    left_last BIGINT NOT NULL,
    left_title TEXT NOT NULL,
    read_s BIGINT NOT NULL,
    read_n BIGINT NOT NULL,
    pinned BOOLEAN NOT NULL,
    muted BOOLEAN NOT NULL,
    hidden_s BIGINT NOT NULL,
    remark TEXT NOT NULL,
    draft TEXT NOT NULL,
    mentioned_s BIGINT NOT NULL,
    silenced_until BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (person_id, conversation_id)
);
CREATE INDEX chat_members_conversation ON chat_members (conversation_id, joined_at);
CREATE TABLE chat_entries (
    conversation_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    shown BIGINT NOT NULL,
    sender TEXT NOT NULL,
    at BIGINT NOT NULL,
    client_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    ref BIGINT NOT NULL,
    mentions TEXT NOT NULL,
    body TEXT NOT NULL,
    marks TEXT NOT NULL,
    PRIMARY KEY (conversation_id, number)
);
CREATE UNIQUE INDEX chat_entries_client ON chat_entries (conversation_id, sender, client_id);
CREATE TABLE chat_invitations (
    code TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL,
    by TEXT NOT NULL,
    uses_left BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX chat_invitations_conversation ON chat_invitations (conversation_id);
CREATE TABLE chat_join_requests (
    conversation_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, person_id)
);
CREATE TABLE chat_personal (
    person_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (person_id, position)
);
CREATE INDEX chat_personal_at ON chat_personal (at);
CREATE TABLE chat_epochs (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
