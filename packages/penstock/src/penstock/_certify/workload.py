"""The graph that a store is tried with: three durable channels, keyed state, retries, dedup; and what must hold of it.

    feed -> count => one => pass => two => split => three => end

Takes:   a directory, or a connection class, for the store.
Gives:   `work`, a run that tells what is acknowledged; `faults`, what is wrong with a store that such runs have left.
Ignores: how they ended: at their end, by a kill, by a power cut.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from penstock._engine.clock import LoopClock
from penstock._engine.failure import RetryThenDeadLetter
from penstock._engine.plan import compile_graph
from penstock._engine.simulate import SimulatedLoop
from penstock._store.blocks import Block
from penstock._store.interface import Store, StoreError
from penstock._store.sqlite import SqliteStore
from penstock._store.sqlite_reading import BLOCK, intact
from penstock.decisions import Transient
from penstock.graph.model import Channel, Graph, Group
from penstock.record import Reading, Record
from penstock.running import Build, run, run_async
from penstock.sdk import Context, node
from penstock.testing import graph_of, one_policy

BATCH = 8
BARRIER = 0.002  # seconds
TICK = BARRIER / 6  # virtual seconds that a reading takes at most: some commits are confirmed at once and others later
REST = 30  # readings between two pauses in which everything is confirmed
_BEGIN = 1_700_000_000.0  # of virtual time, seconds since the epoch
_PAD = "penstock " * 20
_SOON = RetryThenDeadLetter(first=0.002)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What somebody was told: so many readings are admitted, so many records are delivered."""

    admitted: int = 0
    delivered: int = 0


@node("certify-feed")
class _Feed:
    """Counts, and rests now and then."""

    count: int
    tick: Callable[[], None]

    async def read(self, ctx: Context) -> AsyncIterator[Reading]:
        for n in range(ctx.position or 0, self.count):
            self.tick()
            if n % REST == REST - 1:
                await asyncio.sleep(2 * BARRIER)
            yield Reading({"n": n, "pad": _PAD}, n + 1, f"key-{n % 5}")


@node("certify-count", stateful=True)
class _Count:
    """Remembers how many it has seen."""

    def process(self, record: Record, ctx: Context) -> Record:
        ctx.state["seen"] = seen = ctx.state.get("seen", 0) + 1
        return record.derive({**record.payload, "seen": seen})


@node("certify-pass")
class _Pass:
    """Refuses some records once."""

    def process(self, record: Record, ctx: Context) -> Record:
        if record.payload["n"] % 17 == 3 and ctx.attempt == 1:
            raise Transient("come again")
        return record.derive({"n": record.payload["n"]})


@node("certify-split")
class _Split:
    """Makes two of each fifth."""

    def process(self, record: Record, ctx: Context) -> list[Record]:
        n = record.payload["n"]
        return [record.derive({"n": n, "part": part}) for part in range(_parts(n))]


@node("certify-end", effect="none")
class _End:
    """Nothing is outside of the store that anybody could look at."""

    def write(self, record: Record, ctx: Context) -> None:
        pass


def _parts(n: int) -> int:
    return 2 if n % 5 == 0 else 1


def _graph(count: int, tick: Callable[[], None] = lambda: None) -> tuple[Graph, Build]:
    channels = [
        Channel("one", "sqlite", groups={"pass": Group("pass")}, retention=1e9),
        Channel("two", "sqlite", groups={"split": Group("split")}, retention=1e9),
        Channel("three", "sqlite", groups={"end": Group("end")}, dedup_window=1e9, retention=1e9),
    ]
    nodes = {"feed": _Feed(count, tick), "count": _Count(), "pass": _Pass(), "split": _Split(), "end": _End()}
    links = ["feed -> count", "count -> one", "one@pass -> pass", "pass -> two", "two@split -> split",
             "split -> three", "three@end -> end"]  # fmt: skip  # as they follow one another
    return graph_of(nodes, links, channels, name="certify", batch=BATCH, barrier=BARRIER, idle_sleep=0.01)


class _Teller:
    """Tells what is acknowledged, on top of what earlier runs were told."""

    def __init__(self, tell: Callable[[Acknowledged], None], before: Counter[Any]) -> None:
        self._tell = tell
        self._before = before

    def committed(self, counts: Mapping[Any, int]) -> None:
        """The store has confirmed this much."""
        admitted, delivered = ("feed", "in", ""), ("three@end", "handled", "")
        before = self._before
        self._tell(
            Acknowledged(before[admitted] + counts.get(admitted, 0), before[delivered] + counts.get(delivered, 0))
        )

    def ended(self, report: Any) -> None:
        """The end is no acknowledgement of its own."""


def work(store: Store, count: int, tell: Callable[[Acknowledged], None], *, seed: int | None = None) -> None:
    """Run the graph until everything that `count` readings lead to is done.

    With a seed, time is virtual and passes as readings are made: the same seed writes and confirms the same, however
    fast the disk and however busy the machine.
    """
    loop = None if seed is None else SimulatedLoop(seed)
    draw = Random(seed)
    graph, build = _graph(count, *([] if loop is None else [lambda: loop.pass_time(draw.uniform(0.0, TICK))]))
    plan = compile_graph(graph, {id: build(use) for id, use in graph.nodes.items()})
    store.open(graph.name, plan.durable_channels())
    options: dict[str, Any] = {
        "until_idle": True, "policies": one_policy(_SOON, graph), "observers": [_Teller(tell, store.totals())]
    }  # fmt: skip  # what it does in one line
    if loop is None:
        run(graph, build, store, **options)
        return
    try:
        loop.run_until_complete(
            run_async(graph, build, store, clock=LoopClock(loop, _BEGIN), run_id=f"seed-{seed}", threads=False, budget=None, **options)
        )  # fmt: skip  # what makes it repeatable in one line
    finally:
        loop.close()


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that must not be."""

    kind: str  # lost: was acknowledged and is gone; corrupt: cannot be read; doubled; torn: parts of one commit
    what: str


def faults(directory: str, acknowledged: Acknowledged, *, finished: int | None = None) -> list[Fault]:
    """What is wrong with what is left; `finished` is how many readings a run that came to its end was given."""
    graph, build = _graph(0)
    plan = compile_graph(graph, {id: build(use) for id, use in graph.nodes.items()})
    store = SqliteStore(directory, ack="process")
    try:
        store.open(graph.name, plan.durable_channels())
        return list(_faults(store, acknowledged, finished))
    except (StoreError, sqlite3.Error) as error:
        return [Fault("corrupt", str(error))]
    finally:
        store.close()


def _faults(store: SqliteStore, acknowledged: Acknowledged, finished: int | None) -> Iterator[Fault]:
    (said,) = store.db.execute("PRAGMA quick_check").fetchone()
    if said != "ok":
        yield Fault("corrupt", said)
        return
    admitted = store.position("feed").count
    totals = store.totals()
    delivered = totals["three@end", "handled", ""]
    if admitted < acknowledged.admitted:
        yield Fault("lost", f"{acknowledged.admitted} readings were acknowledged, {admitted} are there")
    if delivered < acknowledged.delivered:
        yield Fault("lost", f"{acknowledged.delivered} deliveries were acknowledged, {delivered} are there")
    if finished is not None and admitted != finished:
        yield Fault("lost", f"{admitted} of {finished} readings were admitted")
    logs = {}
    for channel in ("one", "two", "three"):
        try:
            logs[channel] = _log(store, channel)
        except ValueError as error:
            yield Fault("corrupt", f"channel `{channel}`: {error}")
            return
        yield from _doubles(channel, logs[channel])
    one, two, three = ([record.payload["n"] for record in logs[name]] for name in ("one", "two", "three"))
    yield from _differences("one", one, list(range(admitted)))
    seen = int(store.state("count", "seen") or b"0")
    if seen != admitted:
        yield Fault("torn", f"keyed state has seen {seen} of {admitted} readings")
    waiting = Counter(row.record.payload["n"] for row in store.parked_rows())
    done = Counter(_settled(store, "one", "pass", one))
    yield from _differences("two", sorted(two), sorted((done - waiting).elements()))
    split = _settled(store, "two", "split", two)
    yield from _differences("three", sorted(three), sorted(n for n in split for _ in range(_parts(n))))
    settled = len(_settled(store, "three", "end", three))
    if delivered != settled:
        yield Fault("torn", f"{delivered} deliveries are counted, {settled} are settled")
    if finished is not None and (waiting or settled != sum(map(_parts, range(finished)))):
        yield Fault("lost", f"{settled} deliveries at the end, {sum(waiting.values())} records still wait")


def _log(store: SqliteStore, channel: str) -> list[Record]:
    records: list[Record] = []
    rows = store.db.execute(f"SELECT seq, count, crc, {BLOCK} FROM blocks WHERE channel=? ORDER BY seq", (channel,))
    for seq, count, crc, *kept in rows.fetchall():
        block = intact(Block(*kept), crc, count)
        if block is None:
            raise ValueError(f"block {seq} is broken")
        if seq != len(records):
            raise ValueError(f"a block is missing before {seq}")
        records += block
    return records


def _settled(store: SqliteStore, channel: str, cursor: str, numbers: list[int]) -> list[int]:
    """Those at offsets that the cursor has passed and nobody holds."""
    (end,) = store.db.execute("SELECT next FROM cursors WHERE channel=? AND cursor=?", (channel, cursor)).fetchone()
    held = store.db.execute("SELECT start, stop FROM leases WHERE channel=? AND cursor=?", (channel, cursor)).fetchall()
    taken = {offset for start, stop in held for offset in range(start, stop)}
    return [n for offset, n in enumerate(numbers[:end]) if offset not in taken]


def _doubles(channel: str, records: list[Record]) -> Iterator[Fault]:
    twice = [id for id, times in Counter(record.id for record in records).items() if times > 1]
    if twice:
        yield Fault("doubled", f"{len(twice)} records are in channel `{channel}` more than once, such as {twice[0]}")


def _differences(what: str, found: list[int], wanted: list[int]) -> Iterator[Fault]:
    if found == wanted:
        return
    missing, more = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
    if more:
        yield Fault("doubled", f"channel `{what}` has {_some(more)} and should not")
    if missing:
        yield Fault("torn", f"channel `{what}` lacks {_some(missing)}, which other parts of the same commits know")
    if not more and not missing:
        yield Fault("torn", f"channel `{what}` is out of order")


def _some(numbers: Counter[int]) -> str:
    return ", ".join(map(str, sorted(numbers)[:3])) + (" ..." if len(numbers) > 3 else "")
