-- Apps that may act for another app.
CREATE TABLE partners_agents (
    app_id TEXT NOT NULL,
    agent_app_id TEXT NOT NULL,
    state TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, agent_app_id)
);
