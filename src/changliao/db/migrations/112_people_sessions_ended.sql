-- Sessions that ended a moment ago are looked for when a server starts.
CREATE INDEX people_sessions_ended ON people_sessions (ended_at) WHERE ended_at > 0;
