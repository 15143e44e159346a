"""Judge the rows in which a store keeps its own books: what it is, and how far it has counted.

Takes:   rows of `meta` and `sqlite_sequence` as a carried text has them, and the first line of that text.
Gives:   `Books`: what is wrong with a row, what is missing, and whether the marks of dedup fit what is there.
Ignores: who holds what, because no fence is carried; and all that came from records (`verify.py`).

What these rows say is believed by every transaction to come, so nothing may stand in them that no store has written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from reprlib import repr as short
from typing import Any

from penstock._store.seen import ENTRY, names_upto
from penstock_findings.spelling import nearest

MOST = (1 << 62) - 1  # of what is counted; beyond 2**63 SQLite goes on with numbers that are not exact
COUNTED: Mapping[str, tuple[str, ...]] = {
    "meta": ("fence", "seen_left", "seen_upto"),
    "sqlite_sequence": ("parked", "seen_new", "dead", "steps", "orders", "notes"),
}
_NEEDED = ("fence", "format", "graph")
_UNREADABLE = "SELECT 1 FROM seen_new WHERE typeof(entries) <> 'blob' OR length(entries) % ? <> 0 LIMIT 1"
_CHANGED = "the file was changed; export the store again"

Wrong = tuple[str, str]  # what is wrong, and what to do


class Books:
    """What a carried store has said of itself so far."""

    def __init__(self, header: Mapping[str, Any]) -> None:
        self._stated = {"format": int(header["store"]), "graph": header["graph"]}  # what the first line has said
        self._said: dict[tuple[str, str], Any] = {}  # table, name -> value
        self._places: dict[str, int] = {}  # what says how far dedup has come -> its line

    def wrong(self, table: str, row: list[Any], line: int) -> Wrong | None:
        """What is wrong with one of the rows; None takes it into the books."""
        name, value = row
        stated = self._stated if table == "meta" else {}
        known = (*stated, *COUNTED[table])
        if not isinstance(name, str) or name not in known:
            near = nearest(name, known) if isinstance(name, str) else None
            return f"a carried store has no row {short(name)} in `{table}`", f"write `{near}`" if near else _CHANGED
        if (table, name) in self._said:
            return f"`{name}` is there twice in `{table}`", _CHANGED
        self._said[table, name] = 0
        if name in stated:
            is_good = type(value) is type(stated[name]) and value == stated[name]
            wanted = f"{short(stated[name])}, as the first line says"
        else:
            is_good = type(value) is int and 0 <= value <= MOST  # json text, because True == 1 in Python
            wanted = f"a whole number from 0 to {MOST}"
        if not is_good:
            return f"`{name}` in `{table}` is {short(value)}, and it is to be {wanted}", _CHANGED
        self._said[table, name] = value
        self._places[name] = line
        return None

    def missing(self) -> Iterator[Wrong]:
        """What a store says of itself in any case, and this one does not."""
        for name in _NEEDED:
            if ("meta", name) not in self._said:
                yield f"there is no row `{name}` in `meta`", _CHANGED

    def misplaced(self, db: sqlite3.Connection) -> tuple[int | None, Wrong] | None:
        """Whether the marks of dedup are not those of the rows that were put in; the line where one stands.

        Between these marks lies what is being put in order. If it were less than is told, it would never come to an end; if
        it were more, what is beyond would be forgotten, and duplicates of it taken for new.
        """
        left, upto = (self._said.get(("meta", name), 0) for name in ("seen_left", "seen_upto"))
        at = self._places.get("seen_left", self._places.get("seen_upto"))
        (last,) = db.execute("SELECT ifnull(max(id), 0) FROM seen_new").fetchone()
        if upto > max(last, self._said.get(("sqlite_sequence", "seen_new"), 0)):
            return at, (f"`seen_upto` in `meta` is {upto}, and so many rows `seen_new` has never had", _CHANGED)
        if db.execute(_UNREADABLE, (ENTRY,)).fetchone():  # `verify` says which
            return None
        there = names_upto(db, upto)
        if left > there or (there and not left):
            what = f"`seen_left` in `meta` is {left}, and the rows of `seen_new` up to {upto} have {there} names"
            return at, (what, _CHANGED)
        return None
