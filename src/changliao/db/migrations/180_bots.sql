-- Bots, where they sit and what they heard; hooks of groups; gates that are asked before a message.
CREATE TABLE bots_bots (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    handle TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    about TEXT NOT NULL,
    avatar TEXT NOT NULL,
    listed BOOLEAN NOT NULL,
    watches BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    commands TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX bots_bots_app ON bots_bots (app_id, mode);
CREATE INDEX bots_bots_watching ON bots_bots (id) WHERE watches;
CREATE TABLE bots_seats (
    bot_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    hears TEXT NOT NULL,
    gated BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    by TEXT NOT NULL,
    since_s BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (bot_id, conversation_id)
);
CREATE INDEX bots_seats_conversation ON bots_seats (conversation_id) WHERE state = 'in';
CREATE TABLE bots_heard (
    bot_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    command TEXT NOT NULL,
    PRIMARY KEY (bot_id, conversation_id, number)
);
CREATE TABLE bots_hooks (
    id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL,
    name TEXT NOT NULL,
    secret_hash BYTEA NOT NULL UNIQUE,
    by TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX bots_hooks_conversation ON bots_hooks (conversation_id);
CREATE TABLE bots_gates (
    id TEXT PRIMARY KEY,
    bot_id TEXT UNIQUE,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    timeout_ms BIGINT NOT NULL,
    otherwise TEXT NOT NULL,
    covers TEXT NOT NULL,
    state TEXT NOT NULL,
    by TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);
