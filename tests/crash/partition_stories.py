"""Stories of partitions: where a key is, who works on it, and what becomes of it when somebody else does.

Takes:   where to work.
Gives:   one function for each story, which raises `AssertionError` when it ends badly.
Ignores: real kills (`packages/penstock/tests/engine/test_partitions_shared.py`); several runs live in one simulated world here.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from processes import ended, start

from penstock._engine.clock import LoopClock
from penstock._engine.simulate import SimulatedLoop
from penstock._store.sqlite import SqliteStore
from penstock.graph.model import Channel, Group
from penstock.record import Reading, Record
from penstock.running import run_async, simulate
from penstock.sdk import Context, Timer, node
from penstock.testing import Collect, MemoryStore, graph_of

NOW = 1_700_000_000.0
KEYS = [f"key-{n}" for n in range(12)]


@node("story-keyed")
class Keyed:
    """So many readings, of a dozen keys in turn."""

    count: int

    def read(self, ctx: Context) -> Iterator[Reading]:
        for n in range(ctx.position or 0, self.count):
            yield Reading(n, n + 1, KEYS[n % len(KEYS)])


@node("story-passing")
class Passing:
    """Remembers nothing, and takes longer for some than for others."""

    async def process(self, record: Record, ctx: Context) -> Record:
        await asyncio.sleep(0.01 * (1 + record.payload % 7))
        return record.derive(record.payload)


@node("story-counting", stateful=True, ordered=True)
class Counting:
    """Numbers the records of each key, and rings once for each of them."""

    async def process(self, record: Record, ctx: Context) -> Record:
        await asyncio.sleep(0.01)
        ctx.state[record.key or ""] = nth = ctx.state.get(record.key or "", 0) + 1
        ctx.timers.set(record.key or "", ctx.now + 1.0)
        return record.derive([record.payload, nth])

    def on_timer(self, timer: Timer, ctx: Context) -> None:
        ctx.state[f"rung {timer.key}"] = True


@node("story-last", effect="none", ordered=True)
class Last(Collect):
    """Keeps what it receives; in one run at a time, so that it is in the order of the channel."""


def made(partitions: int, count: int, **settings: Any) -> tuple[Any, Any, Collect]:
    """A graph of two hops, both with partitions, and where it ends."""
    end = Last()
    channels = [
        Channel("raw", partitions=partitions, groups={"pass": Group("pass")}),
        Channel("events", partitions=partitions, groups={"count": Group("count")}),
        Channel("done", groups={"end": Group("end")}),
    ]
    links = [
        "feed -> raw",
        "raw@pass -> pass",
        "pass -> events",
        "events@count -> count",
        "count -> done",
        "done@end -> end",
    ]
    nodes = {"feed": Keyed(count), "pass": Passing(), "count": Counting(), "end": end}
    return (*graph_of(nodes, links, channels, name="story", batch=4, **settings), end)


def as_a_loop(count: int, end: Collect, store: Any, partitions: int) -> None:
    """Every record once and in the order of its key; the state of a key in one place, and its alarm rung there."""
    got, want = defaultdict(list), defaultdict(list)
    for each in end.records:
        got[each.key].append(each.payload)
    for n in range(count):
        key = KEYS[n % len(KEYS)]
        want[key].append([n, len(want[key]) + 1])
    assert dict(got) == dict(want), f"by key: {dict(got)!r:.900}"
    for key, some in want.items():
        for name, value in ((key, str(len(some)).encode()), (f"rung {key}", b"true")):
            held = [found for n in range(partitions) if (found := store.state(f"count/{n}", name)) is not None]
            assert held == [value], f"state of {name}: {held}"


def a_key_stays_where_it_is(here: Path) -> None:
    """One process after the other on one store; each finds what the one before it had remembered of a key."""
    count = 4 * len(KEYS)
    for some in (count // 2, count):

        def work(some: int = some) -> None:
            store = SqliteStore(here / "store", ack="process")
            graph, build, _ = made(3, some)
            simulate(graph, build, some, store=store)
            store.close()

        assert ended(start(work)) == 0, "a process failed"
    store = SqliteStore(here / "store", ack="process")
    store.attach()
    for key in KEYS:
        held = [found for n in range(3) if (found := store.state(f"count/{n}", key)) is not None]
        assert held == [b"4"], f"state of {key}: {held}"
    store.close()


def partitions_change_nothing_of_what_comes_out(here: Path) -> None:
    """One run, with and without them: a plain loop's end, under the same ids."""
    ids = []
    for partitions in (1, 4):
        graph, build, end = made(partitions, 36)
        store = MemoryStore()
        loop = SimulatedLoop(1)
        work = run_async(graph, build, store, until_idle=True, threads=False, budget=None, clock=LoopClock(loop, NOW))
        try:
            assert loop.run_until_complete(asyncio.wait_for(work, 600)).conserved
        except (TimeoutError, asyncio.TimeoutError):  # two of them before Python 3.11
            raise AssertionError("no end") from None
        finally:
            loop.close()
        if partitions > 1:
            as_a_loop(36, end, store, partitions)
        ids.append(Counter(each.id for each in end.records))
    assert ids[0] == ids[1], "ids know the number of partitions"


def whoever_joins_is_given_a_part_and_nothing_is_done_twice(here: Path) -> None:
    """A second and a third run join the first one; they share evenly, at once, and nobody's work is refused."""
    store = MemoryStore()
    loop = SimulatedLoop(5)
    end = Last()
    late = []

    async def one(n: int) -> None:
        await asyncio.sleep(1.5 * n)
        graph, build, _ = made(4, 600, commit_interval=0.15)

        def build_here(use: Any) -> Any:
            return end if use.id == "end" else build(use)

        report = await run_async(
            graph, build_here, store, run_id=f"run-{n}", until_idle=True, threads=False, budget=None, clock=LoopClock(loop, NOW),
        )  # fmt: skip  # what runs in one line, how in another
        late.append(report.late)

    async def all_of_them() -> None:
        await asyncio.wait_for(asyncio.gather(*map(one, range(3))), 600)

    try:
        loop.run_until_complete(all_of_them())
    except (TimeoutError, asyncio.TimeoutError):  # two of them before Python 3.11
        raise AssertionError("no end") from None
    finally:
        loop.close()
    as_a_loop(600, end, store, 4)
    assert late == [0, 0, 0], f"refused completions: {late}"
    first: dict[str, float] = {}
    for note in store.notes():
        if note.kind == "taken" and note.facts["stage"].startswith("count/"):
            first.setdefault(note.run, note.time - NOW)
    assert first.keys() == {"run-0", "run-1", "run-2"}, f"whoever got something: {first}"
    for n in range(3):
        assert first[f"run-{n}"] < 1.5 * n + 2.0, f"run-{n} waited until {first[f'run-{n}']}"


STORIES = (
    a_key_stays_where_it_is,
    partitions_change_nothing_of_what_comes_out,
    whoever_joins_is_given_a_part_and_nothing_is_done_twice,
)
