"""A store in one SQLite file (WAL), shared by any number of processes of one machine.

Takes:   `Work`, one transaction each; a directory.
Gives:   the `Store` protocol, with acknowledgement level `power` (synchronous=FULL) or `process` (NORMAL).
Ignores: what the records mean, when to retry, what to lease next.  Table by table: `schema.sql`.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any

import msgspec

from penstock._store.alive import Alive
from penstock._store.at_hand import AtHand
from penstock._store.blocks import Block, checksum, columns, encode_block, records_of
from penstock._store.codec import body_digest, encode_record, packed_ids
from penstock._store.facts import (
    Alarm,
    Append,
    ChannelSpec,
    Claim,
    DeadLetter,
    Lease,
    Parked,
    Subject,
    Trim,
    Work,
)  # fmt: skip
from penstock._store.interface import LeaseLost, StoreError, conflict
from penstock._store.seen import Seen, named
from penstock._store.sqlite_file import BUSY, FILE, reading
from penstock._store.sqlite_reading import BLOCK, PARKED, SqliteReading, intact, parked_of
from penstock.failpoints import ARMED, hit
from penstock.record import Record

_OUSTED = "ousted:"  # a claim of a holder that lost one to somebody else and has not given everything back since
_FREE = 2000  # pages that may lie idle before some are given back to the disk
_json = msgspec.json.encode
_parse = msgspec.json.decode


class SqliteStore(SqliteReading):
    """One directory, one file, one graph.  Open it once per process and thread.

    `connection` is what the file is opened with; a test of crashes hands in one that knows when to die.
    `seen` is what dedup remembers by; a test hands in one to which a few names are many.
    `patience` is how many seconds to wait for the transaction of somebody else.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        ack: str = "power",
        connection: type[sqlite3.Connection] = sqlite3.Connection,
        seen: Seen | None = None,
        patience: float = BUSY,
    ) -> None:
        super().__init__(directory, ack=ack, connection=connection, patience=patience)
        self._alive: Alive | None = None
        self._at_hand = AtHand()
        self._seen = seen or Seen()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        super().close()
        if self._alive:
            self._alive.end()

    # -- runs ---------------------------------------------------------------------------------------------------

    def begin_run(self, run: str, digest: str, now: float) -> None:
        """Note that a run began, after what killed runs have left behind was given back."""
        self.bury(now)
        try:
            self._alive = Alive(self.directory, run)
        except OSError as error:
            raise self._taken(run) from error

        def change(db: sqlite3.Connection) -> None:
            self._check_format()  # a later version may have come between: from here on it sees that somebody works here
            known = db.execute("SELECT ended FROM runs WHERE run=?", (run,)).fetchone()
            if known and known[0] is None:  # where locks do not exist, nobody can tell whether it lives
                raise self._taken(run)
            db.execute(
                "INSERT INTO runs (run, digest, began) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET digest=excluded.digest, began=excluded.began, ended=NULL, outcome=NULL",
                (run, digest, now),
            )

        self._write(change)

    def _taken(self, run: str) -> StoreError:
        return StoreError(f"a run named `{run}` is at work on this store", at=self._at, code="S107")

    def end_run(self, run: str, outcome: str, now: float) -> None:
        """Note how a run ended, and give back what it held: at once, because nobody buries a run that has ended."""

        def change(db: sqlite3.Connection) -> None:
            db.execute("UPDATE runs SET ended=?, outcome=? WHERE run=?", (now, outcome, run))
            self._give_back(db, run)

        self._write(change)
        self._rest.clear()
        if self._alive:
            self._alive.end()

    @reading
    def bury(self, now: float) -> list[str]:
        """Give back at once what runs hold whose process is gone; their ids."""
        open_runs = [run for (run,) in self.db.execute("SELECT run FROM runs WHERE ended IS NULL ORDER BY run")]
        killed = [run for run in open_runs if Alive.gone(self.directory, run)]
        for run in killed:
            self.release(run)
            self._write(
                lambda db, run=run: db.execute("UPDATE runs SET ended=?, outcome='killed' WHERE run=?", (now, run))
            )
        return killed

    @reading
    def runs(self) -> list[dict[str, Any]]:
        """Runs, oldest first."""
        names = ("run", "digest", "began", "ended", "outcome", "commits")
        found = self.db.execute(f"SELECT {', '.join(names)} FROM runs ORDER BY began, run").fetchall()
        return [dict(zip(names, values, strict=True)) for values in found]

    def give_order(self, kind: str, body: str, who: str, now: float) -> int:
        """Leave word for whoever works here."""
        values = (kind, body, who, now)
        return int(
            self._write(
                lambda db: (
                    db.execute("INSERT INTO orders (kind, body, who, time) VALUES (?, ?, ?, ?)", values).lastrowid
                )
            )
        )

    def note(self, run: str, kind: str, facts: dict[str, Any], now: float) -> None:
        """Add to the history."""
        values = (run, now, kind, _json(facts))
        self._write(lambda db: db.execute("INSERT INTO notes (run, time, kind, facts) VALUES (?, ?, ?, ?)", values))

    # -- leases and claims --------------------------------------------------------------------------------------

    def claim(self, resource: str, owner: str, now: float, until: float) -> int | None:
        """Become the only holder of a resource; a holder that claims again keeps its fence."""

        def change(db: sqlite3.Connection) -> int | None:
            held = db.execute("SELECT owner, fence, until FROM claims WHERE resource=?", (resource,)).fetchone()
            if held and held[0] == owner and held[2] > now:
                db.execute("UPDATE claims SET until=? WHERE resource=?", (until, resource))
                return int(held[1])
            if held and held[2] > now:
                return None
            if held and held[0] != owner:  # it has not renewed for long: what it took last must not outlive its claim
                self._give_back(db, held[0])
                db.execute(  # unless its run has ended, and was killed before it gave back what it held
                    "INSERT OR REPLACE INTO claims SELECT ? || run, run, 0, 0 FROM runs WHERE run=? AND ended IS NULL",
                    (_OUSTED, held[0]),
                )
            fence = self._fence()
            db.execute("INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?)", (resource, owner, fence, until))
            return fence

        return self._write(change, lasting=False)  # type: ignore[no-any-return]  # what `change` returns

    def renew(self, owner: str, now: float, until: float) -> None:
        """Extend every lease and claim of a holder that nobody has taken over."""

        def change(db: sqlite3.Connection) -> None:
            for table in ("leases", "claims", "parked"):
                db.execute(f"UPDATE {table} SET until=? WHERE owner=?", (until, owner))

        self._write(change, lasting=False)

    def release(self, owner: str) -> None:
        """Give everything back: the next holder gets a new fence, so work in progress is refused."""
        self._write(lambda db: self._give_back(db, owner), lasting=False)
        self._rest.clear()

    @reading
    def claims(self, prefix: str, now: float) -> list[Claim]:
        """Claims that hold, by resource."""
        found = self.db.execute(
            "SELECT resource, owner, fence FROM claims WHERE resource >= ? AND resource < ? || char(1114111) AND until > ?"
            " ORDER BY resource",
            (prefix, prefix, now),
        )
        return [Claim(*values) for values in found.fetchall()]

    def let_go(self, resource: str, owner: str) -> None:
        """Give one claim back."""
        self._write(
            lambda db: db.execute("DELETE FROM claims WHERE resource=? AND owner=?", (resource, owner)), lasting=False
        )

    @staticmethod
    def _give_back(db: sqlite3.Connection, owner: str) -> None:
        db.execute("DELETE FROM claims WHERE owner=?", (owner,))
        db.execute("UPDATE leases SET until=0, fence=0, owner='' WHERE owner=?", (owner,))
        db.execute("UPDATE parked SET until=0, fence=0, owner=NULL WHERE owner=?", (owner,))

    def lease(self, channel: str, cursor: str, limit: int, owner: str, now: float, until: float) -> Lease | None:
        """The next range of a cursor: an expired one first, else what follows the last one handed out."""
        if not self._available(channel, cursor, now):
            return None
        lease: Lease | None = self._write(
            lambda db: self._lease(db, channel, cursor, limit, owner, now, until), lasting=False
        )
        if ARMED:
            hit("store.lease", StoreError)
        return lease

    @reading
    def _available(self, channel: str, cursor: str, now: float) -> bool:
        """Whether a write transaction is worth its cost; reading alone takes no lock."""
        db = self.db
        ahead = db.execute(
            "SELECT 1 FROM cursors JOIN channels ON channels.name = cursors.channel"
            " WHERE channel=? AND cursor=? AND cursors.next < channels.next", (channel, cursor)
        ).fetchone()  # fmt: skip
        expired = "SELECT 1 FROM leases WHERE channel=? AND cursor=? AND until <= ?"
        return bool(ahead or db.execute(expired, (channel, cursor, now)).fetchone())

    def _lease(
        self, db: sqlite3.Connection, channel: str, cursor: str, limit: int, owner: str, now: float, until: float
    ) -> Lease | None:
        if db.execute("SELECT 1 FROM claims WHERE resource=?", (_OUSTED + owner,)).fetchone():
            raise LeaseLost(owner)  # what it took now would come too late, after what another takes next
        expired = db.execute(
            "SELECT start, stop FROM leases WHERE channel=? AND cursor=? AND until <= ? ORDER BY start LIMIT 1",
            (channel, cursor, now),
        ).fetchone()
        if expired:
            start, stop = expired
            lease = self._read(channel, cursor, start, min(stop, start + limit))
            if lease.end < stop:  # the rest of a long range stays expired for the next call
                db.execute("INSERT INTO leases VALUES (?, ?, ?, ?, '', 0, 0)", (channel, cursor, lease.end, stop))
        else:
            (start,) = db.execute("SELECT next FROM cursors WHERE channel=? AND cursor=?", (channel, cursor)).fetchone()
            (end,) = db.execute("SELECT next FROM channels WHERE name=?", (channel,)).fetchone()
            if start >= end:
                return None
            lease = self._read(channel, cursor, start, min(end, start + limit))
            db.execute("UPDATE cursors SET next=? WHERE channel=? AND cursor=?", (lease.end, channel, cursor))
        lease.fence = self._fence()
        db.execute(
            "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?, ?, ?)",
            (channel, cursor, start, lease.end, owner, lease.fence, until),
        )
        return lease

    def _read(self, channel: str, cursor: str, start: int, stop: int) -> Lease:
        """Records [start, stop), cut short before a broken block; a broken block comes alone, as a loss."""
        records: list[Record] = []
        rest = self._rest.pop((channel, cursor), None)
        if rest and rest[0] == start:
            records = rest[1]
        at = start + len(records)
        while at < stop and (block := self._at_hand.take(channel, at)):
            records = records + block if records else block
            at = start + len(records)
        rows: Iterable[tuple[Any, ...]] = ()
        if at < stop:
            rows = self.db.execute(
                f"SELECT seq, count, crc, broken, {BLOCK} FROM blocks WHERE channel=? AND seq < ? AND seq >="
                " (SELECT ifnull(max(seq), 0) FROM blocks WHERE channel=? AND seq <= ?) ORDER BY seq",
                (channel, stop, channel, at),
            )
        for seq, count, crc, broken, *kept in rows:
            if seq + count <= at:
                continue
            block = None if broken else intact(Block(*kept), crc, count)
            if block is None or seq > at:  # what is missing altogether counts like what is broken
                if records:
                    break
                end = min(stop, seq + count if block is None else seq)
                if block is None:
                    self.db.execute("UPDATE blocks SET broken=1 WHERE channel=? AND seq=?", (channel, seq))
                return Lease(channel, cursor, start, end, 0, [], lost=end - start)
            records += block[at - seq :]
            at = seq + count
        if not records:
            return Lease(channel, cursor, start, stop, 0, [], lost=stop - start)
        if at > stop:
            self._rest[channel, cursor] = (stop, records[stop - start :])
            records = records[: stop - start]
        return Lease(channel, cursor, start, start + len(records), 0, records)

    @reading
    def due(self, nodes: Sequence[str], limit: int, owner: str, now: float, until: float) -> list[Parked]:
        """Claim parked deliveries whose time has come."""
        if not self._ready(nodes, 1, now):
            return []

        def change(db: sqlite3.Connection) -> list[Parked]:
            fence = self._fence()
            ids = self._ready(nodes, limit, now)
            db.executemany(
                "UPDATE parked SET owner=?, fence=?, until=? WHERE id=?", [(owner, fence, until, id) for id in ids]
            )
            found = [parked_of(db.execute(f"SELECT {PARKED} FROM parked WHERE id=?", (id,)).fetchone()) for id in ids]
            return found

        return self._write(change, lasting=False)  # type: ignore[no-any-return]  # what `change` returns

    def _ready(self, nodes: Sequence[str], limit: int, now: float) -> list[int]:
        """Ids of parked rows that can be had, oldest due first; node by node, because that is how they are indexed."""
        found: list[tuple[float, int]] = []
        for node in nodes:
            found += self.db.execute(
                f"SELECT due, id FROM parked AS p WHERE node=? AND due <= ? AND until <= ? AND {_IS_HEAD} ORDER BY due, id LIMIT ?",
                (node, now, now, limit),
            ).fetchall()
        return [id for _, id in sorted(found)[:limit]]

    @reading
    def alarms(self, nodes: Sequence[str], limit: int, before: float) -> list[Alarm]:
        """Alarms that are due, by due time."""
        marks = ",".join("?" * len(nodes))
        found = self.db.execute(
            f"SELECT node, key, due, payload, parent, correlation FROM timers WHERE due <= ? AND node IN ({marks}) ORDER BY due, node, key LIMIT ?",
            (before, *nodes, limit),
        )
        return [
            Alarm(node, key, due, _parse(payload), *setter) for node, key, due, payload, *setter in found.fetchall()
        ]

    @reading
    def next_parked(self, nodes: Sequence[str]) -> float | None:
        """When the next parked delivery can be had."""
        return self._earliest(f"SELECT min(max(due, until)) FROM parked AS p WHERE node=? AND {_IS_HEAD}", nodes)

    @reading
    def next_alarm(self, nodes: Sequence[str]) -> float | None:
        """When the next alarm is due."""
        return self._earliest("SELECT min(due) FROM timers WHERE node=?", nodes)

    def _earliest(self, query: str, nodes: Sequence[str]) -> float | None:
        times = [self.db.execute(query, (node,)).fetchone()[0] for node in nodes]
        return min((float(time) for time in times if time is not None), default=None)

    def spread(self, now: float) -> int:
        """Move what is overdue; how far is told by the row's own id, so a second try moves it no differently."""

        def change(db: sqlite3.Connection) -> int:
            return db.execute(
                "UPDATE parked SET due = ? + delay * ((id * 40503) % 65536) / 65536.0"
                " WHERE due < ? AND delay > 0 AND until <= ?",
                (now, now, now),
            ).rowcount

        if self.db.execute("SELECT 1 FROM parked WHERE due < ? AND delay > 0 LIMIT 1", (now,)).fetchone() is None:
            return 0
        return int(self._write(change, lasting=False))

    # -- the one transaction ------------------------------------------------------------------------------------

    def flush(self) -> None:
        """One small transaction that the disk confirms: with it, it confirms all that the log had before."""
        if ARMED:
            hit("store.flush", StoreError)
        self._write(
            lambda db: db.execute(
                "INSERT INTO meta VALUES ('flushes', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"
            )
        )
        if ARMED:
            hit("store.flushed", StoreError)

    def commit(self, work: Work, owner: str, now: float, *, safe: bool = True) -> Counter[str]:
        """Change everything or nothing; an error of the commit itself is unknown, so the file is asked."""
        before = None
        leased: list[Lease] = []
        try:
            if ARMED:
                hit("store.begin", sqlite3.OperationalError)
            self._begin(lasting=safe)
            before = self._commits(owner)
            appended = self._apply(work, owner, now)
            for wish in work.ahead:
                if ARMED:
                    hit("store.lease", StoreError)
                if lease := self._lease(self.db, wish.channel, wish.cursor, wish.limit, owner, now, wish.until):
                    leased.append(lease)
            if ARMED:
                hit("store.commit", sqlite3.OperationalError)
            self.db.execute("COMMIT")
            if ARMED:
                hit("store.committed", sqlite3.OperationalError)
        except sqlite3.Error as error:
            self._forget_new()
            appended = self._resolve(error, work, owner, before)
        except BaseException:  # a lost lease, or work that cannot be written: nothing of it, and no lock, may stay
            self._forget_new()
            raise
        else:
            self._at_hand.keep_new()
            self._seen.keep_new()
        work.leased += leased
        return appended

    def _forget_new(self) -> None:
        """Nothing of a transaction may be believed, nor what was read in it."""
        self._at_hand.forget_new()
        self._seen.forget_new()
        self._rest.clear()
        self._rollback()

    def _commits(self, owner: str) -> int:
        found = self.db.execute("SELECT commits FROM runs WHERE run=?", (owner,)).fetchone()
        return int(found[0]) if found else 0

    def _resolve(self, error: sqlite3.Error, work: Work, owner: str, before: int | None) -> Counter[str]:
        """After a commit that raised: reopen, and look whether it is there."""
        if before is None:  # it had not begun
            raise StoreError(f"cannot write the store: {error}", at=self._at, code="S105") from error
        try:
            self._disconnect()
            self._connect()
            if self._commits(owner) > before:
                return Counter({append.channel: len(append.records) for append in work.append})
        except sqlite3.Error as second:
            raise StoreError(
                f"a commit failed and its outcome is unknown: {second}", at=self._at, code="S106"
            ) from error
        raise StoreError(f"a commit failed, nothing of it was kept: {error}", at=self._at, code="S105") from error

    def _apply(self, work: Work, owner: str, now: float) -> Counter[str]:
        db = self.db
        self._check_fences(work)
        counts = Counter(work.counts)
        dead = list(work.dead)
        appended: Counter[str] = Counter()
        for append in work.append:
            appended[append.channel] += self._append(append, now, counts, dead)
        for trim in work.trim:
            self._trim(trim, counts)
        db.executemany("DELETE FROM parked WHERE id=?", [(p.id,) for p in work.unpark])
        for parked in work.park:
            self._park(parked)
        db.executemany(
            "INSERT INTO dead (node, port, subject, record, correlation, reason, class, attempts, causes, time, encoding, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (d.node, d.port, d.subject, d.record_id, d.correlation, d.reason, d.failure_class, d.attempts, _json(d.causes).decode(), d.time, d.encoding, d.body)
                for d in dead
            ],
        )  # fmt: skip
        db.executemany(
            "DELETE FROM timers WHERE node=? AND key=? AND due=?", [(a.node, a.key, a.due) for a in work.fired]
        )
        for alarm in work.alarms:
            if alarm.due is None:
                db.execute("DELETE FROM timers WHERE node=? AND key=?", (alarm.node, alarm.key))
            else:
                db.execute(
                    "INSERT OR REPLACE INTO timers VALUES (?, ?, ?, ?, ?, ?)",
                    (alarm.node, alarm.key, alarm.due, _json(alarm.payload), alarm.parent, alarm.correlation),
                )
        for (node, key), value in work.state.items():
            if value is None:
                db.execute("DELETE FROM state WHERE node=? AND key=?", (node, key))
            else:
                db.execute("INSERT OR REPLACE INTO state VALUES (?, ?, ?)", (node, key, value))
        for source, position in work.positions.items():
            db.execute(
                "INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", (source, _json(position.position), position.count)
            )
        db.executemany(
            "INSERT INTO steps (stage, intake, start, inputs, time, ids, outcomes) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(s.stage, s.intake, s.start, s.inputs, s.time, s.ids, s.outcomes) for s in work.steps],
        )
        self._count(counts)
        db.execute("UPDATE runs SET commits=commits+1 WHERE run=?", (owner,))
        work.counts = counts
        return appended

    def _check_fences(self, work: Work) -> None:
        db = self.db
        for resource, fence in work.claims.items():
            if db.execute("SELECT 1 FROM claims WHERE resource=? AND fence=?", (resource, fence)).fetchone() is None:
                raise LeaseLost(resource)
        for lease in work.settle:
            gone = db.execute(
                "DELETE FROM leases WHERE channel=? AND cursor=? AND start=? AND fence=?",
                (lease.channel, lease.cursor, lease.start, lease.fence),
            )
            if gone.rowcount != 1:
                raise LeaseLost(f"{lease.channel}@{lease.cursor}")
        for parked in (*work.unpark, *(p for p in work.park if p.id)):
            if db.execute("SELECT 1 FROM parked WHERE id=? AND fence=?", (parked.id, parked.fence)).fetchone() is None:
                raise LeaseLost(f"parked {parked.id}")

    def _append(self, append: Append, now: float, counts: Counter[Subject], dead: list[DeadLetter]) -> int:
        channel = self._channels[append.channel]
        pairs = list(zip(append.records, append.payloads, strict=True))
        if channel.dedup_window > 0:
            pairs = self._admit(append, channel, pairs, now, counts, dead)
        if not pairs:
            return 0
        db = self.db
        (seq,) = db.execute("SELECT next FROM channels WHERE name=?", (channel.name,)).fetchone()
        facts = columns(record for record, _ in pairs)
        block = encode_block(facts, (payload for _, payload in pairs))
        db.execute(
            "INSERT INTO blocks (channel, seq, count, time, crc, ids, roots, parents, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (channel.name, seq, len(pairs), now, checksum(block), *block),
        )
        if len(append.copies) == len(pairs):  # nothing of it was left out
            size = sum(map(len, append.payloads))
            self._at_hand.add(channel.name, seq, records_of(facts, append.copies), size)
        db.execute("UPDATE channels SET next=? WHERE name=?", (seq + len(pairs), channel.name))
        counts[append.link, "handled", ""] += len(pairs)
        # to every cursor that the file keeps it for, also one that this graph has left out or does not know yet
        for (cursor,) in db.execute("SELECT cursor FROM cursors WHERE channel=?", (channel.name,)):
            counts[f"{channel.name}@{cursor}", "offered", ""] += len(pairs)
        return len(pairs)

    def _admit(
        self,
        append: Append,
        channel: ChannelSpec,
        pairs: list[tuple[Record, bytes]],
        now: float,
        counts: Counter[Subject],
        dead: list[DeadLetter],
    ) -> list[tuple[Record, bytes]]:
        """Leave out what this producer has appended within the window; a key with another body is a conflict."""
        names = named(channel.name, append.producer, packed_ids([record.id for record, _ in pairs]))
        digests = [body_digest(payload)[:8] for _, payload in pairs]
        known = self._seen.admit(self.db, names, digests, now + channel.dedup_window, now)
        for at, is_same in known.items():
            if is_same:
                counts[append.link, "dropped", "duplicate"] += 1
            else:
                counts[append.link, "dead", "conflict"] += 1
                dead.append(conflict(pairs[at][0], append, now))
        return [pair for at, pair in enumerate(pairs) if at not in known] if known else pairs

    def _trim(self, trim: Trim, counts: Counter[Subject]) -> None:
        """Put a cursor forward, over what nobody has taken."""
        depth = self.depth(trim.channel, trim.cursor)
        over = min(depth.total - trim.keep, depth.waiting)
        if over > 0:
            self.db.execute(
                "UPDATE cursors SET next=next+? WHERE channel=? AND cursor=?", (over, trim.channel, trim.cursor)
            )
            self._rest.pop((trim.channel, trim.cursor), None)
            counts[f"{trim.channel}@{trim.cursor}", "dropped", trim.reason] += over
            if trim.node:
                counts[trim.node, "dropped", trim.reason] += over

    def _park(self, parked: Parked) -> None:
        causes = _json(parked.causes).decode()
        if parked.id:
            self.db.execute(
                "UPDATE parked SET attempts=?, due=?, causes=?, delay=?, owner=NULL, fence=0, until=0 WHERE id=?",
                (parked.attempts, parked.due, causes, parked.delay, parked.id),
            )
            return
        self.db.execute(
            "INSERT INTO parked (node, port, subject, lane, attempts, first, due, causes, body, delay) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (parked.node, parked.port, parked.subject, parked.lane, parked.attempts, parked.first, parked.due, causes, encode_record(parked.record), parked.delay),
        )  # fmt: skip

    # -- keeping house ------------------------------------------------------------------------------------------

    def retain(self, now: float, history: float) -> int:
        """Delete blocks that every cursor has settled and whose retention is over, at most 500 a call."""
        if ARMED:
            hit("store.retain", StoreError)

        def change(db: sqlite3.Connection) -> int:
            gone = 0
            for channel in self._channels.values():
                settled = db.execute(
                    "SELECT seq, count, time FROM blocks WHERE channel=? AND seq + count <= ? ORDER BY seq LIMIT 500",
                    (channel.name, self._settled(channel)),
                ).fetchall()
                # one after the other, because a clock that was set back has left younger blocks before older ones
                doomed = list(takewhile(lambda block: block[2] <= now - channel.retention, settled))  # noqa: B023 - used up at once
                if doomed:
                    db.execute("DELETE FROM blocks WHERE channel=? AND seq <= ?", (channel.name, doomed[-1][0]))
                    gone += sum(count for _, count, _ in doomed)
            # ids and times grow together, so the oldest steps are the first ones: no index is needed to find them
            gone += db.execute(
                "DELETE FROM steps WHERE id IN (SELECT id FROM steps ORDER BY id LIMIT 5000) AND time <= ?",
                (now - history,),
            ).rowcount
            if not gone:  # the last piece of a round
                self._seen.sweep(db, now)
            return gone

        gone = int(self._write(change))
        if self.db.execute("PRAGMA freelist_count").fetchone()[0] > _FREE:
            self.give_back(_FREE // 4)
        return gone

    def forget(self, now: float) -> bool:
        """Let go of keys whose window is over, a piece of all that are remembered; whether it was the last piece."""
        return bool(self._write(lambda db: self._seen.sweep(db, now)))

    def _settled(self, channel: ChannelSpec) -> int:
        """Everything before this offset is settled for every cursor the file knows."""
        (cursor,) = self.db.execute("SELECT min(next) FROM cursors WHERE channel=?", (channel.name,)).fetchone()
        (lease,) = self.db.execute("SELECT min(start) FROM leases WHERE channel=?", (channel.name,)).fetchone()
        return int(min(cursor if cursor is not None else 0, lease if lease is not None else cursor or 0))


# rows of a lane wait for the first of it, whenever they are due themselves
_IS_HEAD = (
    "(lane IS NULL OR NOT EXISTS (SELECT 1 FROM parked AS q WHERE q.node=p.node AND q.lane=p.lane AND q.id < p.id))"
)

__all__ = ["FILE", "SqliteStore"]
