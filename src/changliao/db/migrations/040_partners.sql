-- Partners, their members, apps, keys; webhook endpoints, deliveries and tries.
CREATE TABLE partners_partners (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE partners_members (
    partner_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    role TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (partner_id, person_id)
);
CREATE INDEX partners_members_person ON partners_members (person_id);
CREATE TABLE partners_apps (
    id TEXT PRIMARY KEY,
    partner_id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX partners_apps_partner ON partners_apps (partner_id);
CREATE TABLE partners_keys (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE,
    ending TEXT NOT NULL,
    label TEXT NOT NULL,
    scopes TEXT NOT NULL,
    per_s BIGINT NOT NULL,
    burst BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX partners_keys_app ON partners_keys (app_id, mode);
CREATE TABLE partners_endpoints (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    url TEXT NOT NULL,
    kinds TEXT NOT NULL,
    signing TEXT NOT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT NOT NULL,
    old_until BIGINT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX partners_endpoints_app ON partners_endpoints (app_id, mode);
CREATE TABLE partners_subscriptions (
    audience TEXT PRIMARY KEY,
    endpoint_ids TEXT NOT NULL
);
CREATE TABLE partners_deliveries (
    id TEXT PRIMARY KEY,
    endpoint_id TEXT NOT NULL,
    fact_seq BIGINT NOT NULL,
    about TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    tries BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX partners_deliveries_endpoint ON partners_deliveries (endpoint_id, id);
CREATE INDEX partners_deliveries_about ON partners_deliveries (about);
CREATE TABLE partners_tries (
    id TEXT PRIMARY KEY,
    delivery_id TEXT NOT NULL,
    endpoint_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    status BIGINT NOT NULL,
    trouble TEXT NOT NULL,
    excerpt TEXT NOT NULL,
    took_ms BIGINT NOT NULL
);
CREATE INDEX partners_tries_delivery ON partners_tries (delivery_id, number);
CREATE INDEX partners_tries_endpoint ON partners_tries (endpoint_id, at);
