"""What producers have appended within the dedup windows of channels: written down at once, put in order later.

Takes:   records' names (channel, producer, id) and digests of their bodies, inside the write transaction of a commit.
Gives:   `Seen`: which of them are known, and whether with the same body; `remembered_again`, for files of format 2;
         `names_upto`, for whoever looks whether the rows are sound.
Ignores: what becomes of a duplicate or of a conflict (`sqlite.py`).

New names are one row of `seen_new` for each append, and stay in memory too. When there are many they are put into `seen`,
in the order of their keys and in small pieces, so that neighbours share pages and no commit takes long; then their rows go.
A name has 128 bits. `seen` is told apart by 64 of them, so of two names that share these the later one is remembered:
that happens to one pair in 2**64, and lets a duplicate pass rather than take a record for another one.
"""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import count

SIZE = 32_768  # names that are young before they are put in order: some 4 MB, and as much again while they move
ENTRY = 24  # bytes of a name and of the digest of its body
_PACE = 2  # names that a commit puts in order for each that it adds, so that they are through before the next are due
_LOOK = 2  # names that are looked at, whether their time is over, for each that is put in order
_PIECE = 20_000  # names that housekeeping looks at in one transaction
_ASKED = 512  # keys in one question; SQLite may have been built for no more than 999
_LOWEST = -(1 << 63)
_INSERT = "INSERT OR REPLACE INTO seen (key, rest, digest, until) VALUES (?, ?, ?, ?)"


class _Names:
    """Names in memory, in columns: key -> place."""

    __slots__ = ("places", "rests", "digests", "untils")

    def __init__(self) -> None:
        self.places: dict[int, int] = {}
        self.rests = array("q")
        self.digests = array("q")
        self.untils = array("d")

    def add(self, entries: bytes, until: float) -> None:
        keys, rests, digests = _columns(entries)
        self.places.update(zip(keys, count(len(self.rests))))
        self.rests.extend(rests)
        self.digests.extend(digests)
        self.untils.extend(array("d", (until,)) * len(rests))

    def among(self, keys: Sequence[int], now: float) -> Iterator[tuple[int, tuple[int, int]]]:
        """Those of the keys that are here and whose time is not over, with the rest of the name and the digest."""
        places = self.places
        if places.keys().isdisjoint(keys):
            return
        for key in keys:
            at = places.get(key)
            if at is not None and self.untils[at] > now:
                yield key, (self.rests[at], self.digests[at])


class Seen:
    """The memory of one open file. What it holds is as of the last commit that it saw; the file has the last word."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._swept = _LOWEST  # where the next look for what is over begins
        self._is_open = False  # the transaction under way has asked, and may have changed something here
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._young, self._old = _Names(), _Names()
        self._known = -1  # the last row of `seen_new` that was taken in; nothing was read when it is negative
        self._upto = 0  # rows up to this one are being put in order, or have been and are gone
        self._order: list[int] = []  # their keys, while there are any left
        self._left = 0  # how many of these are not in `seen` yet

    def keep_new(self) -> None:
        """The transaction has been committed."""
        self._is_open = False

    def forget_new(self) -> None:
        """The transaction has failed: what it had changed here is read from the file when it is next asked for."""
        if self._is_open:
            self._is_open = False
            self._begin_anew()

    def admit(
        self, db: sqlite3.Connection, names: bytes, digests: Sequence[bytes], until: float, now: float
    ) -> dict[int, bool]:
        """Remember what is new; for each of the others, by its index, whether it has the body that is remembered."""
        if not self._is_open:
            self._is_open = True
            self._catch_up(db)
        entries = names + b"".join(digests)
        keys, rests, bodies = (column.tolist() for column in _columns(entries))
        known = self._find(db, keys, now)
        answers: dict[int, bool] = {}
        if known or len(set(keys)) < len(keys):
            for at, key in enumerate(keys):
                rest, body = known.get(key, (None, None))
                if rest == rests[at]:
                    answers[at] = body == bodies[at]
                else:
                    known[key] = rests[at], bodies[at]
            fresh = [at for at in range(len(keys)) if at not in answers]
            entries = b"".join([names[16 * at : 16 * at + 16] for at in fresh] + [digests[at] for at in fresh])
        if entries:
            self._remember(db, entries, until, now)
        return answers

    def _find(self, db: sqlite3.Connection, keys: list[int], now: float) -> dict[int, tuple[int, int]]:
        known: dict[int, tuple[int, int]] = {}
        for start in range(0, len(keys), _ASKED):
            piece = keys[start : start + _ASKED]
            marks = 1 << (len(piece) - 1).bit_length()  # few lengths, so that SQLite has few questions to prepare
            for key, rest, digest in db.execute(_question(marks), (now, *piece, *piece[:1] * (marks - len(piece)))):
                known[key] = rest, digest
        known.update(self._old.among(keys, now))
        known.update(self._young.among(keys, now))
        return known

    def _remember(self, db: sqlite3.Connection, entries: bytes, until: float, now: float) -> None:
        row = db.execute("INSERT INTO seen_new (until, entries) VALUES (?, ?)", (until, entries)).lastrowid
        self._known = row or 0
        self._young.add(entries, until)
        if self._left:
            self._move(db, _PACE * (len(entries) // ENTRY), now)
        elif len(self._young.places) >= self._size:
            self._old, self._young = self._young, _Names()
            self._order, self._upto = sorted(self._old.places), self._known
            self._left = len(self._order)
            self._mark(db)

    def _move(self, db: sqlite3.Connection, most: int, now: float) -> None:
        """Put the next keys in order."""
        old, start = self._old, len(self._order) - self._left
        piece = self._order[start : start + most]
        places = [old.places[key] for key in piece]
        db.executemany(
            _INSERT,
            [
                (key, old.rests[at], old.digests[at], old.untils[at])
                for key, at in zip(piece, places, strict=True)
                if old.untils[at] > now
            ],
        )
        self._left -= len(piece)
        if not self._left:
            db.execute("DELETE FROM seen_new WHERE id <= ?", (self._upto,))
            self._old, self._order = _Names(), []
        self._mark(db)
        self.sweep(db, now, _LOOK * len(piece))

    def _mark(self, db: sqlite3.Connection) -> None:
        """Tell the other processes how far it is; they find the same order, and go on there."""
        db.executemany(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", [("seen_left", self._left), ("seen_upto", self._upto)]
        )

    def _catch_up(self, db: sqlite3.Connection) -> None:
        """Take in what other processes have committed."""
        marks = dict(db.execute("SELECT name, value FROM meta WHERE name IN ('seen_left', 'seen_upto')").fetchall())
        upto, left = marks.get("seen_upto", 0), marks.get("seen_left", 0)
        if self._known < 0 or upto != self._upto:  # what was young here may be on its way now, or have arrived
            self._begin_anew()
            self._known, self._upto, self._swept = 0, upto, _somewhere(upto)
        elif not left and self._left:  # somebody has come to the end
            self._old, self._order = _Names(), []
        self._left = left
        rows = db.execute("SELECT id, until, entries FROM seen_new WHERE id > ? ORDER BY id", (self._known,)).fetchall()
        for row, until, entries in rows:
            if len(entries) % ENTRY:
                raise sqlite3.DatabaseError(f"row {row} of `seen_new` cannot be read")
            (self._old if row <= upto else self._young).add(entries, until)
            self._known = row
        if left and not self._order:
            self._order = sorted(self._old.places)

    def sweep(self, db: sqlite3.Connection, now: float, most: int = _PIECE) -> bool:
        """Forget those of the next keys whose time is over, all round; whether the last key was among these."""
        start = self._swept
        end = db.execute("SELECT key FROM seen WHERE key >= ? ORDER BY key LIMIT 1 OFFSET ?", (start, most)).fetchone()
        if end is None:
            db.execute("DELETE FROM seen WHERE key >= ? AND until <= ?", (start, now))
            self._swept = _LOWEST
        else:
            db.execute("DELETE FROM seen WHERE key >= ? AND key < ? AND until <= ?", (start, *end, now))
            (self._swept,) = end
        return end is None


def named(channel: str, producer: str, ids: bytes) -> bytes:
    """The names of records with these packed ids, one for each, whoever made the ids up.

    An id is a digest as a rule, so that nothing has to be hashed again: it is told apart by its channel and producer, and
    its second half is added to the first, for ids that differ in their last digits only.
    """
    size = len(ids)
    names = int.from_bytes(ids, "little") ^ int.from_bytes(_mask(channel, producer) * (size // 16), "little")
    return (names ^ (names >> 64 & _first_halves(size))).to_bytes(size, "little")


def remembered_again(db: sqlite3.Connection) -> None:
    """Put what a file of format 2 remembers into the table of format 3."""
    rows = db.execute("SELECT channel, producer, key, digest, until FROM dedup")
    while piece := rows.fetchmany(100_000):
        again = []
        for channel, producer, id, digest, until in piece:
            (key,), (rest,), (body,) = _columns(named(channel, producer, id) + digest[:8])
            again.append((key, rest, body, until))
        db.executemany(_INSERT, sorted(again))


def names_upto(db: sqlite3.Connection, row: int) -> int:
    """How many names the rows of `seen_new` up to this one have: all that are to be put in order before these rows go."""
    keys: set[int] = set()
    for (entries,) in db.execute("SELECT entries FROM seen_new WHERE id <= ?", (row,)):
        keys.update(_columns(entries)[0])
    return len(keys)


@lru_cache(maxsize=1024)
def _mask(channel: str, producer: str) -> bytes:
    return blake2b(f"{channel}\0{producer}".encode(), digest_size=16).digest()


@lru_cache(maxsize=1024)
def _first_halves(size: int) -> int:
    return int.from_bytes((b"\xff" * 8 + b"\0" * 8) * (size // 16), "little")


@lru_cache(maxsize=16)
def _question(marks: int) -> str:
    return f"SELECT key, rest, digest FROM seen WHERE until > ? AND key IN ({','.join('?' * marks)})"


def _columns(entries: bytes) -> tuple[array[int], array[int], array[int]]:
    """Keys, rests and digests: first all names, then all digests."""
    numbers = array("q", entries)
    if sys.byteorder == "big":
        numbers.byteswap()
    names = len(numbers) // 3 * 2
    return numbers[0:names:2], numbers[1:names:2], numbers[names:]


def _somewhere(n: int) -> int:
    """A key far from those of the neighbours of `n`, so that a process that is often begun anew does not always begin there."""
    return (n * 0x9E3779B97F4A7C15) % (1 << 64) + _LOWEST
