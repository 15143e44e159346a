"""What may happen between two moments: an alarm moved while it is about to ring, a lease lost in the middle of a step."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from penstock._engine.clock import LoopClock
from penstock._engine.failure import RetryThenDeadLetter
from penstock._engine.simulate import SimulatedLoop
from penstock._store.interface import LeaseLost, StoreError
from penstock.decisions import Delay
from penstock.graph.model import Channel
from penstock.record import Reading, Record
from penstock.running import run_async, simulate
from penstock.sdk import node
from penstock.testing import Collect, MemoryStore, graph_of, one_policy

BEGIN = 1_700_000_000.0  # when simulated time begins


def simulated(graph: Any, build: Any, seed: int = 0, patience: float = 5000.0, **options: Any) -> Any:
    """A simulated run that must not hang."""
    loop = SimulatedLoop(seed)
    try:
        options = {"until_idle": True, "clock": LoopClock(loop, BEGIN), "threads": False, **options}
        work = run_async(graph, build, options.pop("store", None) or MemoryStore(), **options)
        return loop.run_until_complete(asyncio.wait_for(work, patience))
    finally:
        loop.close()


def payloads(sink: Collect) -> list[Any]:
    return [record.payload for record in sink.records]


@node("timed")
class Timed:
    """Hands each payload over at its own time, in seconds since the run began."""

    items: list[tuple[float, Any]]

    async def read(self, ctx):
        now = 0.0
        for at, (when, payload) in enumerate(self.items[ctx.position or 0 :], start=ctx.position or 0):
            await asyncio.sleep(max(0.0, when - now))
            now = max(now, when)
            yield Reading(payload, at + 1, "k")


@node("keyed")
class Keyed(Timed):
    """Twelve keys, in turn."""

    async def read(self, ctx):
        async for reading in Timed.read(self, ctx):
            yield Reading(reading.payload, reading.position, f"k{reading.payload % 12}")


# -- alarms -----------------------------------------------------------------------------------------------------------


@node("extends", stateful=True)
class Extends:
    """Each record takes a while, and then moves the alarm (or, without a wait, takes it away)."""

    takes: float

    def __post_init__(self):
        self.due: float | None = None
        self.rung: list[float] = []

    async def process(self, record, ctx):
        await asyncio.sleep(self.takes)
        if record.payload is None:
            ctx.timers.cancel("k")
            self.due = None
        else:
            ctx.timers.set("k", ctx.now + record.payload)
            self.due = ctx.now + record.payload
        return record

    def on_timer(self, timer, ctx):
        assert timer.due == self.due, "it was moved, or taken away, before"
        self.rung.append(timer.due)
        self.due = None
        return Record(["rang", timer.due])


@pytest.mark.parametrize("link", ["direct", "memory"])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("second", "rings"), [(100.0, 1), (None, 0)])
def test_an_alarm_that_is_moved_while_it_is_about_to_ring_does_not_ring(second, rings, seed, link):
    """It is due while the record that moves it is being worked on."""
    extends, end = Extends(0.5), Collect()
    links = {
        "direct": ["feed -> extends", "extends -> end"],
        "memory": ["feed -> extends", "extends -> box", "box@end -> end"],
    }
    graph, build = graph_of(
        {"feed": Timed([(0.0, 1.0), (0.8, second)]), "extends": extends, "end": end},
        links[link], [Channel("box", "memory", capacity=1)],
    )  # fmt: skip  # what runs in one line, how it is joined in another
    store = MemoryStore()
    report = simulated(graph, build, seed, store=store)
    assert len(extends.rung) == rings
    assert list(store.dead_letters()) == []
    assert report.conserved


@node("slow-end", effect="idempotent", concurrency=1)
class SlowEnd:
    def __post_init__(self):
        self.seen: list[Any] = []

    async def write(self, record, ctx):
        await asyncio.sleep(3.0)
        self.seen.append(record.payload)


@node("reminds", stateful=True)
class Reminds:
    def process(self, record, ctx):
        ctx.timers.set(f"k{record.payload}", ctx.now + 1.0, record.payload)

    def on_timer(self, timer, ctx):
        return Record(timer.payload)


@pytest.mark.parametrize("seed", range(3))
def test_an_alarm_whose_answer_waits_in_a_memory_channel_does_not_ring_again_meanwhile(seed):
    end, store = SlowEnd(), MemoryStore()
    graph, build = graph_of(
        {"feed": Timed([(0.0, n) for n in range(4)]), "reminds": Reminds(), "end": end},
        ["feed -> reminds", "reminds -> box", "box@end -> end"], [Channel("box", "memory", capacity=1)], batch=2,
    )  # fmt: skip  # what runs in one line, how it is joined in another
    report = simulated(graph, build, seed, store=store)
    assert sorted(end.seen) == [0, 1, 2, 3]
    assert store.totals()["reminds", "alarms", ""] == 4
    assert report.conserved


@node("alarmed", stateful=True)
class Alarmed:
    """Its alarm fails some times before it rings."""

    fails: int

    def __post_init__(self):
        self.tries = 0

    def process(self, record, ctx):
        ctx.timers.set("k", ctx.now + 50.0)

    def on_timer(self, timer, ctx):
        self.tries += 1
        if self.tries <= self.fails:
            raise OSError("not yet")
        return Record("rang")


@pytest.mark.parametrize(("fails", "out", "dead"), [(0, ["rang"], 0), (2, ["rang"], 0), (99, [], 1)])
def test_an_alarm_that_fails_is_rung_again_before_a_run_is_idle(fails, out, dead):
    alarmed, end, store = Alarmed(fails), Collect(), MemoryStore()
    graph, build = graph_of(
        {"feed": Timed([(0.0, 1)]), "alarmed": alarmed, "end": end}, ["feed -> alarmed", "alarmed -> end"]
    )
    report = simulated(graph, build, store=store)
    assert payloads(end) == out
    assert [letter.reason for letter in store.dead_letters()] == ["attempts"] * dead
    assert alarmed.tries == min(fails, 2) + 1
    assert store.next_alarm(["alarmed"]) is None
    assert report.conserved


@node("again", stateful=True)
class Again:
    def process(self, record, ctx):
        ctx.timers.set("k", ctx.now + 10.0, 0)

    def on_timer(self, timer, ctx):
        ctx.timers.set("k", ctx.now + 10.0, timer.payload + 1)
        return Record(timer.payload)


def test_an_alarm_that_sets_itself_again_does_not_keep_a_run_from_its_end():
    end, store = Collect(), MemoryStore()
    graph, build = graph_of(
        {"feed": Timed([(0.0, 1)]), "again": Again(), "end": end}, ["feed -> again", "again -> end"]
    )
    simulated(graph, build, store=store)
    assert payloads(end) == [0]
    assert store.next_alarm(["again"]) is not None


# -- order ------------------------------------------------------------------------------------------------------------


@node("numbers")
class Numbers:
    count: int
    keys: int = 3

    def read(self, ctx):
        for n in range(ctx.position or 0, self.count):
            yield Reading(n, n + 1, f"k{n % self.keys}")


@node("flaky-ordered", ordered=True, concurrency=3)
class FlakyOrdered:
    """Takes its time, and fails every fourth record twice."""

    async def process(self, record, ctx):
        await asyncio.sleep(ctx.random.random() / 10)
        if record.payload % 4 == 1 and ctx.attempt < 3:
            raise OSError("not yet")
        return record


def in_order(end: Collect) -> bool:
    by_key: dict[Any, list[int]] = {}
    for record in end.records:
        by_key.setdefault(record.key, []).append(record.payload)
    return all(each == sorted(each) for each in by_key.values())


SOON = RetryThenDeadLetter(first=0.05)


@node("fails-first", ordered=True)
class FailsFirst:
    """All records of the first second fail once, and come back together, one of each key."""

    def process(self, record, ctx):
        if record.payload < 12 and ctx.attempt == 1:
            raise OSError("not yet")
        return record


@node("one-by-one", effect="idempotent", concurrency=1)
class OneByOne(Collect):
    async def write(self, record, ctx):
        await asyncio.sleep(0.2)
        Collect.write(self, record, ctx)


class AfterASecond:
    def decide(self, failure):
        return Delay(1.0)


@pytest.mark.parametrize("seed", range(10))
def test_a_full_memory_channel_keeps_the_order_of_those_who_wait_for_room(seed):
    """Two steps of one stage wait for room: the parked records of each key, and newer ones of the same keys."""
    end = OneByOne()
    feed = Keyed([(0.0, n) for n in range(12)] + [(1.2, n) for n in range(12, 24)])
    graph, build = graph_of(
        {"feed": feed, "first": FailsFirst(), "end": end},
        ["feed -> first", "first -> box", "box@end -> end"], [Channel("box", "memory", capacity=1)],
    )  # fmt: skip  # what runs in one line, how it is joined in another
    report = simulated(graph, build, seed, policies=one_policy(AfterASecond(), graph))
    assert sorted(payloads(end)) == list(range(24))
    assert in_order(end)
    assert report.conserved


class Steals:
    """A store that gives away what a run holds just before some of its commits."""

    def __init__(self, store: MemoryStore, before: set[int]) -> None:
        self.store = store
        self.before = before
        self.commits = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def commit(self, work: Any, owner: str, now: float) -> Any:
        self.commits += 1
        if self.commits in self.before:
            self.store.release(owner)
        return self.store.commit(work, owner, now)


@pytest.mark.parametrize("seed", range(30))
def test_a_step_that_was_given_up_leaves_no_trace_in_what_the_stage_remembers(seed):
    """Lost leases meet steps that are under way; what those still do must not be believed by the ones after them."""
    end, store, seen = Collect(), MemoryStore(), []
    graph, build = graph_of(
        {"feed": Numbers(60), "flaky": FlakyOrdered(), "end": end},
        ["feed -> events", "events@flaky -> flaky", "flaky -> out", "out@end -> end"],
        [Channel("events"), Channel("out")], batch=6,
    )  # fmt: skip  # what runs in one line, how it is joined in another
    report = simulated(
        graph,
        build,
        seed,
        store=Steals(store, {4 + seed % 7, 9 + seed % 5, 15, 20}),
        policies=one_policy(SOON, graph),
        on_start=seen.append,
    )
    assert report.late >= 2
    assert Counter(payloads(end)) == Counter(range(60))
    assert in_order(end)
    assert report.conserved
    assert not any(seen[0].places["flaky"].lanes.values())


# -- the end ----------------------------------------------------------------------------------------------------------


def test_a_run_that_is_told_to_stop_does_not_wait_for_room_that_nobody_will_make():
    """What was begun is finished, beyond the capacity of a channel whose readers have stopped already."""
    store, end = MemoryStore(), Collect()

    @node("remembers", stateful=True)
    class Remembers:
        def process(self, record, ctx):
            return record

    graph, build = graph_of(
        {"feed": Numbers(400), "pass": Collects(), "keep": Remembers(), "end": end},
        ["feed -> box", "box@pass -> pass", "pass -> events", "events@keep -> keep", "keep -> end"],
        [Channel("box", "memory", capacity=20), Channel("events", capacity=5)], batch=4,
    )  # fmt: skip  # what runs in one line, how it is joined in another
    store.open("test", [])
    assert store.claim("stage:end", "somebody else", BEGIN, BEGIN + 1e9)

    def begin(driver: Any) -> None:
        asyncio.get_running_loop().call_later(5.0, driver.stop)

    report = simulated(graph, build, store=store, until_idle=False, on_start=begin)
    assert 5 <= report.seconds < 7
    assert report.conserved
    assert store.depth("events", "keep").total == store.position("feed").count


@node("passes")
class Collects:
    def process(self, record, ctx):
        return record


class Fails:
    """A store that fails in one of its methods, in a way that nobody expects."""

    def __init__(self, store: MemoryStore, **errors: list[Exception]) -> None:
        self.store = store
        self.errors = errors

    def __getattr__(self, name: str) -> Any:
        errors = self.errors.get(name)
        if errors:
            raise errors.pop()
        return getattr(self.store, name)


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ({"renew": [RuntimeError("a bug")]}, RuntimeError),
        ({"renew": [StoreError("gone")]}, StoreError),
        ({"bury": [RuntimeError("a bug")]}, RuntimeError),
        ({"lease": [RuntimeError("a bug")]}, RuntimeError),
        ({"commit": [RuntimeError("a bug")]}, RuntimeError),
        ({"commit": [LeaseLost("x")], "release": [StoreError("gone")]}, StoreError),
        ({"commit": [LeaseLost("x")], "release": [RuntimeError("a bug")]}, RuntimeError),
        ({"depth": [RuntimeError("a bug")]}, RuntimeError),
        ({"due": [RuntimeError("a bug")]}, RuntimeError),
        ({"position": [RuntimeError("a bug")]}, RuntimeError),
    ],
    ids=str,
)
def test_whatever_a_store_raises_ends_the_run_and_is_told(errors, expected):
    graph, build = graph_of(
        {"feed": Timed([(float(n * 5), n) for n in range(20)]), "end": Collect()},
        ["feed -> events", "events@end -> end"],
        [Channel("events")],
    )
    with pytest.raises(expected):
        simulated(graph, build, store=Fails(MemoryStore(), **errors), patience=500.0)


# -- one seed, one history --------------------------------------------------------------------------------------------


def busy(seed: int) -> bytes:
    """The history of a graph in which much happens at once."""
    graph, build = graph_of(
        {"feed": Numbers(40), "flaky": FlakyOrdered(), "reminds": Reminds(), "end": Collect(), "slow": SlowEnd()},
        ["feed -> events", "events@flaky -> flaky", "events@reminds -> reminds", "flaky -> box", "box@end -> end", "reminds -> more", "more@slow -> slow"],
        [Channel("events"), Channel("box", "memory", capacity=3), Channel("more", dedup_window=60.0)], batch=5,
    )  # fmt: skip  # what runs in one line, how it is joined in another
    return simulate(graph, build, seed).history


def test_one_seed_makes_one_history_in_every_process():
    import hashlib
    import subprocess
    import sys

    code = (
        "import importlib.util, sys, hashlib; spec = importlib.util.spec_from_file_location('races', sys.argv[1]);"
        "races = importlib.util.module_from_spec(spec); sys.modules['races'] = races; spec.loader.exec_module(races);"
        "print(hashlib.sha256(races.busy(5)).hexdigest())"
    )
    wanted = hashlib.sha256(busy(5)).hexdigest()
    for hash_seed in ("0", "1", "4711"):
        ran = subprocess.run(
            [sys.executable, "-c", code, __file__],
            env={"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert ran.stdout.strip() == wanted


def test_seeds_explore_different_orders():
    assert len({busy(seed) for seed in range(8)}) > 4
