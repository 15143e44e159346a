"""Any sequence of store operations, by two processes that may die, against a model; and the bugs it has to catch.

The model is a few lists and dictionaries: no heaps, no caches, no files.  It says what every lease must contain, which
completion is late, what waits and until when.  The planted bugs at the end show that the machine notices what it is for.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from penstock._store.codec import portable
from penstock._store.facts import Alarm, Append, ChannelSpec, Lease, Parked, Position, Work
from penstock._store.interface import LeaseLost
from penstock._store.memory import MemoryStore
from penstock._store.sqlite import SqliteStore
from penstock.record import Record

WINDOW, RETENTION, LASTS = 8.0, 5.0, 10.0
NODES = ("b", "c")
KEYS = tuple(f"{n:032x}" for n in range(5))
PAIRS = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from("aab")), min_size=1, max_size=4)


@dataclass
class Held:
    """A lease, a claim or a parked row in somebody's hands."""

    owner: str = ""
    fence: int = 0
    until: float = 0.0
    stop: int = 0


@dataclass
class Row:
    number: int
    node: str
    lane: str | None
    due: float
    attempts: int
    held: Held = field(default_factory=Held)


@dataclass
class Log:
    """A channel: what was ever appended, where its blocks end, how much of it is gone."""

    cursors: dict[str, int]
    dedup: float = 0.0
    records: list[tuple[str, str]] = field(default_factory=list)  # id, body
    blocks: list[tuple[int, float]] = field(default_factory=list)  # end, time
    gone: int = 0  # blocks that retention took
    leases: dict[tuple[str, int], Held] = field(default_factory=dict)
    settled: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    @property
    def first(self) -> int:
        return self.blocks[self.gone - 1][0] if self.gone else 0


class Model:
    """What a store should say."""

    def __init__(self, cursors: list[str], dedup: float) -> None:
        self.logs = {"events": Log(dict.fromkeys(cursors, 0), dedup), "out": Log({"z": 0})}
        self.rows: list[Row] = []
        self.claims: dict[str, Held] = {}
        self.ousted: set[str] = set()  # who has lost a claim and has not given everything back since
        self.known: dict[tuple[str, str, str], tuple[str, float]] = {}
        self.dead: list[tuple[str, str]] = []  # record, reason
        self.state: dict[str, bytes] = {}
        self.alarms: dict[str, float] = {}
        self.position = Position()
        self.totals: Counter[tuple[str, str, str]] = Counter()
        self.fence = 0

    def grant(self, held: Held, owner: str, fence: int, until: float) -> None:
        assert fence > self.fence, "a fence was used before"
        self.fence = fence
        held.owner, held.fence, held.until = owner, fence, until

    def everything_held(self) -> list[Held]:
        leases = [held for log in self.logs.values() for held in log.leases.values()]
        return [*leases, *(row.held for row in self.rows), *self.claims.values()]

    def release(self, owner: str) -> None:
        self.ousted.discard(owner)
        for held in self.everything_held():
            if held.owner == owner:
                held.owner, held.fence, held.until = "", 0, 0.0

    def next_range(self, channel: str, cursor: str, limit: int, now: float) -> tuple[int, int] | None:
        log = self.logs[channel]
        expired = sorted(start for (name, start), held in log.leases.items() if name == cursor and held.until <= now)
        if expired:
            return expired[0], min(log.leases[cursor, expired[0]].stop, expired[0] + limit)
        start = log.cursors[cursor]
        return (start, min(start + limit, len(log.records))) if start < len(log.records) else None

    def take(self, channel: str, cursor: str, start: int, stop: int) -> Held:
        log = self.logs[channel]
        held = log.leases.setdefault((cursor, start), Held(stop=stop))
        if stop < held.stop:
            log.leases[cursor, stop] = Held(stop=held.stop)
        held.stop = stop
        log.cursors[cursor] = max(log.cursors[cursor], stop)
        return held

    def is_good(self, lease: Lease) -> bool:
        held = self.logs[lease.channel].leases.get((lease.cursor, lease.start))
        return held is not None and held.fence == lease.fence

    def settle(self, lease: Lease) -> None:
        log = self.logs[lease.channel]
        del log.leases[lease.cursor, lease.start]
        log.settled.setdefault(lease.cursor, []).append((lease.start, lease.end))

    def append(self, channel: str, producer: str, pairs: list[tuple[str, str]], now: float) -> int:
        log, link, taken = self.logs[channel], f"{producer} -> {channel}", []
        for id, body in pairs:
            known = self.known.get((channel, producer, id))
            if log.dedup and known and known[1] > now:
                same = known[0] == body
                measure, reason = ("dropped", "duplicate") if same else ("dead", "conflict")
                self.totals[link, measure, reason] += 1
                self.dead += [] if same else [(id, "conflict")]
            else:
                self.known[channel, producer, id] = (body, now + log.dedup)
                taken.append((id, body))
        if taken:
            log.records += taken
            log.blocks.append((len(log.records), now))
            self.totals[link, "handled", ""] += len(taken)
            for cursor in log.cursors:
                self.totals[f"{channel}@{cursor}", "offered", ""] += len(taken)
        return len(taken)

    def heads(self) -> list[Row]:
        seen: set[tuple[str, str]] = set()
        found = []
        for row in self.rows:
            if row.lane is None or (row.node, row.lane) not in seen:
                found.append(row)
            if row.lane is not None:
                seen.add((row.node, row.lane))
        return found

    def due(self, nodes: tuple[str, ...], limit: int, now: float) -> list[Row]:
        ready = [row for row in self.heads() if row.node in nodes and row.due <= now and row.held.until <= now]
        return sorted(ready, key=lambda row: (row.due, self.rows.index(row)))[:limit]

    def is_mine(self, row: Parked) -> bool:
        known = self.row(row.record.payload)
        return known is not None and known.held.fence == row.fence

    def row(self, number: int) -> Row | None:
        return next((row for row in self.rows if row.number == number), None)

    def retain(self, now: float) -> int:
        gone = 0
        for log in self.logs.values():
            settled = min([*log.cursors.values(), *(start for _, start in log.leases)])
            while (
                log.gone < len(log.blocks)
                and log.blocks[log.gone][0] <= settled
                and log.blocks[log.gone][1] <= now - RETENTION
            ):
                gone += log.blocks[log.gone][0] - log.first
                log.gone += 1
        return gone

    def late_cursor(self, cursor: str) -> None:
        log = self.logs["events"]
        if cursor not in log.cursors:
            log.cursors[cursor] = log.first
            self.totals[f"events@{cursor}", "offered", ""] += len(log.records) - log.first


def chosen(taken: list[Any], is_good: Any, ages: set[int], late: bool) -> list[Any]:
    """Of what was ever taken the latest that is still held, or, when it is to be late, the latest at all."""
    some = [each for each in taken if late or is_good(each)] or taken
    return [some[-1 - age] for age in sorted(ages) if age < len(some)] or some[-1:]


class StoreMachine(RuleBasedStateMachine):
    """Two processes on one store of a class, side by side with the model."""

    store_class: ClassVar[type] = MemoryStore

    def __init__(self) -> None:
        super().__init__()
        self.on_disk = issubclass(self.store_class, SqliteStore)
        self.root = Path(tempfile.mkdtemp()) if self.on_disk else None
        self.homes = 0
        self.now = 1000.0
        self.numbers = 0
        self.begun = 0
        self.leases: list[Lease] = []  # that were ever taken, also long ago
        self.rows: list[Parked] = []
        self.claims: list[tuple[str, int]] = []
        self.graveyard: list[Any] = []

    # -- processes --------------------------------------------------------------------------------------------------

    @initialize(members=st.integers(1, 2), broadcast=st.booleans(), dedup=st.booleans())
    def begin(self, members: int, broadcast: bool, dedup: bool) -> None:
        cursors = [f"g/{n}" for n in range(members)] if broadcast else ["g"]
        self.dedup = WINDOW if dedup else 0.0
        self.model = Model(cursors, self.dedup)
        self.memory = None if self.on_disk else self.store_class()
        self.stores = [self.open(), self.open()]
        self.runs = ["", ""]
        for which in (0, 1):
            self.begin_run(which)

    def specs(self) -> list[ChannelSpec]:
        cursors = tuple(self.model.logs["events"].cursors)
        return [ChannelSpec("events", cursors, self.dedup, RETENTION), ChannelSpec("out", ("z",), 0.0, RETENTION)]

    def open(self) -> Any:
        store = self.memory or self.store_class(self.root / str(self.homes), ack="process")
        store.open("here", self.specs())
        return store

    def begin_run(self, which: int) -> None:
        self.begun += 1
        self.runs[which] = f"run-{self.begun}"
        self.stores[which].begin_run(self.runs[which], "digest", self.now)

    def bury(self, owner: str) -> None:
        """On disk a dead process is known by its lock; in memory its leases run out."""
        if self.on_disk:
            self.model.release(owner)

    def stop_and_begin_again(self, which: int) -> None:
        self.stores[which].end_run(self.runs[which], "stopped", self.now)
        self.stores[which].close()
        self.model.release(self.runs[which])
        self.stores[which] = self.open()
        self.begin_run(which)

    def die_and_begin_again(self, which: int) -> None:
        self.stores[which].close()  # what is known of a process that was killed: its lock is free, its run has no end
        self.bury(self.runs[which])
        self.stores[which] = self.open()
        self.begin_run(which)

    def everybody_dies(self, which: int) -> None:
        if self.on_disk:  # the files as they stand, and none of the objects
            before = self.root / str(self.homes)
            self.homes += 1
            shutil.copytree(before, self.root / str(self.homes))
            self.graveyard += self.stores
        for owner in self.runs:
            self.bury(owner)
        self.stores = [self.open(), self.open()]
        for which in (0, 1):
            self.begin_run(which)

    def a_cursor_is_added(self, which: int) -> None:
        self.model.late_cursor(("late", "later")[which])
        self.stop_and_begin_again(which)

    @rule(seconds=st.sampled_from([0.0, 5.0, 10.0, 30.0]), which=st.integers(0, 1), what=st.integers(0, 15))
    def time_passes(self, seconds: float, which: int, what: int) -> None:
        """And now and then something happens that is not about records."""
        self.now += seconds
        rare = [
            self.stop_and_begin_again,
            self.die_and_begin_again,
            self.everybody_dies,
            self.a_cursor_is_added,
            self.renew,
            self.give_everything_back,
            self.retention,
            *[self.nothing_is_left] * 2,
        ]
        if what < len(rare):
            rare[what](which)

    # -- records ----------------------------------------------------------------------------------------------------

    def commit(self, which: int, good: bool, **parts: Any) -> bool:
        """One transaction; whether it was accepted, which the model knew before."""
        try:
            self.stores[which].commit(Work(**parts), self.runs[which], self.now)
        except LeaseLost:
            assert not good, "a completion in time was refused"
            return False
        assert good, "a late completion was accepted"
        return True

    def block(self, channel: str, producer: str, pairs: list[tuple[str, str]]) -> Append:
        records = [Record(body, _id=id) for id, body in pairs]
        payloads = [portable(body) for _, body in pairs]
        return Append(channel, producer, f"{producer} -> {channel}", records, payloads, [body for _, body in pairs])

    @rule(
        which=st.integers(0, 1),
        producer=st.sampled_from(["p", "q"]),
        pairs=PAIRS,
    )
    def enqueue(self, which: int, producer: str, pairs: list[tuple[str, str]]) -> None:
        self.commit(which, True, append=[self.block("events", producer, pairs)])
        self.model.append("events", producer, pairs, self.now)

    @rule(which=st.integers(0, 1), pick=st.integers(0, 5), limit=st.integers(1, 5))
    def lease(self, which: int, pick: int, limit: int) -> None:
        channel = "out" if pick == 5 else "events"
        log = self.model.logs[channel]
        cursor = list(log.cursors)[pick % len(log.cursors)]
        wanted = self.model.next_range(channel, cursor, limit, self.now)
        if self.runs[which] in self.model.ousted:
            with suppress(LeaseLost):
                nothing = self.stores[which].lease(channel, cursor, limit, self.runs[which], self.now, self.now + LASTS)
                assert nothing is None, "it has lost a claim, and does not know it yet"
            return
        lease = self.stores[which].lease(channel, cursor, limit, self.runs[which], self.now, self.now + LASTS)
        if wanted is None:
            assert lease is None, "there was nothing to lease"
            return
        assert lease is not None, f"{wanted} is there to be leased"
        assert (lease.start, lease.end, lease.lost) == (*wanted, 0)
        assert [(each.id, each.payload) for each in lease.records] == log.records[slice(*wanted)]
        self.model.grant(self.model.take(channel, cursor, *wanted), self.runs[which], lease.fence, self.now + LASTS)
        self.leases.append(lease)

    @precondition(lambda self: self.leases)
    @rule(
        which=st.integers(0, 1),
        late=st.integers(0, 4),
        ages=st.sets(st.integers(0, 2), min_size=1, max_size=2),
        on=st.booleans(),
        failing=st.booleans(),
        lane=st.sampled_from([None, "k", "k"]),
        wait=st.sampled_from([0.0, 0.0, 5.0, 20.0]),
    )
    def settle(
        self, which: int, late: int, ages: set[int], on: bool, failing: bool, lane: str | None, wait: float
    ) -> None:
        """Complete one or two ranges: outputs, parked failures, state and position in one transaction."""
        some = chosen(self.leases, self.model.is_good, ages, late == 0)
        places = {(lease.channel, lease.cursor, lease.start) for lease in some}
        good = all(map(self.model.is_good, some)) and len(places) == len(some)
        pairs = [(each.id, each.payload) for lease in some for each in lease.records] if on else []
        parts: dict[str, Any] = {
            "settle": list(some),
            "state": {("b", "k"): portable(self.numbers), ("b", "gone"): None if on else b"1"},
            "positions": {"src": Position([self.numbers], self.numbers)},
            "counts": Counter({("done", "handled", ""): sum(lease.end - lease.start for lease in some)}),
        }
        row = Row(self.numbers, NODES[self.numbers % 4 == 3], lane, self.now + wait, 1)
        self.numbers += 1
        if pairs:
            parts["append"] = [self.block("out", "b", pairs)]
        if failing:
            record = Record(row.number, lane, _id=f"{row.number:032x}")
            parts["park"] = [Parked(row.node, "in", "events@g", record, 1, self.now, row.due, ["no"], lane)]
        if self.commit(which, good, **parts):
            for lease in some:
                self.model.settle(lease)
            if pairs:
                self.model.append("out", "b", pairs, self.now)
            if failing:
                self.model.rows.append(row)
            self.model.state = {"k": parts["state"]["b", "k"]} | ({} if on else {"gone": b"1"})
            self.model.position = parts["positions"]["src"]
            self.model.totals.update(parts["counts"])

    def nothing_is_left(self, which: int) -> None:
        """All that can be had is settled, and after a while deleted."""
        for pick in range(6):
            before = -1
            while len(self.leases) != before:
                before = len(self.leases)
                self.lease(which, pick, 9)
        for lease in filter(self.model.is_good, self.leases):
            self.commit(which, True, settle=[lease])
            self.model.settle(lease)
        self.now += RETENTION
        self.retention(which)

    @rule(
        pairs=PAIRS,
        limit=st.integers(1, 5),
        picks=st.tuples(st.integers(0, 5), st.integers(0, 5)),
        flags=st.integers(0, 127),
        late=st.integers(0, 3),
        wait=st.sampled_from([0.0, 5.0, 20.0]),
    )
    def a_round(self, pairs: Any, limit: int, picks: tuple[int, int], flags: int, late: int, wait: float) -> None:
        """What processes do all day: without it most examples would leave out one thing or the other."""
        one, two, out, failing, both, again, back = (bool(flags >> bit & 1) for bit in range(7))
        self.now += 2.5
        if failing:
            self.claim(one, "stage:a")
        self.enqueue(one, "p", pairs)
        for pick in picks:
            self.lease(two, pick, limit)
        if back and not late:
            self.give_everything_back(two)
        if self.leases:
            self.settle(two, late, {0, 1} if both else {0}, out, failing, "k", wait)
        if again and self.model.rows:
            self.due(one, limit, NODES)
        if again and self.rows:
            self.finish(one, limit - 1, out, wait)

    def retention(self, which: int) -> None:
        assert self.stores[which].retain(self.now, 1e9) == self.model.retain(self.now)

    @rule(which=st.integers(0, 1), id=st.sampled_from(KEYS))
    def look_for(self, which: int, id: str) -> None:
        kept = [
            (name, at)
            for name, log in self.model.logs.items()
            for at in range(log.first, len(log.records))
            if log.records[at][0] == id
        ]
        assert sorted((name, at) for name, at, _ in self.stores[which].find(id)) == sorted(kept)

    # -- what waits -------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.rows)
    @rule(which=st.integers(0, 1), limit=st.integers(1, 3), nodes=st.sampled_from([NODES, NODES, ("b",), ("c",)]))
    def due(self, which: int, limit: int, nodes: tuple[str, ...]) -> None:
        wanted = self.model.due(nodes, limit, self.now)
        found = self.stores[which].due(nodes, limit, self.runs[which], self.now, self.now + LASTS)
        assert [row.record.payload for row in found] == [row.number for row in wanted]
        assert [(row.attempts, row.lane, row.due) for row in found] == [
            (row.attempts, row.lane, row.due) for row in wanted
        ]
        if found:
            assert all(row.fence > self.model.fence for row in found), "a fence was used before"
            self.model.fence = max(row.fence for row in found)
        for row, known in zip(found, wanted, strict=True):
            known.held = Held(self.runs[which], row.fence, self.now + LASTS)
        self.rows += found

    @precondition(lambda self: self.rows)
    @rule(which=st.integers(0, 1), late=st.integers(0, 4), again=st.booleans(), wait=st.sampled_from([0.0, 5.0, 20.0]))
    def finish(self, which: int, late: int, again: bool, wait: float) -> None:
        row = copy(chosen(self.rows, self.model.is_mine, {0}, late == 0)[0])
        good = self.model.is_mine(row)
        if again:
            row.attempts, row.due = row.attempts + 1, self.now + wait
        if self.commit(which, good, **({"park": [row]} if again else {"unpark": [row]})):
            known = self.model.row(row.record.payload)
            assert known is not None
            if again:
                known.attempts, known.due, known.held = row.attempts, row.due, Held()
            else:
                self.model.rows.remove(known)

    @rule(which=st.integers(0, 1), key=st.sampled_from("xy"), due=st.sampled_from([None, 0.0, 5.0]), ring=st.booleans())
    def alarms(self, which: int, key: str, due: float | None, ring: bool) -> None:
        """Set or cancel one; and ring those that were due before, of which that one may have been."""
        ready = self.stores[which].alarms(["b"], 9, self.now)
        due_now = ((key, due) for key, due in self.model.alarms.items() if due <= self.now)
        assert [(a.key, a.due) for a in ready] == sorted(due_now, key=lambda pair: (pair[1], pair[0]))
        self.commit(1 - which, True, alarms=[Alarm("b", key, None if due is None else self.now + due)])
        self.model.alarms.pop(key, None)
        if due is not None:
            self.model.alarms[key] = self.now + due
        if ring:
            self.commit(which, True, fired=ready)
            for alarm in ready:
                if self.model.alarms.get(alarm.key) == alarm.due:
                    del self.model.alarms[alarm.key]

    # -- who may --------------------------------------------------------------------------------------------------------

    @rule(which=st.integers(0, 1), resource=st.sampled_from(["stage:a", "stage:a", "stage:b"]))
    def claim(self, which: int, resource: str) -> None:
        run = self.runs[which]
        fence = self.stores[which].claim(resource, run, self.now, self.now + LASTS)
        held = self.model.claims.setdefault(resource, Held())
        if held.until > self.now and held.owner != run:
            assert fence is None, "somebody else holds it"
            return
        assert fence is not None, "nobody holds it"
        if held.until > self.now:
            assert fence == held.fence
            held.until = self.now + LASTS
        else:
            if held.owner not in ("", run):
                ousted = held.owner
                self.model.release(ousted)
                self.model.ousted.add(ousted)
            self.model.grant(held, run, fence, self.now + LASTS)
        self.claims.append((resource, fence))

    @precondition(lambda self: self.claims)
    @rule(which=st.integers(0, 1), age=st.integers(0, 3))
    def work_under_a_claim(self, which: int, age: int) -> None:
        resource, fence = self.claims[max(-1 - age, -len(self.claims))]
        good = self.model.claims[resource].fence == fence
        if self.commit(which, good, claims={resource: fence}, counts=Counter({("claimed", "handled", ""): 1})):
            self.model.totals["claimed", "handled", ""] += 1

    def renew(self, which: int) -> None:
        self.stores[which].renew(self.runs[which], self.now, self.now + LASTS)
        for held in self.model.everything_held():
            if held.owner == self.runs[which]:
                held.until = self.now + LASTS

    def give_everything_back(self, which: int) -> None:
        self.stores[which].release(self.runs[which])
        self.model.release(self.runs[which])

    # -- what is always so ------------------------------------------------------------------------------------------

    @precondition(lambda self: hasattr(self, "model"))
    @invariant()
    def both_say_the_same(self) -> None:
        store, model = self.stores[self.homes % 2], self.model
        for name, log in model.logs.items():
            for cursor, at in log.cursors.items():
                leased = sum(held.stop - start for (who, start), held in log.leases.items() if who == cursor)
                depth = store.depth(name, cursor)
                assert (depth.waiting, depth.leased) == (len(log.records) - at, leased), (name, cursor)
        assert +store.totals() == +model.totals
        assert [(letter.record_id, letter.reason) for letter in store.dead_letters()] == model.dead
        assert [(r.record.payload, r.node, r.lane, r.attempts, r.due) for r in store.parked_rows()] == [
            (r.number, r.node, r.lane, r.attempts, r.due) for r in model.rows
        ]
        for node in NODES:
            heads = [row for row in model.heads() if row.node == node]
            assert store.next_parked([node]) == min((max(row.due, row.held.until) for row in heads), default=None)
            assert store.lanes(node) == Counter(row.lane for row in model.rows if row.node == node and row.lane)
        assert {key: store.state("b", key) for key in store.state_keys("b")} == model.state
        assert store.position("src") == model.position
        assert {alarm.key: alarm.due for alarm in store.alarms(["b"], 9, float("inf"))} == model.alarms
        assert store.next_alarm(["b"]) == min(model.alarms.values(), default=None)

    def teardown(self) -> None:
        """Whatever happened: when all is drained, every record was settled once for every cursor."""
        try:
            if hasattr(self, "model"):
                self.now += 1e6
                self.give_everything_back(0)
                for name, log in self.model.logs.items():
                    for cursor in log.cursors:
                        while lease := self.stores[0].lease(name, cursor, 7, self.runs[0], self.now, self.now + 1):
                            self.model.take(name, cursor, lease.start, lease.end)
                            self.model.settle(lease)
                            self.commit(0, True, settle=[lease])
                        done = sorted(at for start, end in log.settled.get(cursor, []) for at in range(start, end))
                        begun = done[0] if done else len(log.records)
                        assert done == list(range(begun, len(log.records))), "not every record was settled once"
        finally:
            for store in [*getattr(self, "stores", []), *self.graveyard]:
                store.close()
            if self.root:
                shutil.rmtree(self.root)


class MemoryMachine(StoreMachine):
    store_class = MemoryStore


class SqliteMachine(StoreMachine):
    store_class = SqliteStore


quick = settings.get_profile(settings.get_current_profile_name())
deep = quick.max_examples > 1000

TestMemoryStore = MemoryMachine.TestCase
TestMemoryStore.settings = settings(max_examples=2000 if deep else 60, stateful_step_count=80 if deep else 40)
TestSqliteStore = SqliteMachine.TestCase
TestSqliteStore.settings = settings(max_examples=1000 if deep else 15, stateful_step_count=80 if deep else 40)


# -- planted bugs -----------------------------------------------------------------------------------------------------


class LateIsFine(MemoryStore):
    """A completion is accepted whoever holds the range by now."""

    def _check_fences(self, work):
        work.settle = [lease for lease in work.settle if lease.start in self._logs[lease.channel].leases[lease.cursor]]


class ReleaseKeepsFences(MemoryStore):
    """What was given back can still be completed by whoever gave it back."""

    def release(self, owner):
        for held in self._everything_held():
            if held.owner == owner:
                held.owner, held.until = "", 0.0
        for id in self._parked:
            self._wait(id)


class ClaimsAreNotChecked(MemoryStore):
    def _check_fences(self, work):
        super()._check_fences(Work(settle=work.settle, park=work.park, unpark=work.unpark))


class RowsHaveNoFence(MemoryStore):
    """A parked row is completed by whoever had it once."""

    def _check_fences(self, work):
        for row in (*work.unpark, *(each for each in work.park if each.id)):
            if row.id in self._parked:
                row.fence = self._parked[row.id][2].fence
        super()._check_fences(work)


class ExpiredIsForgotten(MemoryStore):
    """A range whose holder died is never handed out again."""

    def lease(self, channel, cursor, limit, owner, now, until):
        return super().lease(channel, cursor, limit, owner, -1.0, until)


class LimitIgnoredOnExpired(MemoryStore):
    def lease(self, channel, cursor, limit, owner, now, until):
        held = self._logs[channel].leases[cursor]
        expired = [each.stop - start for start, each in held.items() if each.until <= now]
        return super().lease(channel, cursor, max([limit, *expired]), owner, now, until)


class CursorRunsAhead(MemoryStore):
    """One record is passed over when a range ends inside a block."""

    def lease(self, channel, cursor, limit, owner, now, until):
        lease = super().lease(channel, cursor, limit, owner, now, until)
        log = self._logs[channel]
        if lease and lease.end == log.cursors[cursor] and lease.end < log.next:
            log.cursors[cursor] += 1
        return lease


class TailOfAnother(MemoryStore):
    """What was read ahead is given to whatever range comes next."""

    @staticmethod
    def _read(log, cursor, start, stop):
        kept = log.rest.get(cursor)
        if kept:
            log.rest[cursor] = (start, kept[1])
        return MemoryStore._read(log, cursor, start, stop)


class SettledComesAgain(MemoryStore):
    def commit(self, work, owner, now):
        kept = {
            (x.channel, x.cursor, x.start): self._logs[x.channel].leases[x.cursor].get(x.start) for x in work.settle
        }
        made = super().commit(work, owner, now)
        for (channel, cursor, start), held in kept.items():
            self._logs[channel].leases[cursor][start] = held
        return made


class ChecksAfterwards(MemoryStore):
    """Half of a refused transaction stays."""

    def commit(self, work, owner, now):
        for append in work.append:
            self._append(append, now, self._totals)
        work.append = []
        return super().commit(work, owner, now)


class FencesRepeat(MemoryStore):
    def _next_fence(self):
        self._fence = self._fence % 7 + 1
        return self._fence


class DedupForgetsOnSettle(MemoryStore):
    def commit(self, work, owner, now):
        made = super().commit(work, owner, now)
        if work.settle:
            self._dedup.clear()
        return made


class ConflictsMerge(MemoryStore):
    """Another body under a known key is taken for the same again."""

    def _is_fresh(self, append, spec, record, payload, now, counts):
        known = self._dedup.get((append.channel, append.producer, bytes.fromhex(record.id)))
        if known and known[1] > now:
            counts[append.link, "dropped", "duplicate"] += 1
            return False
        return super()._is_fresh(append, spec, record, payload, now, counts)


class DedupMixesProducers(MemoryStore):
    def _is_fresh(self, append, spec, record, payload, now, counts):
        anybody = Append(append.channel, "anybody", append.link, append.records, append.payloads)
        return super()._is_fresh(anybody, spec, record, payload, now, counts)


class DedupWindowGrows(MemoryStore):
    """Each duplicate prolongs the window."""

    def _is_fresh(self, append, spec, record, payload, now, counts):
        fresh = super()._is_fresh(append, spec, record, payload, now, counts)
        name = (append.channel, append.producer, bytes.fromhex(record.id))
        self._dedup[name] = (self._dedup[name][0], now + spec.dedup_window)
        return fresh


class LanesPass(MemoryStore):
    """Whoever waits behind another of its key is handed out with it."""

    def _is_ready(self, due, id):
        return id in self._parked and due == max(self._parked[id][0].due, self._parked[id][2].until)


class NextInLaneSleeps(MemoryStore):
    """When the head of a lane is done, nobody wakes the next one."""

    def _unpark(self, id):
        parked, _, _ = self._parked.pop(id)
        if parked.lane is not None:
            self._lanes[parked.node, parked.lane].remove(id)


class ParkedAgainStaysLeased(MemoryStore):
    def _park(self, parked):
        held = self._parked[parked.id][2] if parked.id else None
        before = (held.owner, held.fence, held.until) if held else None
        super()._park(parked)
        if held:
            held.owner, held.fence, held.until = before
            self._wait(parked.id)


class AttemptsAreForgotten(MemoryStore):
    def _park(self, parked):
        super()._park(parked)
        if parked.id:
            self._parked[parked.id][0].attempts = 1


class RetentionIgnoresLeases(MemoryStore):
    def retain(self, now, history):
        for log in self._logs.values():
            held, log.leases = log.leases, {cursor: {} for cursor in log.leases}
            log.leases = held if not log.blocks else log.leases
        return super().retain(now, history)


class RetentionByAgeAlone(MemoryStore):
    def retain(self, now, history):
        gone = 0
        for log in self._logs.values():
            while log.blocks and log.blocks[0].time <= now - log.spec.retention:
                gone += log.blocks.pop(0).count
        return gone


class OffsetsRestart(MemoryStore):
    """An empty channel begins at 0 again, as row ids would."""

    def retain(self, now, history):
        gone = super().retain(now, history)
        for log in self._logs.values():
            if not log.blocks:
                log.next, log.cursors = 0, dict.fromkeys(log.cursors, 0)
        return gone


class LateCursorBeginsAtTheEnd(MemoryStore):
    def open(self, graph, channels):
        before = {(c.name, cursor) for c in channels if c.name in self._logs for cursor in self._logs[c.name].cursors}
        super().open(graph, channels)
        for spec in channels:
            for cursor in spec.cursors:
                if before and (spec.name, cursor) not in before:
                    self._logs[spec.name].cursors[cursor] = self._logs[spec.name].next


class LeftOutCursorIsNotOffered(MemoryStore):
    def _append(self, append, now, counts):
        log = self._logs[append.channel]
        new = [cursor for cursor in log.cursors if cursor in ("late", "later")]
        taken = super()._append(append, now, counts)
        for cursor in new:
            counts[f"{append.channel}@{cursor}", "offered", ""] -= taken
        return taken


class RenewsForEverybody(MemoryStore):
    def renew(self, owner, now, until):
        for held in self._everything_held():
            if held.owner:
                held.until = until
        super().renew(owner, now, until)


class ClaimForTwo(MemoryStore):
    def claim(self, resource, owner, now, until):
        if resource in self._claims and self._claims[resource].owner != owner:
            self._claims[resource].until = 0.0
        return super().claim(resource, owner, now, until)


class TheDeadKeepTheirLeases(MemoryStore):
    """Whoever takes a claim over works ahead of ranges that the old holder still has."""

    def claim(self, resource, owner, now, until):
        held = self._claims.get(resource)
        if held and held.until <= now:
            held.owner = ""
        return super().claim(resource, owner, now, until)


class MovedAlarmIsLost(MemoryStore):
    def commit(self, work, owner, now):
        for alarm in work.fired:
            self._timers.pop((alarm.node, alarm.key), None)
        return super().commit(work, owner, now)


class DeletedStateStays(MemoryStore):
    def commit(self, work, owner, now):
        work.state = {name: value for name, value in work.state.items() if value is not None}
        return super().commit(work, owner, now)


class PositionLagsBehind(MemoryStore):
    def commit(self, work, owner, now):
        late = self.__dict__.pop("late", {})
        self.late, work.positions = work.positions, late
        return super().commit(work, owner, now)


class EndKeepsLeases(MemoryStore):
    def end_run(self, run, outcome, now):
        self._runs[run] |= {"ended": now, "outcome": outcome}


class NobodyIsBuried(SqliteStore):
    """What a killed process held stays its own until its lease is over."""

    def bury(self, now):
        return []


class AnsweredBeforeWritten(SqliteStore):
    """A commit is answered at once, and written with the next one."""

    def commit(self, work, owner, now):
        later, self.__dict__["later"] = self.__dict__.get("later"), work
        return super().commit(later, owner, now) if later else Counter()


class NothingIsRolledBack(SqliteStore):
    def _rollback(self):
        if self._db is not None and self._db.in_transaction:
            self._db.execute("COMMIT")


class ReadAheadOutlivesRelease(SqliteStore):
    """The tail of a block, kept for whoever goes on, is given to a range that begins elsewhere."""

    def _read(self, channel, cursor, start, stop):
        kept = self._rest.get((channel, cursor))
        if kept:
            self._rest[channel, cursor] = (start, kept[1])
        return super()._read(channel, cursor, start, stop)


class SequenceFromBlocks(SqliteStore):
    """Offsets follow the last block that is there, and begin anew when none is."""

    def _append(self, append, now, counts, dead):
        self.db.execute(
            "UPDATE channels SET next=(SELECT ifnull(max(seq + count), 0) FROM blocks WHERE channel=name) WHERE name=?",
            (append.channel,),
        )
        return super()._append(append, now, counts, dead)


class WakesForWhoeverWaits(SqliteStore):
    """The next time of a lane is that of any of it, not of its head."""

    def next_parked(self, nodes):
        marks = ",".join("?" * len(nodes))
        return self.db.execute(f"SELECT min(max(due, until)) FROM parked WHERE node IN ({marks})", nodes).fetchone()[0]


PLANTED = [
    LateIsFine, ReleaseKeepsFences, ClaimsAreNotChecked, RowsHaveNoFence, ExpiredIsForgotten, LimitIgnoredOnExpired, CursorRunsAhead,
    TailOfAnother, SettledComesAgain, ChecksAfterwards, FencesRepeat, DedupForgetsOnSettle, ConflictsMerge, DedupMixesProducers,
    DedupWindowGrows, LanesPass, NextInLaneSleeps, ParkedAgainStaysLeased, AttemptsAreForgotten, RetentionIgnoresLeases,
    RetentionByAgeAlone, OffsetsRestart, LateCursorBeginsAtTheEnd, LeftOutCursorIsNotOffered, RenewsForEverybody, ClaimForTwo,
    TheDeadKeepTheirLeases, MovedAlarmIsLost, DeletedStateStays, PositionLagsBehind, EndKeepsLeases, NobodyIsBuried,
    AnsweredBeforeWritten, NothingIsRolledBack, ReadAheadOutlivesRelease, SequenceFromBlocks, WakesForWhoeverWaits,
]  # fmt: skip  # a table of names reads better in a few lines


@pytest.mark.parametrize("store", PLANTED)
def test_the_machine_catches_a_planted_bug(store):
    class Planted(StoreMachine):
        store_class = store

    hunt = settings(
        max_examples=300,
        stateful_step_count=60,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises((AssertionError, IndexError)):
        run_state_machine_as_test(Planted, settings=hunt)
