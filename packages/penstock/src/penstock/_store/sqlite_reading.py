"""What the file of a store has to say: state, positions, depths, counts, dead letters, history.

Takes:   an open `SqliteFile`.
Gives:   `SqliteReading`: every question of the `Store` protocol that changes nothing.
Ignores: leases and transactions (`sqlite.py`).
"""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from penstock._store.blocks import Block, checksum, decode_block
from penstock._store.codec import decode_record, packed_ids
from penstock._store.facts import DeadLetter, Depth, Note, Order, Parked, Position, StepEntry, Subject
from penstock._store.interface import StoreError
from penstock._store.sqlite_file import BUSY, SqliteFile, listing, reading
from penstock.record import Record

_parse = msgspec.json.decode
_parse_causes = msgspec.json.Decoder(list[str]).decode
_parse_facts = msgspec.json.Decoder(dict[str, Any]).decode


class SqliteReading(SqliteFile):
    """Questions to an open file."""

    @reading
    def state(self, node: str, key: str) -> bytes | None:
        """One value of keyed state; may be asked from the thread of a blocking node."""
        found = self._state_rows("SELECT value FROM state WHERE node=? AND key=?", (node, key))
        return found[0][0] if found else None

    @reading
    def state_keys(self, node: str) -> list[str]:
        """All keys of a node; may be asked from the thread of a blocking node."""
        return [key for (key,) in self._state_rows("SELECT key FROM state WHERE node=? ORDER BY key", (node,))]

    def _state_rows(self, query: str, values: tuple[str, ...]) -> list[Any]:
        if threading.get_ident() == self._thread:
            return self.db.execute(query, values).fetchall()
        with self._reading:  # a connection of its own: a transaction of the run's thread must not be seen half done
            if self._reader is None:
                self._reader = sqlite3.connect(self.path, timeout=BUSY, isolation_level=None, check_same_thread=False)
            return self._reader.execute(query, values).fetchall()

    @reading
    def position(self, source: str) -> Position:
        """How far a source has been read."""
        found = self.db.execute("SELECT position, count FROM positions WHERE source=?", (source,)).fetchone()
        return Position(_parse(found[0]), found[1]) if found else Position()

    @reading
    def lanes(self, node: str) -> Counter[str]:
        """Keys with parked deliveries."""
        found = self.db.execute(
            "SELECT lane, count(*) FROM parked WHERE node=? AND lane IS NOT NULL GROUP BY lane", (node,)
        )
        return Counter(dict(found.fetchall()))

    @reading
    def depth(self, channel: str, cursor: str) -> Depth:
        """How a cursor stands."""
        (waiting,) = self.db.execute(
            "SELECT channels.next - cursors.next FROM cursors JOIN channels ON channels.name = cursors.channel WHERE channel=? AND cursor=?",
            (channel, cursor),
        ).fetchone()
        (leased,) = self.db.execute(
            "SELECT ifnull(sum(stop - start), 0) FROM leases WHERE channel=? AND cursor=?", (channel, cursor)
        ).fetchone()
        return Depth(waiting, leased)

    @reading
    def cursors(self) -> list[tuple[str, str]]:
        """Every channel and cursor that the file knows."""
        return self.db.execute("SELECT channel, cursor FROM cursors ORDER BY channel, cursor").fetchall()

    @contextmanager
    def moment(self) -> Iterator[None]:
        """One read transaction; nothing can be written inside."""
        try:
            self.db.execute("BEGIN")
        except sqlite3.Error as error:
            raise StoreError(f"cannot read the store: {error}", at=self._at, code="S108") from error
        try:
            yield
        finally:
            self._rollback()

    @reading
    def parked(self, subject: str | None = None) -> int:
        """Number of parked deliveries."""
        query = "SELECT count(*) FROM parked" + (" WHERE subject=?" if subject else "")
        return int(self.db.execute(query, (subject,) if subject else ()).fetchone()[0])

    @reading
    def totals(self) -> Counter[Subject]:
        """Everything that was ever counted."""
        return Counter(
            {(s, m, r): n for s, m, r, n in self.db.execute("SELECT subject, measure, reason, n FROM totals")}
        )

    @listing
    def dead_letters(self) -> Iterator[DeadLetter]:
        """Dead letters, oldest first."""
        for (
            id,
            node,
            port,
            subject,
            record,
            correlation,
            reason,
            kind,
            attempts,
            causes,
            when,
            encoding,
            body,
        ) in self.db.execute(
            "SELECT id, node, port, subject, record, correlation, reason, class, attempts, causes, time, encoding, body FROM dead ORDER BY id"
        ):
            yield DeadLetter(
                node,
                subject,
                record,
                reason,
                kind,
                body,
                encoding,
                attempts,
                _parse_causes(causes),
                when,
                correlation,
                port,
                id,
            )

    @listing
    def ids(self) -> Iterator[bytes]:
        """All ids that channels and history know."""
        for (packed,) in self.db.execute("SELECT ids FROM blocks UNION ALL SELECT ids FROM steps"):
            yield packed

    @listing
    def find(self, id: str) -> Iterator[tuple[str, int, Record]]:
        """Where a record and its descendants are kept."""
        wanted = packed_ids([id])
        rows = self.db.execute(
            f"SELECT channel, seq, count, crc, {BLOCK} FROM blocks WHERE broken=0 AND (instr(ids, ?) OR instr(roots, ?)) ORDER BY time, channel, seq",
            (wanted, wanted),
        )
        for channel, seq, count, crc, *kept in rows:
            for at, record in enumerate(intact(Block(*kept), crc, count) or ()):
                if id == record.id or packed_ids([record.correlation]) == wanted:
                    yield channel, seq + at, record

    @reading
    def block_time(self, channel: str, offset: int) -> float | None:
        """When the block of a record was appended."""
        found = self.db.execute(
            "SELECT max(seq), time FROM blocks WHERE channel=? AND seq <= ?", (channel, offset)
        ).fetchone()
        return None if found[0] is None else float(found[1])

    @listing
    def steps(self) -> Iterator[StepEntry]:
        """The history, oldest first."""
        for values in self.db.execute(
            "SELECT stage, intake, start, inputs, time, ids, outcomes FROM steps ORDER BY id"
        ):
            yield StepEntry(*values)

    @reading
    def orders(self, after: int = 0) -> list[Order]:
        """What was ordered since."""
        found = self.db.execute("SELECT id, kind, body, who, time FROM orders WHERE id > ? ORDER BY id", (after,))
        return [Order(*values) for values in found.fetchall()]

    @listing
    def notes(self) -> Iterator[Note]:
        """What was noted, oldest first."""
        for id, run, when, kind, facts in self.db.execute("SELECT id, run, time, kind, facts FROM notes ORDER BY id"):
            yield Note(id, run, when, kind, _parse_facts(facts))

    @listing
    def parked_rows(self) -> Iterator[Parked]:
        """Deliveries that wait."""
        for values in self.db.execute(f"SELECT {PARKED} FROM parked ORDER BY id"):
            yield parked_of(values)


BLOCK = ", ".join(Block._fields)
PARKED = "id, node, port, subject, lane, attempts, first, due, causes, body, fence, delay"


def intact(block: Block, crc: int, count: int) -> list[Record] | None:
    """The records of a block, or None when its bytes are not what was written."""
    try:
        if checksum(block) != crc:
            return None
        records = decode_block(block)
    except (ValueError, TypeError, RecursionError, msgspec.MsgspecError):  # one bit makes text of a row's bytes
        return None
    return records if len(records) == count else None


def parked_of(of: tuple[Any, ...]) -> Parked:
    """The delivery in a row of `PARKED`."""
    id, node, port, subject, lane, attempts, first, due, causes, body, fence, delay = of
    return Parked(
        node, port, subject, decode_record(body), attempts, first, due, _parse_causes(causes), lane, id, fence, delay
    )
