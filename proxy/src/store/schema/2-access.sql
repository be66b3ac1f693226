-- Signed links that were given out.
CREATE TABLE links (
    name TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    -- A JSON list of queues; NULL: all.
    queues TEXT,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER,
    last_seen_ms INTEGER,
    revoked_ms INTEGER
) STRICT, WITHOUT ROWID;

-- Sessions that ended before they would have expired.
CREATE TABLE ended_sessions (id TEXT PRIMARY KEY, until_ms INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;
