"""The standard policies bound to graphs that run, in virtual time: what they say is what happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from penstock import Reading, Record, Reject, Transient, node
from penstock.bindings import Bound, PolicySet
from penstock.graph.model import Channel
from penstock.testing import MemoryStore, graph_of, simulate
from penstock_findings import PenstockError
from penstock_standard import (
    Budget,
    CircuitBreaker,
    ConcurrencyLimit,
    DeadLetterRouting,
    Deadline,
    Dedup,
    Hedge,
    Overflowing,
    RateLimit,
    Retry,
    Sampling,
    Staleness,
)

BEGIN = datetime.fromtimestamp(1_700_000_000, timezone.utc)  # when simulated time begins
RETRY = Retry("fixed", first=1.0, attempts=None)


def feed(count: int, every: float = 0.0, key: Callable[[int], str | None] = lambda n: None) -> Any:
    """A source of numbers, one each so many seconds."""

    @node("feed")
    class Feed:
        async def read(self, ctx):
            for n in range(ctx.position or 0, count):
                if every:
                    await asyncio.sleep(every)
                yield Reading({"n": n}, n + 1, key=key(n), event_time=BEGIN - timedelta(seconds=n))

    return Feed()


class Sink:
    """Notes who came and when, and fails as it is told; `took` is how long each call takes."""

    def prepare(self, answer: Callable[[Record, Any], None] = lambda record, ctx: None, took: float = 0.0) -> None:
        self.came: list[int] = []
        self.times: list[float] = []
        self.most = self._now = 0
        self._answer, self._took = answer, took

    async def write(self, record, ctx):
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            if self._took:
                await asyncio.sleep(self._took)
            loop = asyncio.get_running_loop()
            self.times.append(loop.time())
            self._answer(record, ctx)
            self.came.append(record.payload["n"])
        finally:
            self._now -= 1


def sink(effect: str = "idempotent", concurrency: int = 16, **given: Any) -> Any:
    """A sink with an effect of its own."""
    made = node("sink", effect=effect, concurrency=concurrency)(type("Made", (Sink,), {}))()
    made.prepare(**given)
    return made


def run(
    source: Any,
    end: Any,
    bound: Mapping[str, list[Any]],
    channel: Channel | None = None,
    **rest: Any,
) -> Any:
    """Simulate feed -> events -> end with policies bound to `feed`, `events` and `end`."""
    graph, build = graph_of(
        {"feed": source, "end": end, **rest.pop("nodes", {})},
        ["feed -> events", "events@end -> end", *rest.pop("links", [])],
        [channel or Channel("events", "memory"), *rest.pop("channels", [])],
        batch=rest.pop("batch", 16),
    )
    made: dict[str, dict[str, tuple[Bound, ...]]] = {}
    for subject, policies in bound.items():
        for policy in policies:
            spec = type(policy).__penstock_policy__
            for point in spec.points:
                one = Bound(policy, f"{spec.id}@{subject}", spec.points)
                made.setdefault(subject, {}).setdefault(point, ())
                made[subject][point] += (one,)
    report = simulate(graph, build, 0, policies=PolicySet(made), **rest).report
    assert report.conserved
    assert report.faults == {}
    return report


def link_of(report: Any, id: str) -> Any:
    return next(link for link in report.links if link.id == id)


def node_of(report: Any, id: str) -> Any:
    return next(node for node in report.nodes if node.id == id)


# -- overflow ---------------------------------------------------------------------------------------------------


def test_a_slow_consumer_that_drops_the_oldest_drops_most_counts_each_and_keeps_the_newest():
    end = sink(took=0.1, concurrency=1)
    channel = Channel("events", "memory", capacity=3)
    report = run(feed(500, every=0.001), end, {"events": [Overflowing("drop-oldest")]}, channel, batch=1)
    link = link_of(report, "events@end")
    assert link.offered == 500
    assert link.handled == len(end.came) < 30
    assert link.dropped == {"overflow-oldest": 500 - len(end.came)}
    assert end.came[-3:] == [497, 498, 499]


def test_a_slow_consumer_that_blocks_drops_none_and_the_source_slows_down():
    end = sink(took=0.1, concurrency=1)
    channel = Channel("events", "memory", capacity=3)
    report = run(feed(100, every=0.001), end, {"events": [Overflowing("block")]}, channel, batch=1)
    assert sorted(end.came) == list(range(100))
    assert link_of(report, "events@end").dropped == {}
    assert end.times[-1] - end.times[0] >= 0.09 * 99


def test_a_fair_channel_keeps_the_quiet_key_whole():
    end = sink(took=0.1, concurrency=1)
    noisy = feed(300, every=0.001, key=lambda n: "quiet" if n % 100 == 50 else "noisy")
    report = run(noisy, end, {"events": [Overflowing("fair")]}, Channel("events", "memory", capacity=10), batch=1)
    assert {50, 150, 250} <= set(end.came)
    assert link_of(report, "events@end").dropped["overflow-share"] > 200


def test_what_spills_is_found_in_the_other_channel():
    end, aside = sink(took=0.1, concurrency=1), sink()
    report = run(
        feed(100, every=0.001), end, {"events": [Overflowing("spill", "aside")]}, Channel("events", "memory", capacity=5),
        nodes={"aside-end": aside}, links=["aside@aside-end -> aside-end"], channels=[Channel("aside", "sqlite")], batch=1,
    )  # fmt: skip  # a graph in three lines
    assert sorted(end.came + aside.came) == list(range(100))
    assert len(aside.came) > 50
    assert report.conserved


# -- dispatch ---------------------------------------------------------------------------------------------------


def test_a_rate_limit_spreads_records_over_time_and_costs_no_attempt():
    end = sink()
    report = run(feed(50), end, {"end": [RateLimit(10.0, burst=1), Retry(attempts=1)]})
    assert sorted(end.came) == list(range(50))
    assert 4.9 - 1e-6 <= end.times[-1] - end.times[0] <= 6.0
    for start in range(len(end.times)):
        assert sum(end.times[start] <= at < end.times[start] + 1 - 1e-6 for at in end.times) <= 11
    assert node_of(report, "end").retried == 0


def test_an_open_breaker_leaves_the_other_side_alone_and_costs_no_attempt():
    def answer(record, ctx):
        if asyncio.get_running_loop().time() < 60:
            raise Transient("down")

    end = sink(answer=answer)
    breaker = CircuitBreaker(minimum=10, open_for=10.0, probes=2)
    run(feed(40), end, {"end": [Retry("fixed", 0.5, attempts=None), breaker]}, Channel("events", "sqlite"))
    assert sorted(end.came) == list(range(40))
    early = [at for at in end.times if at < 60]
    assert len(early) <= 16 + 2 * 6 + 2, "one batch, and then the probes of each opening"


def test_an_attempt_that_takes_too_long_is_interrupted_and_tried_again():
    slow = {"left": 3}

    @node("hangs", effect="idempotent")
    class Hangs:
        async def write(self, record, ctx):
            if slow["left"]:
                slow["left"] -= 1
                await asyncio.sleep(1000)

    report = run(feed(5), Hangs(), {"end": [Deadline(attempt=2.0), RETRY]})
    assert node_of(report, "end").retried_by_reason == {"timeout": 3}
    assert link_of(report, "events@end").handled == 5


def test_a_record_is_not_attempted_behind_its_deadline():
    def answer(record, ctx):
        raise Transient("never")

    end = sink(answer=answer)
    report = run(feed(3), end, {"end": [Deadline(total=5.0), RETRY]})
    assert link_of(report, "events@end").dead == 3
    assert end.times[-1] - end.times[0] == pytest.approx(4.0), "the attempt at 5 s would be too late"
    assert report.conserved


def test_so_many_calls_are_under_way_and_no_more():
    end = sink(took=1.0, concurrency=16)
    run(feed(60), end, {"end": [ConcurrencyLimit(4)]})
    assert end.most == 4


def test_a_hedge_saves_a_record_from_a_slow_attempt():
    calls: list[int] = []

    @node("sometimes-slow", effect="idempotent")
    class SometimesSlow:
        async def write(self, record, ctx):
            calls.append(record.payload["n"])
            await asyncio.sleep(100 if calls.count(record.payload["n"]) == 1 and record.payload["n"] == 2 else 0.1)

    report = run(feed(4), SometimesSlow(), {"end": [Hedge(1.0)]})
    assert sorted(calls) == [0, 1, 2, 2, 3]
    assert node_of(report, "end").retried == 0
    assert link_of(report, "events@end").handled == 4


# -- admission --------------------------------------------------------------------------------------------------


def test_a_key_passes_once_in_a_window_also_over_a_restart():
    end, store = sink(), MemoryStore()
    bound = {"feed": [Dedup(window=1000.0)]}
    run(feed(20, every=1.0, key=lambda n: str(n % 5)), end, bound, store=store)
    assert sorted(end.came) == [0, 1, 2, 3, 4]
    run(feed(40, every=1.0, key=lambda n: str(n % 8)), end, bound, store=store)
    assert sorted(end.came) == [0, 1, 2, 3, 4, 21, 22, 23]


def test_what_failed_and_comes_again_is_no_repetition():
    def answer(record, ctx):
        if ctx.attempt < 3:
            raise Transient("again")

    end = sink(answer=answer)
    run(feed(3, key=str), end, {"end": [Dedup(window=1000.0), RETRY]})
    assert sorted(end.came) == [0, 1, 2]


def test_what_is_too_old_goes_at_the_source_or_at_the_node():
    end = sink()
    report = run(feed(20), end, {"feed": [Staleness(older_than=9.5)]})
    assert sorted(end.came) == list(range(10))
    assert node_of(report, "feed").dropped == {"stale": 10}

    def answer(record, ctx):
        raise Transient("down")

    report = run(feed(5), sink(answer=answer), {"end": [Staleness(10.0, "admit"), RETRY]})
    assert link_of(report, "events@end").dropped == {"stale": 5}


def test_a_sample_of_keys_is_the_same_at_the_source_and_at_the_node():
    came = []
    for subject in ("feed", "end"):
        end = sink()
        run(feed(200, key=lambda n: str(n % 40)), end, {subject: [Sampling(0.5, by="key")]})
        came.append(sorted(end.came))
    assert came[0] == came[1]
    assert 50 < len(came[0]) < 150


def test_a_budget_of_records_is_kept_to_and_the_rest_goes_where_it_is_told():
    end = sink()
    report = run(feed(50), end, {"end": [Budget(records=20, then="dead-letter")]})
    assert len(end.came) == 20
    assert link_of(report, "events@end").dead == 30


def test_a_budget_that_is_renewed_lets_the_rest_wait():
    end = sink()
    run(feed(50), end, {"end": [Budget(records=20, per=100.0)]})
    assert sorted(end.came) == list(range(50))
    assert [sum(at < until for at in end.times) for until in (99, 199, 299)] == [20, 40, 50]


@pytest.mark.parametrize(("where", "passed"), [("end", 20), ("feed", 0)], ids=["at-a-node", "at-a-source"])
def test_a_run_stops_when_its_budget_is_spent(where, passed):
    end = sink()
    with pytest.raises(PenstockError, match="stops the run: budget"):
        run(feed(200), end, {where: [Budget(records=20, then="fail-run")]})
    assert len(end.came) >= passed
    assert len(end.came) < 200


# -- routing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["given-up", "at-once"])
def test_what_is_given_up_goes_where_it_is_told(when):
    def answer(record, ctx):
        if record.payload["n"] % 2:
            raise Reject("odd")

    end, aside = sink(answer=answer), sink()
    report = run(
        feed(10), end, {"end": [DeadLetterRouting(when, then="divert", channel="aside"), RETRY]}, Channel("events", "sqlite"),
        nodes={"aside-end": aside}, links=["aside@aside-end -> aside-end"], channels=[Channel("aside", "sqlite")],
    )  # fmt: skip  # a graph in two lines
    assert sorted(end.came) == [0, 2, 4, 6, 8]
    assert sorted(aside.came) == [1, 3, 5, 7, 9]
    assert sum(node_of(report, "end").diverted.values()) == 5
