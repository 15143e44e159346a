"""Look at everything in a store, and say what is not as it must be.

Takes:   an attached `SqliteStore`.
Gives:   `verify`: findings, one for each thing that is wrong.
Ignores: mending; a broken block heals by being passed over (`sqlite.py`), anything else wants a copy from elsewhere.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from penstock._engine.clock import FIRST, LAST
from penstock._engine.ledger import unpack_outcomes
from penstock._engine.report import link_reports
from penstock._store.blocks import Block
from penstock._store.codec import decode_record
from penstock._store.seen import ENTRY
from penstock._store.sqlite_reading import BLOCK, intact
from penstock._tending.books import COUNTED, MOST
from penstock_findings import Finding, Location

if TYPE_CHECKING:
    from penstock._store.sqlite import SqliteStore

_FITTING = {"INTEGER": "'integer'", "REAL": "'real'", "TEXT": "'text'", "BLOB": "'blob'"}  # column -> values
_TIMES = ("time", "began", "ended")
_causes, _any = msgspec.json.Decoder(list[str]).decode, msgspec.json.Decoder().decode
_named = msgspec.json.Decoder(dict[str, Any]).decode
# what it is, how to have all of it, how to read it
_JSON: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("row {} of `parked`", "SELECT id, causes FROM parked ORDER BY id", _causes),
    ("row {} of `dead`", "SELECT id, causes FROM dead ORDER BY id", _causes),
    ("row {} of `notes`", "SELECT id, facts FROM notes ORDER BY id", _named),
    ("the position of source `{}`", "SELECT source, position FROM positions ORDER BY source", _any),
    ("an alarm of node `{}`", "SELECT node, payload FROM timers ORDER BY node, key", _any),
)
_UNREADABLE = (ValueError, RecursionError, msgspec.MsgspecError)


def verify(store: SqliteStore, progress: Callable[[], None] = lambda: None) -> list[Finding]:
    """Everything that is wrong, as of one moment. `progress` is called for each block that was read."""
    here = Location(path=store.path)
    try:
        with store.moment():
            damage = [text for (text,) in store.db.execute("PRAGMA integrity_check(20)").fetchall() if text != "ok"]
            if damage:
                return [
                    Finding(
                        "S201",
                        f"the file is damaged: {text}",
                        here,
                        hint="take the store from a copy: `penstock store import`",
                    )
                    for text in damage
                ]
            if misfits := [*_misfits(store, here), *_texts(store, here)]:  # with which nothing else could be asked
                return misfits
            return [
                *_channels(store, here, progress),
                *_cursors(store, here),
                *_rows(store, here),
                *_facts(store, here),
                *_own(store, here),
                *_counts(store, here),
            ]
    except sqlite3.DatabaseError as error:
        return [
            Finding(
                "S201",
                f"the file is damaged: {error}",
                here,
                hint="take the store from a copy: `penstock store import`",
            )
        ]


def _misfits(store: SqliteStore, here: Location) -> Iterator[Finding]:
    """Values that SQLite does not keep out: of another kind than their column, and numbers at the end of what it can count."""
    tables = store.db.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name").fetchall()
    for (table,) in tables:
        for column, kind in store.db.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall():
            if kind in _FITTING:
                kinds = f"('null', {_FITTING[kind]})"
                query = f"SELECT count(*) FROM {table} WHERE typeof({column}) NOT IN {kinds}"
                (n,) = store.db.execute(query).fetchone()
                if n:
                    yield Finding("S205", f"{n} rows of `{table}` cannot be read: their `{column}` is not {kind}", here)
            if kind == "REAL" and column in _TIMES:
                query = f"SELECT count(*) FROM {table} WHERE {column} NOT BETWEEN ? AND ?"
                (n,) = store.db.execute(query, (FIRST, LAST)).fetchone()
                if n:
                    yield Finding("S205", f"{n} rows of `{table}` have a `{column}` that is in no calendar", here)
            if kind == "INTEGER" and table != "seen":  # whose numbers are digests
                query = f"SELECT count(*) FROM {table} WHERE {column} NOT BETWEEN ? AND ?"
                (n,) = store.db.execute(query, (-MOST, MOST)).fetchone()
                if n:
                    yield Finding(
                        "S205", f"{n} rows of `{table}` have a `{column}` from which nobody can count on", here
                    )


def _texts(store: SqliteStore, here: Location) -> Iterator[Finding]:
    """Text that is none: SQLite keeps bytes of any kind as text, and hands out none of the row."""
    tables = store.db.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name").fetchall()
    for (table,) in tables:
        kinds = store.db.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall()
        for column in [column for column, kind in kinds if kind in ("TEXT", "")]:
            try:
                for _ in store.db.execute(f"SELECT {column} FROM {table}"):
                    pass
            except sqlite3.OperationalError:
                yield Finding("S205", f"rows of `{table}` cannot be read: their `{column}` is no UTF-8 text", here)


def _channels(store: SqliteStore, here: Location, progress: Callable[[], None]) -> Iterator[Finding]:
    for name, end in store.db.execute("SELECT name, next FROM channels ORDER BY name").fetchall():
        at: int | None = None
        behind = _behind(store, name, end)
        blocks = store.db.execute(
            f"SELECT seq, count, crc, broken, {BLOCK} FROM blocks WHERE channel=? ORDER BY seq", (name,)
        )
        for seq, count, crc, broken, *kept in blocks:
            progress()
            if at is not None and seq != at:
                what = f"records {at} to {seq - 1} are missing" if seq > at else f"record {seq} is there twice"
                yield Finding("S203", f"channel `{name}`: {what}", here)
            at = seq + count
            # one that was passed over is known, and counted as lost; who has yet to come to it has still to lose it
            if (not broken or at > behind) and (broken or intact(Block(*kept), crc, count) is None):
                yield Finding(
                    "S202", f"channel `{name}`: the block of records {seq} to {at - 1} is broken", here,
                    hint="a run passes over it, and counts its records as dropped (corrupt)",
                )  # fmt: skip  # what is wrong in one line, what comes of it in another
        if at is not None and at != end:
            yield Finding(
                "S203",
                f"channel `{name}`: it has {end} records by its own count, and its last block ends at {at}",
                here,
            )


def _behind(store: SqliteStore, channel: str, end: int) -> int:
    """How far every group of a channel has settled it."""
    least = "SELECT min(next) FROM cursors WHERE channel=? UNION ALL SELECT min(start) FROM leases WHERE channel=?"
    found = store.db.execute(least, (channel, channel)).fetchall()
    return min((at for (at,) in found if at is not None), default=end)


def _cursors(store: SqliteStore, here: Location) -> Iterator[Finding]:
    ends = dict(store.db.execute("SELECT name, next FROM channels").fetchall())
    places = store.db.execute("SELECT channel, cursor, next FROM cursors ORDER BY channel, cursor").fetchall()
    for channel, cursor, at in places:
        if not 0 <= at <= ends.get(channel, -1):
            yield Finding(
                "S204", f"group `{channel}@{cursor}` stands at {at}, and the channel ends at {ends.get(channel)}", here
            )
    known = {(channel, cursor): at for channel, cursor, at in places}
    before: tuple[str, str, int] = ("", "", 0)
    leases = store.db.execute(
        "SELECT channel, cursor, start, stop FROM leases ORDER BY channel, cursor, start"
    ).fetchall()
    for channel, cursor, start, stop in leases:
        if not start < stop <= known.get((channel, cursor), -1):
            yield Finding(
                "S204",
                f"a lease of `{channel}@{cursor}` is for {start} to {stop - 1}, which nobody has handed out",
                here,
            )
        if before[:2] == (channel, cursor) and start < before[2]:
            yield Finding("S204", f"two leases of `{channel}@{cursor}` are for record {start}", here)
        before = (channel, cursor, stop)


def _rows(store: SqliteStore, here: Location) -> Iterator[Finding]:
    tables = (
        ("parked", "SELECT id, body FROM parked ORDER BY id"),
        ("dead", "SELECT id, body FROM dead WHERE encoding='record' ORDER BY id"),
    )
    for table, query in tables:
        for id, body in store.db.execute(query):
            try:
                decode_record(body)
            except _UNREADABLE as error:
                yield Finding("S205", f"row {id} of `{table}` cannot be read: {error}", here)
    for (id,) in store.db.execute("SELECT id FROM seen_new WHERE length(entries) % ? <> 0 ORDER BY id", (ENTRY,)):
        yield Finding("S205", f"row {id} of `seen_new` cannot be read: it was cut", here)
    for id, outcomes in store.db.execute("SELECT id, outcomes FROM steps ORDER BY id"):
        try:
            unpack_outcomes(outcomes, 0)
        except (*_UNREADABLE, TypeError, AttributeError) as error:
            yield Finding("S205", f"row {id} of `steps` cannot be read: {error}", here)
    for node, key, value in store.db.execute("SELECT node, key, value FROM state ORDER BY node, key"):
        try:
            msgspec.json.decode(value)
        except _UNREADABLE as error:
            yield Finding("S205", f"state `{key}` of node `{node}` cannot be read: {error}", here)


def _facts(store: SqliteStore, here: Location) -> Iterator[Finding]:
    """What stands as JSON beside records."""
    for what, query, decode in _JSON:
        for name, text in store.db.execute(query):
            try:
                decode(text)
            except _UNREADABLE as error:
                yield Finding("S205", f"{what.format(name)} cannot be read: {error}", here)
    for (id,) in store.db.execute("SELECT id FROM dead WHERE encoding NOT IN ('record', 'raw') ORDER BY id"):
        yield Finding("S205", f"row {id} of `dead` cannot be read: nobody knows its encoding", here)


def _own(store: SqliteStore, here: Location) -> Iterator[Finding]:
    """What a store says of itself."""
    said = dict(store.db.execute("SELECT name, value FROM meta").fetchall())
    for name in COUNTED["meta"]:
        if type(said.get(name, 0)) is not int or not 0 <= said.get(name, 0) <= MOST:
            yield Finding("S205", f"row `{name}` of `meta` is not a number from which anybody can count on", here)
    if not isinstance(said.get("graph"), str):
        yield Finding("S205", "row `graph` of `meta` is no name of a graph", here)
    if "fence" not in said:
        yield Finding("S205", "there is no row `fence` in `meta`", here)


def _counts(store: SqliteStore, here: Location) -> Iterator[Finding]:
    """The conservation law, on the channels' side: what groups were offered is handled, dropped, dead or in flight."""
    totals = store.totals()
    in_flight: Counter[str] = Counter()
    for channel, cursor in store.cursors():
        in_flight[f"{channel}@{cursor}"] += store.depth(channel, cursor).total
    for subject, n in store.db.execute("SELECT subject, count(*) FROM parked GROUP BY subject").fetchall():
        in_flight[subject] += n
    nodes = {subject for subject, _, _ in totals if "@" not in subject and " -> " not in subject}
    for link in link_reports(totals, nodes, in_flight):
        if not link.conserved:
            counted = link.handled + sum(link.dropped.values()) + link.dead + link.in_flight
            yield Finding(
                "S206", f"`{link.id}` was offered {link.offered} records, and {counted} are accounted for", here
            )
