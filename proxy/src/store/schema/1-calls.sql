-- Everything that has come, in the order of arrival.
CREATE TABLE frames (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    -- 0 calls, 1 queues, 2 agents: a frame as it came. 3: calls that left the
    -- board, as a JSON list of their ids.
    kind INTEGER NOT NULL,
    is_text INTEGER NOT NULL,
    -- The number reached after it.
    seq INTEGER NOT NULL,
    -- 0: compressed without one.
    dictionary INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX frames_by_time ON frames (at_ms);

CREATE TABLE dictionaries (
    id INTEGER PRIMARY KEY,
    -- 0: of frames, 1: of calls.
    kind INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- One row per call: columns for what is asked, and all its documents.
CREATE TABLE calls (
    key INTEGER PRIMARY KEY,
    id_call TEXT NOT NULL UNIQUE,
    -- As told; before it was, when the first document came.
    start_ms INTEGER NOT NULL,
    told_start_ms INTEGER,
    end_ms INTEGER,
    seen_ms INTEGER NOT NULL,
    -- When it left the board.
    left_ms INTEGER,
    active INTEGER NOT NULL,
    direction TEXT,
    internal INTEGER,
    outcome TEXT,
    reason TEXT,
    number TEXT,
    digits TEXT,
    answered INTEGER NOT NULL,
    waited_ms INTEGER,
    talk_ms INTEGER,
    hold_ms INTEGER,
    dictionary INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX calls_by_start ON calls (start_ms, id_call);
CREATE INDEX calls_by_seen ON calls (seen_ms);
CREATE INDEX calls_active ON calls (seen_ms) WHERE active = 1 AND left_ms IS NULL;
CREATE INDEX calls_left ON calls (left_ms) WHERE left_ms IS NOT NULL;

CREATE TABLE call_queues (
    call INTEGER NOT NULL REFERENCES calls (key) ON DELETE CASCADE,
    queue TEXT NOT NULL,
    PRIMARY KEY (call, queue)
) STRICT, WITHOUT ROWID;

CREATE TABLE call_agents (
    call INTEGER NOT NULL REFERENCES calls (key) ON DELETE CASCADE,
    agent TEXT NOT NULL,
    PRIMARY KEY (call, agent)
) STRICT, WITHOUT ROWID;

-- Who and what is known, by the newest names told.
CREATE TABLE queues (
    key TEXT PRIMARY KEY,
    name TEXT,
    strategy TEXT,
    seen_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE agents (key TEXT PRIMARY KEY, name TEXT, seen_ms INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;

-- What calls count for, in the order in which figures are summed.
CREATE TABLE entries (
    at_ms INTEGER NOT NULL,
    call INTEGER NOT NULL REFERENCES calls (key) ON DELETE CASCADE,
    -- 0: by the customer's clock. From 1: each passage through a queue.
    place INTEGER NOT NULL,
    queue TEXT NOT NULL,
    stand INTEGER NOT NULL,
    wait_ms INTEGER NOT NULL,
    declined INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    transferred INTEGER NOT NULL,
    talks INTEGER NOT NULL,
    talk_ms INTEGER NOT NULL,
    hold_ms INTEGER NOT NULL,
    PRIMARY KEY (at_ms, call, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX entries_by_call ON entries (call);

CREATE TABLE offers (
    at_ms INTEGER NOT NULL,
    call INTEGER NOT NULL REFERENCES calls (key) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    agent TEXT NOT NULL,
    queue TEXT,
    answered INTEGER NOT NULL,
    missed INTEGER NOT NULL,
    hung_up_first INTEGER NOT NULL,
    ring_ms INTEGER NOT NULL,
    talk_ms INTEGER NOT NULL,
    hold_ms INTEGER NOT NULL,
    PRIMARY KEY (at_ms, call, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX offers_by_call ON offers (call);

CREATE TABLE beside (
    at_ms INTEGER NOT NULL,
    call INTEGER NOT NULL REFERENCES calls (key) ON DELETE CASCADE,
    outgoing INTEGER NOT NULL,
    outgoing_answered INTEGER NOT NULL,
    menu INTEGER NOT NULL,
    menu_lost INTEGER NOT NULL,
    menu_closed INTEGER NOT NULL,
    internal INTEGER NOT NULL,
    transferred INTEGER NOT NULL,
    transferred_blind INTEGER NOT NULL,
    transferred_in_vain INTEGER NOT NULL,
    PRIMARY KEY (at_ms, call)
) STRICT, WITHOUT ROWID;
CREATE INDEX beside_by_call ON beside (call);

-- When a stream was not live. `to_ms` is NULL while it lasts.
CREATE TABLE gaps (
    from_ms INTEGER NOT NULL,
    stream TEXT NOT NULL,
    to_ms INTEGER,
    PRIMARY KEY (from_ms, stream)
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
