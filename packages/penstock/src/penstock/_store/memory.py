"""A store in memory: the same promises as the durable one, for as long as the process lives.

Takes:   `Work`, one transaction each.
Gives:   the `Store` protocol, acknowledgement level `none`.
Ignores: disks.  Payloads pass through JSON here too, so a graph behaves the same on either store.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from msgspec.json import decode as decode_json
from msgspec.json import encode as encode_json

from penstock._store.blocks import Block, columns, decode_block, encode_block
from penstock._store.codec import body_digest, decode_record, encode_record, packed_ids
from penstock._store.facts import (
    Alarm,
    Append,
    ChannelSpec,
    Claim,
    DeadLetter,
    Depth,
    Lease,
    Note,
    Order,
    Parked,
    Position,
    StepEntry,
    Subject,
    Trim,
    Work,
)  # fmt: skip  # a table of names reads better in two lines
from penstock._store.interface import LeaseLost, StoreError, conflict, foreign
from penstock.record import Record


@dataclass(slots=True)
class _Held:
    owner: str
    fence: int
    until: float
    stop: int = 0


@dataclass(slots=True)
class _Block:
    seq: int
    count: int
    time: float
    kept: Block


@dataclass(slots=True)
class _Log:
    spec: ChannelSpec
    next: int = 0
    blocks: list[_Block] = field(default_factory=list)
    cursors: dict[str, int] = field(default_factory=dict)
    leases: dict[str, dict[int, _Held]] = field(default_factory=dict)  # cursor -> start -> holder
    rest: dict[str, tuple[int, list[Record]]] = field(default_factory=dict)  # cursor -> unread tail of its block


class MemoryStore:
    """Everything in dictionaries; closing keeps it, so that a test may open it again."""

    ack = "none"

    def __init__(self) -> None:
        self._graph: str | None = None
        self._logs: dict[str, _Log] = {}
        self._claims: dict[str, _Held] = {}
        self._ousted: set[str] = set()  # holders that lost a claim and have not given everything back since
        self._parked: dict[int, tuple[Parked, bytes, _Held]] = {}
        self._waiting: dict[str, list[tuple[float, int]]] = {}  # node -> heap of (when it can be had, row)
        self._lanes: dict[tuple[str, str], deque[int]] = {}  # (ordered node, key) -> rows, oldest first
        self._timers: dict[tuple[str, str], Alarm] = {}
        self._state: dict[tuple[str, str], bytes] = {}
        self._positions: dict[str, Position] = {}
        self._dedup: dict[tuple[str, str, bytes], tuple[bytes, float]] = {}
        self._dead: list[DeadLetter] = []
        self._steps: list[StepEntry] = []
        self._totals: Counter[Subject] = Counter()
        self._runs: dict[str, dict[str, Any]] = {}
        self._orders: list[Order] = []
        self._notes: list[Note] = []
        self._fence = 0
        self._serial = 0

    def open(self, graph: str, channels: Sequence[ChannelSpec]) -> None:
        """Register channels and cursors; what is there already stays."""
        if self._graph not in (None, graph):
            raise foreign(self._graph or "", graph)
        self._graph = graph
        for spec in channels:
            log = self._logs.setdefault(spec.name, _Log(spec))
            log.spec = spec
            start = log.blocks[0].seq if log.blocks else log.next
            for cursor in spec.cursors:
                if cursor not in log.cursors:
                    log.cursors[cursor] = start
                    log.leases[cursor] = {}
                    if log.next > start:
                        self._totals[f"{spec.name}@{cursor}", "offered", ""] += log.next - start

    def attach(self) -> None:
        """What is there is there."""
        if self._graph is None:
            raise StoreError("there is no store here", code="S102")

    def close(self) -> None:
        """Nothing to let go of."""

    def begin_run(self, run: str, digest: str, now: float) -> None:
        """Note that a run began."""
        self._runs[run] = {"run": run, "digest": digest, "began": now, "ended": None, "outcome": None, "commits": 0}

    def end_run(self, run: str, outcome: str, now: float) -> None:
        """Note how a run ended, and give back what it held."""
        self._runs[run] |= {"ended": now, "outcome": outcome}
        self.release(run)

    def runs(self) -> list[dict[str, Any]]:
        """Runs, oldest first."""
        return list(self._runs.values())

    def give_order(self, kind: str, body: str, who: str, now: float) -> int:
        """Leave word for whoever works here."""
        self._orders.append(Order(len(self._orders) + 1, kind, body, who, now))
        return len(self._orders)

    def orders(self, after: int = 0) -> list[Order]:
        """What was ordered since."""
        return self._orders[after:]

    def note(self, run: str, kind: str, facts: dict[str, Any], now: float) -> None:
        """Add to the history; a copy, as the durable store would give it back."""
        self._notes.append(Note(len(self._notes) + 1, run, now, kind, decode_json(encode_json(facts))))

    def notes(self) -> Iterator[Note]:
        """What was noted, oldest first."""
        return iter(list(self._notes))

    def bury(self, now: float) -> list[str]:
        """Nobody else can hold anything here."""
        return []

    def claim(self, resource: str, owner: str, now: float, until: float) -> int | None:
        """Become the only holder of a resource."""
        held = self._claims.get(resource)
        if held and held.until > now:
            if held.owner != owner:
                return None
            held.until = until
            return held.fence
        if held and held.owner not in ("", owner):  # taken for dead: what it took last must not outlive its claim
            ousted = held.owner
            self.release(ousted)
            if (run := self._runs.get(ousted)) and run["ended"] is None:
                self._ousted.add(ousted)
        self._claims[resource] = _Held(owner, self._next_fence(), until)
        return self._fence

    def claims(self, prefix: str, now: float) -> list[Claim]:
        """Claims that hold, by resource."""
        return [
            Claim(name, held.owner, held.fence)
            for name, held in sorted(self._claims.items())
            if name.startswith(prefix) and held.until > now
        ]

    def let_go(self, resource: str, owner: str) -> None:
        """Give one claim back."""
        if resource in self._claims and self._claims[resource].owner == owner:
            del self._claims[resource]

    def _next_fence(self) -> int:
        self._fence += 1
        return self._fence

    def _everything_held(self) -> Iterator[_Held]:
        for log in self._logs.values():
            for leases in log.leases.values():
                yield from leases.values()
        for _, _, held in self._parked.values():
            yield held
        yield from self._claims.values()

    def renew(self, owner: str, now: float, until: float) -> None:
        """Extend every lease and claim of a holder."""
        for held in self._everything_held():
            if held.owner == owner:
                held.until = until
        for id, (_, _, held) in self._parked.items():
            if held.owner == owner:
                self._wait(id)

    def release(self, owner: str) -> None:
        """Give everything of a holder back at once."""
        self._ousted.discard(owner)
        for held in self._everything_held():
            if held.owner == owner:
                held.owner, held.fence, held.until = "", 0, 0.0
        for id in self._parked:
            self._wait(id)
        for log in self._logs.values():
            log.rest.clear()

    def lease(self, channel: str, cursor: str, limit: int, owner: str, now: float, until: float) -> Lease | None:
        """The next range of a cursor: an expired one first."""
        if owner in self._ousted:
            raise LeaseLost(owner)
        log = self._logs[channel]
        leases = log.leases[cursor]
        start = min((start for start, held in leases.items() if held.until <= now), default=None)
        if start is not None:
            stop = min(leases[start].stop, start + limit)
            if stop < leases[start].stop:  # the rest of a long range stays expired for the next call
                leases[stop] = _Held("", 0, 0.0, leases[start].stop)
        else:
            start = log.cursors[cursor]
            stop = min(log.next, start + limit)
            if start >= stop:
                return None
            log.cursors[cursor] = stop
        leases[start] = _Held(owner, self._next_fence(), until, stop)
        return Lease(channel, cursor, start, stop, self._fence, self._read(log, cursor, start, stop))

    @staticmethod
    def _read(log: _Log, cursor: str, start: int, stop: int) -> list[Record]:
        kept = log.rest.pop(cursor, None)
        records = kept[1] if kept and kept[0] == start else []
        at = start + len(records)
        index = max(bisect_right(log.blocks, at, key=lambda block: block.seq) - 1, 0)
        while at < stop:
            block = log.blocks[index]
            records += decode_block(block.kept)[at - block.seq :]
            at = block.seq + block.count
            index += 1
        if at > stop:
            log.rest[cursor] = (stop, records[stop - start :])
            records = records[: stop - start]
        return records

    def due(self, nodes: Sequence[str], limit: int, owner: str, now: float, until: float) -> list[Parked]:
        """Claim parked deliveries whose time has come."""
        ready: list[tuple[float, int]] = []
        for node in nodes:
            heap = self._waiting.get(node, [])
            while heap and heap[0][0] <= now:
                ready.append(heappop(heap))
        # what came back from a lost lease takes the place that it had
        ready = sorted({(self._parked[id][0].due, id) for due, id in ready if self._is_ready(due, id)})
        for _, id in ready[limit:]:
            self._wait(id)
        fence = self._next_fence() if ready else 0
        found = []
        for _, id in ready[:limit]:
            parked, body, held = self._parked[id]
            held.owner, held.fence, held.until = owner, fence, until
            heappush(self._waiting[parked.node], (until, id))  # so that it comes back when nobody settles it
            given = copy(parked)
            given.record, given.fence, given.causes = decode_record(body), fence, list(parked.causes)
            found.append(given)
        return found

    def _is_ready(self, due: float, id: int) -> bool:
        """Whether what the heap says of a row is still so, and the row is the head of its lane."""
        if id not in self._parked:
            return False
        parked, _, held = self._parked[id]
        return due == max(parked.due, held.until) and (
            parked.lane is None or self._lanes[parked.node, parked.lane][0] == id
        )

    def _wait(self, id: int) -> None:
        parked, _, held = self._parked[id]
        heappush(self._waiting.setdefault(parked.node, []), (max(parked.due, held.until), id))

    def _unpark(self, id: int) -> None:
        parked, _, _ = self._parked.pop(id)
        if parked.lane is not None:
            lane = self._lanes[parked.node, parked.lane]
            lane.remove(id)
            if lane:
                self._wait(lane[0])
            else:
                del self._lanes[parked.node, parked.lane]

    def alarms(self, nodes: Sequence[str], limit: int, before: float) -> list[Alarm]:
        """Alarms that are due, by due time."""
        ready = [a for a in self._timers.values() if a.node in nodes and a.due is not None and a.due <= before]
        return sorted(ready, key=lambda alarm: (alarm.due, alarm.node, alarm.key))[:limit]

    def next_parked(self, nodes: Sequence[str]) -> float | None:
        """When the next parked delivery can be had."""
        times = []
        for node in nodes:
            heap = self._waiting.get(node, [])
            while heap and not self._is_ready(*heap[0]):
                heappop(heap)
            times += [heap[0][0]] if heap else []
        return min(times, default=None)

    def next_alarm(self, nodes: Sequence[str]) -> float | None:
        """When the next alarm is due."""
        return min((a.due for a in self._timers.values() if a.node in nodes and a.due is not None), default=None)

    def flush(self) -> None:
        """Nothing here survives anything."""

    def commit(self, work: Work, owner: str, now: float, *, safe: bool = True) -> Counter[str]:
        """Change everything, after every fence was found to hold."""
        self._check_fences(work)
        if work.ahead and owner in self._ousted:  # nothing could be undone when its turn comes
            raise LeaseLost(owner)
        for lease in work.settle:
            del self._logs[lease.channel].leases[lease.cursor][lease.start]
        counts = Counter(work.counts) if work.append or work.trim else work.counts
        appended: Counter[str] = Counter()
        for append in work.append:
            appended[append.channel] += self._append(append, now, counts)
        for trim in work.trim:
            self._trim(trim, counts)
        for parked in work.unpark:
            self._unpark(parked.id)
        for parked in work.park:
            self._park(parked)
        for letter in work.dead:
            self._bury_letter(letter)
        for alarm in work.fired:
            known = self._timers.get((alarm.node, alarm.key))
            if known and known.due == alarm.due:
                del self._timers[alarm.node, alarm.key]
        for alarm in work.alarms:
            if alarm.due is None:
                self._timers.pop((alarm.node, alarm.key), None)
            else:
                self._timers[alarm.node, alarm.key] = alarm
        for name, value in work.state.items():
            if value is None:
                self._state.pop(name, None)
            else:
                self._state[name] = value
        self._positions.update(work.positions)
        self._steps += work.steps
        totals = self._totals
        for subject, n in counts.items():
            totals[subject] += n
        work.counts = counts
        self._runs[owner]["commits"] += 1
        for wish in work.ahead:
            leased = self.lease(wish.channel, wish.cursor, wish.limit, owner, now, wish.until)
            work.leased += [leased] if leased else []
        return appended

    def _check_fences(self, work: Work) -> None:
        for resource, fence in work.claims.items():
            held = self._claims.get(resource)
            if held is None or held.fence != fence:
                raise LeaseLost(resource)
        seen = set()
        for lease in work.settle:
            held = self._logs[lease.channel].leases[lease.cursor].get(lease.start)
            if held is None or held.fence != lease.fence or lease.fence in seen:
                raise LeaseLost(f"{lease.channel}@{lease.cursor}")
            seen.add(lease.fence)
        for parked in (*work.unpark, *(p for p in work.park if p.id)):
            row_ = self._parked.get(parked.id)
            if row_ is None or row_[2].fence != parked.fence:
                raise LeaseLost(f"parked {parked.id}")

    def _append(self, append: Append, now: float, counts: Counter[Subject]) -> int:
        log = self._logs[append.channel]
        pairs = list(zip(append.records, append.payloads, strict=True))
        if log.spec.dedup_window > 0:
            pairs = [pair for pair in pairs if self._is_fresh(append, log.spec, *pair, now, counts)]
        if not pairs:
            return 0
        kept = encode_block(columns(record for record, _ in pairs), (payload for _, payload in pairs))
        log.blocks.append(_Block(log.next, len(pairs), now, kept))
        log.next += len(pairs)
        counts[append.link, "handled", ""] += len(pairs)
        for cursor in log.cursors:  # also one that this graph has left out
            counts[f"{append.channel}@{cursor}", "offered", ""] += len(pairs)
        return len(pairs)

    def _is_fresh(
        self, append: Append, spec: ChannelSpec, record: Record, payload: bytes, now: float, counts: Counter[Subject]
    ) -> bool:
        name = (append.channel, append.producer, packed_ids([record.id]))
        digest = body_digest(payload)
        known = self._dedup.get(name)
        if known is None or known[1] <= now:
            self._dedup[name] = (digest, now + spec.dedup_window)
            return True
        if known[0] == digest:
            counts[append.link, "dropped", "duplicate"] += 1
        else:
            counts[append.link, "dead", "conflict"] += 1
            self._bury_letter(conflict(record, append, now))
        return False

    def _trim(self, trim: Trim, counts: Counter[Subject]) -> None:
        """Put a cursor forward, over what nobody has taken."""
        depth = self.depth(trim.channel, trim.cursor)
        over = min(depth.total - trim.keep, depth.waiting)
        if over > 0:
            log = self._logs[trim.channel]
            log.cursors[trim.cursor] += over
            log.rest.pop(trim.cursor, None)
            counts[f"{trim.channel}@{trim.cursor}", "dropped", trim.reason] += over
            if trim.node:
                counts[trim.node, "dropped", trim.reason] += over

    def spread(self, now: float) -> int:
        """Move what is overdue, as far as its own id says."""
        moved = 0
        for id, (parked, _, held) in self._parked.items():
            if parked.due < now and parked.delay > 0 and held.until <= now:
                parked.due = now + parked.delay * (id * 40503 % 65536) / 65536
                self._wait(id)
                moved += 1
        return moved

    def _park(self, parked: Parked) -> None:
        if parked.id:
            row_, _, held = self._parked[parked.id]
            row_.attempts, row_.due, row_.causes = parked.attempts, parked.due, list(parked.causes)
            row_.delay = parked.delay
            held.owner, held.fence, held.until = "", 0, 0.0
            self._wait(parked.id)
            return
        self._serial += 1
        kept = _apart(parked)
        kept.id = self._serial
        self._parked[kept.id] = (kept, encode_record(parked.record), _Held("", 0, 0.0))
        if parked.lane is not None:
            self._lanes.setdefault((parked.node, parked.lane), deque()).append(kept.id)
        self._wait(kept.id)

    def _bury_letter(self, letter: DeadLetter) -> None:
        kept = copy(letter)
        kept.id = len(self._dead) + 1
        self._dead.append(kept)

    def state(self, node: str, key: str) -> bytes | None:
        """One value of keyed state."""
        return self._state.get((node, key))

    def state_keys(self, node: str) -> list[str]:
        """All keys of a node."""
        return sorted(key for owner, key in self._state if owner == node)

    def position(self, source: str) -> Position:
        """How far a source has been read."""
        return copy(self._positions.get(source, Position()))

    def lanes(self, node: str) -> Counter[str]:
        """Keys with parked deliveries."""
        return Counter(p.lane for p, _, _ in self._parked.values() if p.node == node and p.lane is not None)

    def depth(self, channel: str, cursor: str) -> Depth:
        """How a cursor stands."""
        log = self._logs[channel]
        leased = sum(held.stop - start for start, held in log.leases[cursor].items())
        return Depth(log.next - log.cursors[cursor], leased)

    def cursors(self) -> list[tuple[str, str]]:
        """Every channel and cursor."""
        return sorted((name, cursor) for name, log in self._logs.items() for cursor in log.cursors)

    def moment(self) -> AbstractContextManager[None]:
        """Nobody else can write."""
        return nullcontext()

    def parked(self, subject: str | None = None) -> int:
        """Number of parked deliveries."""
        return sum(subject is None or p.subject == subject for p, _, _ in self._parked.values())

    def totals(self) -> Counter[Subject]:
        """Everything that was ever counted."""
        return Counter(self._totals)

    def dead_letters(self) -> Iterator[DeadLetter]:
        """Dead letters, oldest first."""
        return iter(list(self._dead))

    def ids(self) -> Iterator[bytes]:
        """All ids that channels and history know."""
        yield from (block.kept.ids for log in self._logs.values() for block in log.blocks)
        yield from (step.ids for step in self._steps)

    def find(self, id: str) -> Iterator[tuple[str, int, Record]]:
        """Where a record and its descendants are kept."""
        wanted = packed_ids([id])
        for name, log in sorted(self._logs.items()):
            for block in log.blocks:
                if wanted in block.kept.ids or wanted in block.kept.roots:
                    for at, record in enumerate(decode_block(block.kept)):
                        if id == record.id or packed_ids([record.correlation]) == wanted:
                            yield name, block.seq + at, record

    def block_time(self, channel: str, offset: int) -> float | None:
        """When the block of a record was appended."""
        times = [block.time for block in self._logs[channel].blocks if block.seq <= offset]
        return times[-1] if times else None

    def steps(self) -> Iterator[StepEntry]:
        """The history, oldest first."""
        return iter(list(self._steps))

    def parked_rows(self) -> Iterator[Parked]:
        """Deliveries that wait."""
        return iter([_apart(parked) for parked, _, _ in self._parked.values()])

    def retain(self, now: float, history: float) -> int:
        """Let settled blocks go whose time is over."""
        gone = 0
        for log in self._logs.values():
            settled = min(log.cursors.values(), default=0)
            settled = min([settled, *(start for leases in log.leases.values() for start in leases)])
            while (
                log.blocks
                and log.blocks[0].seq + log.blocks[0].count <= settled
                and log.blocks[0].time <= now - log.spec.retention
            ):
                gone += log.blocks.pop(0).count
        steps = [step for step in self._steps if step.time > now - history]
        gone += len(self._steps) - len(steps)
        self._steps = steps
        self._dedup = {name: known for name, known in self._dedup.items() if known[1] > now}
        return gone


def _apart(parked: Parked) -> Parked:
    """A copy that shares nothing which either side may change."""
    made = copy(parked)
    made.causes = list(parked.causes)
    return made
