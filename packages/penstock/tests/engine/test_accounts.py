"""The books of a run: they balance whatever was left out of the graph, and whoever works beside us."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from penstock._engine.clock import LoopClock
from penstock._engine.simulate import SimulatedLoop
from penstock._store.facts import Work
from penstock._store.sqlite import SqliteStore
from penstock.decisions import Delay
from penstock.graph.model import Channel
from penstock.record import Reading
from penstock.running import run_async
from penstock.sdk import node
from penstock.testing import Collect, MemoryStore, graph_of, one_policy

BEGIN = 1_700_000_000.0  # when simulated time begins


@node("numbers")
class Numbers:
    count: int

    def read(self, ctx):
        for n in range(ctx.position or 0, self.count):
            yield Reading(n, n + 1)


@node("refuses")
class Refuses:
    def process(self, record, ctx):
        raise OSError("later")


@node("remembers", stateful=True)
class Remembers:
    def process(self, record, ctx):
        return record


class InAnHour:
    def decide(self, failure):
        return Delay(3600.0)


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    made: Any = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path, ack="process")
    yield made
    made.close()


def run_until(seconds: float, nodes: dict[str, Any], links: list[str], channels: list[Channel], store: Any) -> Any:
    """A simulated run that is told to stop after some seconds."""
    graph, build = graph_of(nodes, links, channels)
    loop = SimulatedLoop(3)
    try:
        work = run_async(
            graph, build, store, policies=one_policy(InAnHour(), graph), clock=LoopClock(loop, BEGIN), threads=False,
            on_start=lambda driver: loop.call_later(seconds, driver.stop),
        )  # fmt: skip  # what runs in one line, how it ends in another
        return loop.run_until_complete(asyncio.wait_for(work, 5000))
    finally:
        loop.close()


def test_what_is_kept_for_a_group_that_was_left_out_of_the_graph_is_still_in_flight(store):
    """Whoever takes a group out of a graph with records waiting must not be told that counts do not add up."""
    channels = [Channel("events"), Channel("box", "memory", capacity=3)]
    store.open("test", [])
    assert store.claim("stage:second", "somebody else", BEGIN, BEGIN + 1e9)
    before = run_until(
        5.0,
        {"feed": Numbers(5), "first": Refuses(), "second": Remembers(), "third": Refuses(), "end": Collect()},
        ["feed -> events", "events@first -> first", "events@second -> second", "feed -> box", "box@third -> third", "events@end -> end"],
        channels, store,
    )  # fmt: skip  # the nodes in one line, what joins them in another
    after = run_until(
        5.0, {"feed": Numbers(8), "end": Collect()}, ["feed -> events", "events@end -> end"], channels[:1], store
    )
    for report, waiting in ((before, (5, 5, 5)), (after, (8, 8, 5))):
        assert report.conserved, [link for link in report.links if not link.conserved]
        by_id = {link.id: link for link in report.links}
        assert tuple(by_id[name].in_flight for name in ("events@first", "events@second", "box@third")) == waiting


def test_an_account_is_of_one_moment_while_another_process_works(tmp_path):
    """Between two questions of ours the other process commits; what we tell must not be half of each."""
    mine, other = SqliteStore(tmp_path, ack="process"), SqliteStore(tmp_path, ack="process")
    links, events = ["feed -> events", "events@end -> end"], [Channel("events")]

    class Interrupted:
        """As soon as our counts were read, the other process settles what it holds."""

        def __getattr__(self, name):
            return getattr(mine, name)

        def begin_run(self, run, digest, now):
            mine.begin_run(run, digest, now)
            other.open("test", [])
            other.begin_run("other", "", now)

        def lease(self, *arguments):
            return None  # so that it is the other one that takes them

        def totals(self):
            counted = mine.totals()
            lease = other.lease("events", "end", 100, "other", BEGIN, BEGIN + 30)
            assert lease is not None
            counts = Counter({("events@end", "handled", ""): len(lease.records)})
            other.commit(Work(settle=[lease], counts=counts), "other", BEGIN)
            return counted

    report = run_until(5.0, {"feed": Numbers(20), "end": Collect()}, links, events, Interrupted())
    assert other.totals()["events@end", "handled", ""] == 20
    assert report.conserved
    assert next(link.in_flight for link in report.links if link.id == "events@end") == 20
    other.close()
    mine.close()


def test_a_batch_may_derive_from_what_it_has_derived():
    calls: list[int] = []

    @node("twice")
    class Twice:
        def process_batch(self, records, ctx):
            calls.append(len(records))
            return [record.derive(record.payload + 1).derive([record.payload]) for record in records]

    end, store = Collect(), MemoryStore()
    report = run_until(
        1.0, {"feed": Numbers(5), "twice": Twice(), "end": end}, ["feed -> twice", "twice -> end"], [], store
    )
    assert calls == [5]
    assert [record.payload for record in end.records] == [[n] for n in range(5)]
    assert len({record.id for record in end.records}) == 5
    assert report.conserved
