"""Make a store smaller, while others may work on it: let old records go, and give freed pages back to the disk.

Takes:   an attached `SqliteStore`.
Gives:   `compact`: step by step, each a bounded piece of work.
Ignores: what is not settled: it is never touched, however old it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING

from penstock._store.interface import StoreError
from penstock_findings import Location

if TYPE_CHECKING:
    from penstock._store.sqlite import SqliteStore

PAGES = 500  # that a step gives back


def compact(store: SqliteStore, now: float, history: float) -> Iterator[tuple[str, int]]:
    """What each step did, and how much of it: rows (records, and steps of the history) let go, pages given back and moved.

    A store from before there were steps has to be written anew once, which needs as much room again and waits for others.
    """
    while gone := store.retain(now, history):
        yield "rows", gone
    while not store.forget(now):
        yield "keys", 0
    db = store.db
    try:
        if db.execute("PRAGMA auto_vacuum").fetchone() != (2,):
            (before,) = db.execute("PRAGMA page_count").fetchone()
            db.execute("PRAGMA auto_vacuum=INCREMENTAL")
            db.execute("VACUUM")
            (after,) = db.execute("PRAGMA page_count").fetchone()
            yield "pages", max(0, before - after)
        while (gone := store.give_back(PAGES)) > 0:
            yield "pages", gone
        yield "log", _moved(db)
    except sqlite3.Error as error:
        raise StoreError(f"cannot compact the store: {error}", at=Location(path=store.path), code="S105") from error


def _moved(db: sqlite3.Connection) -> int:
    """Move the log into the file, as far as nobody reads it; the number of its pages.

    What empties the log holds up whoever writes until the last reader has gone: it must not wait for one.
    """
    (patience,) = db.execute("PRAGMA busy_timeout").fetchone()
    db.execute("PRAGMA busy_timeout=0")
    try:
        is_busy, log, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            _, log, _ = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    finally:
        db.execute(f"PRAGMA busy_timeout={patience}")
    return max(0, int(log))
