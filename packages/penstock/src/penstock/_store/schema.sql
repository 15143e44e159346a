-- Store format 4.  Everything that grows with the data is append-only, and no secondary index is on the path of a record that goes well.
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE runs (run TEXT PRIMARY KEY, digest TEXT, began REAL, ended REAL, outcome TEXT, commits INTEGER DEFAULT 0) WITHOUT ROWID;
CREATE TABLE channels (name TEXT PRIMARY KEY, next INTEGER NOT NULL DEFAULT 0, kept INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
-- `seq` is the offset of the first record, and offsets never restart, whatever is deleted.
CREATE TABLE blocks (
    channel TEXT NOT NULL, seq INTEGER NOT NULL, count INTEGER NOT NULL, time REAL NOT NULL, crc INTEGER NOT NULL,
    broken INTEGER NOT NULL DEFAULT 0, ids BLOB NOT NULL, roots BLOB NOT NULL, parents BLOB, body BLOB NOT NULL,
    PRIMARY KEY (channel, seq)
);
CREATE TABLE cursors (channel TEXT, cursor TEXT, next INTEGER NOT NULL, PRIMARY KEY (channel, cursor)) WITHOUT ROWID;
CREATE TABLE leases (
    channel TEXT, cursor TEXT, start INTEGER, stop INTEGER NOT NULL, owner TEXT NOT NULL, fence INTEGER NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (channel, cursor, start)
) WITHOUT ROWID;
CREATE TABLE claims (resource TEXT PRIMARY KEY, owner TEXT NOT NULL, fence INTEGER NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE parked (
    id INTEGER PRIMARY KEY AUTOINCREMENT, node TEXT NOT NULL, port TEXT NOT NULL, subject TEXT NOT NULL, lane TEXT, attempts INTEGER NOT NULL,
    first REAL NOT NULL, due REAL NOT NULL, causes TEXT NOT NULL, body BLOB NOT NULL,
    owner TEXT, fence INTEGER NOT NULL DEFAULT 0, until REAL NOT NULL DEFAULT 0, delay REAL NOT NULL DEFAULT 0
);
-- Indices of what waits: a record pays for them when it has failed, or sets an alarm, and not before.
CREATE INDEX parked_by_due ON parked (node, due, until, lane);
CREATE INDEX parked_by_lane ON parked (node, lane) WHERE lane IS NOT NULL;
CREATE TABLE timers (
    node TEXT, key TEXT, due REAL NOT NULL, payload BLOB NOT NULL, parent TEXT NOT NULL, correlation TEXT NOT NULL, PRIMARY KEY (node, key)
) WITHOUT ROWID;
CREATE INDEX timers_by_due ON timers (node, due);
CREATE TABLE state (node TEXT, key TEXT, value BLOB NOT NULL, PRIMARY KEY (node, key)) WITHOUT ROWID;
CREATE TABLE positions (source TEXT PRIMARY KEY, position BLOB NOT NULL, count INTEGER NOT NULL) WITHOUT ROWID;
-- What producers have appended: in order of keys, and what is not in order yet (`seen.py`).
CREATE TABLE seen (key INTEGER PRIMARY KEY, rest INTEGER NOT NULL, digest INTEGER NOT NULL, until REAL NOT NULL);
CREATE TABLE seen_new (id INTEGER PRIMARY KEY AUTOINCREMENT, until REAL NOT NULL, entries BLOB NOT NULL);
CREATE TABLE dead (
    id INTEGER PRIMARY KEY AUTOINCREMENT, node TEXT NOT NULL, port TEXT NOT NULL, subject TEXT NOT NULL, record TEXT NOT NULL,
    correlation TEXT NOT NULL, reason TEXT NOT NULL, class TEXT NOT NULL, attempts INTEGER NOT NULL, causes TEXT NOT NULL,
    time REAL NOT NULL, encoding TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE steps (
    id INTEGER PRIMARY KEY AUTOINCREMENT, stage TEXT NOT NULL, intake TEXT NOT NULL, start INTEGER NOT NULL, inputs INTEGER NOT NULL,
    time REAL NOT NULL, ids BLOB NOT NULL, outcomes BLOB NOT NULL
);
CREATE TABLE totals (subject TEXT, measure TEXT, reason TEXT, n INTEGER NOT NULL, PRIMARY KEY (subject, measure, reason)) WITHOUT ROWID;
-- What somebody outside wants of the processes that work here, and what happened in a run and not to a record.
CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, body TEXT NOT NULL, who TEXT NOT NULL, time REAL NOT NULL);
CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, time REAL NOT NULL, kind TEXT NOT NULL, facts BLOB NOT NULL);
