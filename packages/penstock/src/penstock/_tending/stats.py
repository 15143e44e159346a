"""How full a store is: cheap questions, whose cost does not grow with what is stored.

Takes:   an attached `SqliteStore`.
Gives:   `stats`, as JSON values.
Ignores: whether what is stored is sound (`verify.py`).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from penstock._store.seen import ENTRY
from penstock._store.sqlite_file import UNREADABLE, unreadable

if TYPE_CHECKING:
    from penstock._store.sqlite import SqliteStore


def stats(store: SqliteStore) -> dict[str, Any]:
    """Sizes in bytes, channels with their groups, what waits, what is remembered.

    Raises `StoreError` when it cannot be read, or when what it says cannot be counted on.
    """
    try:
        return _stats(store)
    except (*UNREADABLE, TypeError, ValueError) as error:
        raise unreadable(store.path, error) from error


def _stats(store: SqliteStore) -> dict[str, Any]:
    db = store.db
    with store.moment():
        meta = dict(db.execute("SELECT name, value FROM meta").fetchall())
        (page,), (pages,), (free,) = (
            db.execute(f"PRAGMA {name}").fetchone() for name in ("page_size", "page_count", "freelist_count")
        )
        return {
            "format": meta["format"],
            "graph": store.graph(),
            "bytes": {"file": page * pages, "free": page * free, "log": _size(f"{store.path}-wal")},
            "channels": {
                name: _channel(store, name, end)
                for name, end in db.execute("SELECT name, next FROM channels ORDER BY name").fetchall()
            },
            "parked": dict(db.execute("SELECT subject, count(*) FROM parked GROUP BY subject").fetchall()),
            "dead": _span(store, "dead"),
            "history": _span(store, "steps"),
            "state": dict(
                db.execute("SELECT node, count(*) FROM state WHERE node NOT LIKE '%:' GROUP BY node").fetchall()
            ),
            "timers": _count(store, "timers"),
            "dedup": _remembered(store),
            "runs": _count(store, "runs"),
            "at_work": [
                run
                for (run,) in db.execute("SELECT run FROM runs WHERE ended IS NULL AND run IS NOT NULL ORDER BY run")
            ],
        }


def _channel(store: SqliteStore, name: str, end: int) -> dict[str, Any]:
    db = store.db
    (start,) = db.execute("SELECT ifnull(min(seq), ?) FROM blocks WHERE channel=?", (end, name)).fetchone()
    groups = {}
    for cursor, at in db.execute(
        "SELECT cursor, next FROM cursors WHERE channel=? ORDER BY cursor", (name,)
    ).fetchall():
        depth = store.depth(name, cursor)
        groups[cursor] = {
            "waiting": depth.waiting,
            "leased": depth.leased,
            "oldest": store.block_time(name, at) if depth.waiting else None,
        }
    return {"appended": end, "kept": end - start, "groups": groups}


def _span(store: SqliteStore, table: str) -> int:
    """Rows of a table whose ids only grow and which is deleted from its beginning: counting them would read them all."""
    first, last = store.db.execute(f"SELECT (SELECT min(id) FROM {table}), (SELECT max(id) FROM {table})").fetchone()
    return 0 if first is None else int(last - first + 1)


def _remembered(store: SqliteStore) -> int:
    """Names that are in order, that are on their way there, and that are young."""
    marks = dict(store.db.execute("SELECT name, value FROM meta WHERE name IN ('seen_left', 'seen_upto')").fetchall())
    young = "SELECT ifnull(sum(length(entries)), 0) FROM seen_new WHERE id > ?"
    (size,) = store.db.execute(young, (marks.get("seen_upto", 0),)).fetchone()
    return _count(store, "seen") + int(marks.get("seen_left", 0)) + int(size) // ENTRY


def _count(store: SqliteStore, table: str) -> int:
    return int(store.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _size(path: str) -> int:
    return os.path.getsize(path) if os.path.exists(path) else 0
