"""No single record, and nothing that a node does with it, may stop the run or harm the records beside it.

A poison is something odd that a node does with its fourth record.  Whatever it is: the other nine arrive, once and in
order; the fourth is accounted for; the run ends idle.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from penstock._engine.clock import LoopClock
from penstock._engine.simulate import SimulatedLoop
from penstock._store.interface import Store
from penstock._store.memory import MemoryStore
from penstock._store.sqlite import SqliteStore
from penstock.decisions import DeadLetter, Decision, Delay
from penstock.graph.model import Channel
from penstock.points import Failure
from penstock.record import Drop, Reading, Record, Undecodable
from penstock.running import run_async
from penstock.sdk import Out, node, spec_of
from penstock.testing import Collect, graph_of, one_policy

FOURTH = 3
OTHERS = [n for n in range(10) if n != FOURTH]
EVENTS = Channel("events")


@node("feed")
class Feed:
    """Ten readings of one key; the fourth may be something else."""

    odd: Any = None

    def read(self, ctx):
        for n in range(ctx.position or 0, 10):
            yield self.odd if n == FOURTH and self.odd is not None else Reading({"n": n}, n + 1, "k")


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


class Shy(Exception):
    @property
    def status(self) -> int:
        raise RuntimeError("none of your business")


class Insists(Exception):
    retry_after = float("inf")


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def raises(error: BaseException | type[BaseException]) -> Callable[..., Any]:
    def act(record: Record, ctx: Any) -> Any:
        raise error

    return act


def half_way(record: Record, ctx: Any) -> Any:
    yield record
    raise ValueError("half way")


def state(key: Any, value: Any) -> Callable[..., Any]:
    def act(record: Record, ctx: Any) -> Any:
        ctx.state[key] = value
        return record

    return act


def timer(key: Any, at: Any, payload: Any = None) -> Callable[..., Any]:
    def act(record: Record, ctx: Any) -> Any:
        ctx.timers.set(key, at, payload)
        return record

    return act


def says(**facts: Any) -> Callable[..., Any]:
    return lambda record, ctx: record.derive(record.payload, **facts)


def gives(answer: Any) -> Callable[..., Any]:
    return lambda record, ctx: answer(record) if callable(answer) else answer


POISONS: dict[str, Callable[..., Any]] = {
    "an error": raises(ValueError("no")),
    "an error class": raises(KeyError),
    "StopIteration": raises(StopIteration("done")),
    "StopAsyncIteration": raises(StopAsyncIteration()),
    "RecursionError": raises(RecursionError()),
    "MemoryError": raises(MemoryError()),
    "CancelledError": raises(asyncio.CancelledError()),
    "an error that cannot be told": raises(Unspeakable()),
    "an error with a status that raises": raises(Shy()),
    "an error in words that no file takes": raises(OSError("bad name \udc80")),
    "an error that wants to wait for ever": raises(Insists("later")),
    "an error of a thousand lines": raises(ValueError("x\n" * 100_000)),
    "an error after an output": half_way,
    "text instead of a record": gives("text"),
    "a dict instead of a record": gives({"a": 1}),
    "a number instead of a record": gives(5),
    "a list of no records": gives([1, 2]),
    "an object": gives(object()),
    "a drop without reason": gives(Drop(None)),  # type: ignore[arg-type]  # that is the poison
    "a drop with a number for reason": gives(Drop(5)),  # type: ignore[arg-type]  # that is the poison
    "a drop in words that no file takes": gives(Drop("\udc80")),
    "a port that is not there": lambda record, ctx: Out("nowhere")(record),
    "a port without name": lambda record, ctx: Out(None)(record),  # type: ignore[arg-type]  # that is the poison
    "an emission of no record": lambda record, ctx: Out("out")({"n": 3}),  # type: ignore[arg-type]  # that is the poison
    "not a number": gives(lambda record: record.derive({"n": float("nan")})),
    "a tuple": gives(lambda record: record.derive((1, 2))),
    "an open file": gives(lambda record: record.derive(object())),
    "half a character": gives(lambda record: record.derive("\ud800")),
    "too deep": gives(lambda record: record.derive(nested(5000))),
    "a key that is a number": says(key=5),
    "a key that is a list": says(key=["k"]),
    "a key of half a character": says(key="\ud800"),
    "an attribute that is a number": says(attributes={"a": 1}),
    "attributes that are none": says(attributes=5),
    "an event time in words": says(event_time="yesterday"),
    "state under a number": state(5, 1),
    "state under half a character": state("\ud800", 1),
    "state that is not JSON": state("k", object()),
    "an alarm under a number": timer(5, 1e9),
    "an alarm under half a character": timer("\ud800", 1e9),
    "an alarm at no time": timer("k", float("nan")),
    "an alarm at the end of time": timer("k", float("inf")),
    "an alarm after the end of the calendar": timer("k", 1e18),
    "an alarm in words": timer("k", "tomorrow"),
    "an alarm with an object": timer("k", 1.7e9, object()),
}
BY_THE_RULES = {"a key of half a character", "a key that is a number", "an attribute that is a number"}


@node("sync", stateful=True)
class Sync:
    act: Any

    def process(self, record, ctx):
        return self.act(record, ctx) if record.payload["n"] == FOURTH else record

    def on_timer(self, timer, ctx):
        return None


@node("plain")
class Plain:
    act: Any

    def process(self, record, ctx):
        return self.act(record, ctx) if record.payload["n"] == FOURTH else record


@node("async", ordered=True)
class Async:
    act: Any

    async def process(self, record, ctx):
        await asyncio.sleep(0)
        answer = self.act(record, ctx) if record.payload["n"] == FOURTH else record
        return list(answer) if hasattr(answer, "__next__") else answer


@node("blocking", blocking=True, ordered=True)
class Blocking:
    act: Any

    def process(self, record, ctx):
        return self.act(record, ctx) if record.payload["n"] == FOURTH else record


@node("batch")
class Batch:
    act: Any

    def process_batch(self, records, ctx):
        for record in records:
            if record.payload["n"] != FOURTH:
                yield record
                continue
            answer = self.act(record, ctx)
            if hasattr(answer, "__iter__") and not isinstance(answer, (str, dict)):
                yield from answer
            elif answer is not None:
                yield answer


@node("alarming", stateful=True)
class Alarming:
    """Does it when an alarm rings."""

    act: Any

    def process(self, record, ctx):
        if record.payload["n"] == FOURTH:
            ctx.timers.set("k", ctx.now, record.payload)
            return None
        return record

    def on_timer(self, timer, ctx):
        return self.act(Record(timer.payload, "k"), ctx)


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    """A store of either kind."""
    made: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path, ack="process")
    yield made
    made.close()


class AtOnce:
    """Three attempts, without waiting for what an error asks."""

    def decide(self, failure: Failure) -> Decision:
        return Delay(0.0) if failure.attempt < 3 else DeadLetter("attempts")


def go(nodes: dict[str, Any], links: list[str], store: Store) -> Any:
    """Run until idle; in virtual time, unless a node needs a real thread."""
    graph, build = graph_of(nodes, links, [EVENTS])
    if any(spec_of(made).blocking for made in nodes.values()):
        work = run_async(graph, build, store, until_idle=True, policies=one_policy(AtOnce(), graph))
        return asyncio.run(asyncio.wait_for(work, 20))
    loop = SimulatedLoop(7)
    try:  # a run that hangs is a failure too
        clock = LoopClock(loop, 1.7e9)
        work = run_async(
            graph, build, store, until_idle=True, policies=one_policy(AtOnce(), graph), clock=clock, threads=False
        )
        return loop.run_until_complete(asyncio.wait_for(work, 60))
    finally:
        loop.close()


def went_well(report: Any, end: Collect, store: Store) -> None:
    arrived = [
        record.payload["n"]
        for record in end.records
        if isinstance(record.payload, dict) and record.payload.get("n") in OTHERS
    ]
    assert arrived == OTHERS
    assert report.outcome == "idle"
    assert report.conserved, report.links
    assert store.parked() == 0
    assert len(list(store.dead_letters())) <= 1
    for letter in store.dead_letters():
        letter.causes[0].encode()


@pytest.mark.parametrize("style", [Sync, Plain, Async, Blocking, Batch, Alarming])
@pytest.mark.parametrize("poison", POISONS)
def test_what_a_node_does_with_one_record_harms_no_other(poison, style, store):
    end = Collect()
    nodes = {"feed": Feed(), "odd": style(POISONS[poison]), "end": end}
    report = go(nodes, ["feed -> odd", "odd -> events", "events@end -> end"], store)
    went_well(report, end, store)
    assert len(list(store.dead_letters())) + sum(report.nodes[1].dropped.values()) + len(end.records) - len(OTHERS) == 1


@pytest.mark.parametrize("poison", POISONS)
def test_what_a_node_hands_to_an_ordered_neighbour_harms_no_other(poison, store):
    """On a memory link anything may travel: what cannot wait there must not stop what can."""

    @node("next", ordered=True)
    class Next:
        def process(self, record, ctx):
            if record.payload == {"n": 2} and ctx.attempt < 2:
                raise ValueError("so that the next of its key has to wait behind it")
            return record

    end = Collect()
    nodes = {"feed": Feed(), "odd": Plain(POISONS[poison]), "next": Next(), "end": end}
    report = go(nodes, ["feed -> odd", "odd -> next", "next -> events", "events@end -> end"], store)
    went_well(report, end, store)


ODD_READINGS: dict[str, Any] = {
    "not a number": Reading({"n": float("nan")}, 4, "k"),
    "an object": Reading(object(), 4, "k"),
    "a key that is a number": Reading({"n": 3}, 4, 5),  # type: ignore[arg-type]  # that is the poison
    "a key that is a list": Reading({"n": 3}, 4, ["k"]),  # type: ignore[arg-type]  # that is the poison
    "an identity that is a number": Reading({"n": 3}, 4, "k", identity=7),  # type: ignore[arg-type]  # that is the poison
    "an identity of half a character": Reading({"n": 3}, 4, "k", identity="\ud800"),
    "a correlation that is a number": Reading({"n": 3}, 4, "k", correlation=7),  # type: ignore[arg-type]  # that is the poison
    "a correlation of half a character": Reading({"n": 3}, 4, "k", correlation="\ud800"),
    "attributes of numbers": Reading({"n": 3}, 4, "k", attributes={"a": 1}),  # type: ignore[dict-item]  # that is the poison
    "an event time in words": Reading({"n": 3}, 4, "k", event_time="now"),  # type: ignore[arg-type]  # that is the poison
    "bytes": Undecodable(b"\xff\x00", "not text", 4),
    "bytes that are text": Undecodable("text", "not text", 4),  # type: ignore[arg-type]  # that is the poison
    "bytes that are nothing": Undecodable(None, "not text", 4),  # type: ignore[arg-type]  # that is the poison
    "an error that is one": Undecodable(b"\xff", ValueError("no"), 4),  # type: ignore[arg-type]  # that is the poison
    "an error in words that no file takes": Undecodable(b"\xff", "bad \udcff", 4),
}


@pytest.mark.parametrize(
    "links",
    [["feed -> events", "events@end -> end"], ["feed -> next", "next -> events", "events@end -> end"]],
    ids=["durable", "memory"],
)
@pytest.mark.parametrize("odd", ODD_READINGS)
def test_what_a_source_hands_over_once_harms_no_other(odd, links, store):
    end = Collect()
    nodes = {"feed": Feed(ODD_READINGS[odd]), "next": Plain(gives(lambda record: record)), "end": end}
    report = go(nodes if len(links) > 2 else {n: nodes[n] for n in ("feed", "end")}, links, store)
    went_well(report, end, store)
    assert report.admitted == 10


def test_a_record_that_cannot_be_written_does_not_take_its_block_with_it(tmp_path):
    """Pinned: a key that was a number made the whole block unreadable, and 64 records were counted as corrupt."""
    store = SqliteStore(tmp_path, ack="process")
    end = Collect()
    report = go(
        {"feed": Feed(), "odd": Plain(says(key=5)), "end": end},
        ["feed -> odd", "odd -> events", "events@end -> end"],
        store,
    )
    went_well(report, end, store)
    (letter,) = store.dead_letters()
    assert (letter.node, letter.failure_class, letter.attempts) == ("odd", "contract", 3)
    store.close()
