"""What is shown while a run goes on adds up, as its report does at the end; looking at it costs the run nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from penstock._engine.report import link_reports
from penstock._watching.snapshot import OTHERS, REASONS, Snapshot, Watch, told_apart
from penstock.decisions import DropIt
from penstock.graph.model import Channel
from penstock.points import Overflow
from penstock.record import Reading, Record
from penstock.running import simulate
from penstock.sdk import node, policy
from penstock.testing import Collect, MemoryStore, graph_of, one_policy


@node("thirty")
class Thirty:
    async def read(self, ctx):
        for n in range(ctx.position or 0, 30):
            await asyncio.sleep(0.1)
            yield Reading({"n": n % 20}, n + 1, key=f"k{n % 20}")


@node("fails-at-first", effect="idempotent")
class FailsAtFirst:
    """Wants each record three times, and one of them not at all."""

    def process(self, record: Record, ctx: Any):
        if ctx.attempt < 3 or record.payload["n"] == 7:
            raise ConnectionError("not yet")
        yield record


def watched(graph, build, store=None, **options):
    """The looks that somebody outside has taken, one a second of the run, the last one first told of its end."""
    watch, looks = Watch(), []

    def on_start(driver):
        watch.start(driver)

        def look():
            looks.append(watch.latest)
            asyncio.get_running_loop().call_later(1.0, look)

        look()

    made = simulate(graph, build, 3, store=store, on_start=on_start, **options)
    watch.end()
    return [*looks, watch.latest], made


def laws(seen: Snapshot):
    return link_reports(Counter(seen.counts), seen.times, seen.in_flight)


@pytest.mark.parametrize("kind", ["sqlite", "memory"])
def test_at_every_look_everything_that_was_offered_is_accounted_for(kind):
    graph, build = graph_of(
        {"feed": Thirty(), "fails": FailsAtFirst(), "end": Collect()},
        ["feed -> events", "events@all -> fails", "fails -> end"],
        [Channel("events", kind)],
    )
    looks, made = watched(graph, build)
    assert len(looks) > 3
    assert max(sum(look.in_flight.values()) for look in looks) > 0
    assert [link for look in looks for link in laws(look) if not link.conserved] == []
    assert {link.id: link for link in laws(looks[-1])} == {link.id: link for link in made.report.links}


def test_a_record_that_waits_for_its_next_attempt_is_in_flight():
    graph, build = graph_of(
        {"feed": Thirty(), "fails": FailsAtFirst(), "end": Collect()}, ["feed -> fails", "fails -> end"]
    )
    looks, _ = watched(graph, build)
    assert max(look.in_flight["feed.out -> fails.in"] for look in looks) > 0
    assert set(looks[-1].in_flight.values()) == {0}


@policy("oldest", layer="overflow")
class Oldest:
    def overflow(self, facts: Overflow):
        return {at: DropIt("oldest") for at in facts.oldest()}


@node("slow", effect="none", concurrency=1)
class Slow:
    async def write(self, record, ctx):
        await asyncio.sleep(1.0)


def test_what_a_channel_had_no_room_for_is_shown_as_dropped():
    graph, build = graph_of(
        {"feed": Thirty(), "slow": Slow()},
        ["feed -> events", "events@slow -> slow"],
        [Channel("events", "sqlite", capacity=4)],
        batch=1,
    )
    looks, made = watched(graph, build, policies=one_policy(Oldest(), graph))
    told = next(link.dropped for link in made.report.links if link.id == "events@slow")
    assert sum(told.values()) > 0
    assert {reason: looks[-1].counts["events@slow", "dropped", reason] for reason in told} == told


class Busy(MemoryStore):
    """Cannot be asked what waits in it, for a while."""

    asked = 0

    def parked(self, subject=None):
        self.asked += 1
        if self.asked in (1, 2):
            raise OSError("database is locked")
        return super().parked(subject)


def test_a_store_that_cannot_be_asked_now_is_asked_the_next_time():
    graph, build = graph_of(
        {"feed": Thirty(), "end": Collect()},
        ["feed -> events", "events@all -> end"],
        [Channel("events", "sqlite")],
    )
    store = Busy()
    looks, made = watched(graph, build, store)
    assert made.report.conserved
    assert looks[-1].counts["end", "in", ""] == 30


class Gone(MemoryStore):
    """Is lost in the middle of a run."""

    commits = 0

    def commit(self, *arguments, **named):
        self.commits += 1
        if self.commits > 5:
            raise OSError("the disk is gone")
        return super().commit(*arguments, **named)


def test_what_a_failed_run_has_done_is_seen_as_well():
    graph, build = graph_of(
        {"feed": Thirty(), "end": Collect()},
        ["feed -> events", "events@all -> end"],
        [Channel("events", "sqlite")],
    )
    watch, store = Watch(), Gone()
    with pytest.raises(OSError, match="gone"):
        simulate(graph, build, 3, store=store, on_start=watch.start)
    before = watch.latest
    watch.end()
    seen = {subject: n for subject, n in watch.latest.counts.items() if "appended" not in subject}
    assert seen == +store.totals() != before.counts


def test_before_anything_was_seen_the_graph_has_its_name():
    assert Watch("site").latest.graph == "site"


def test_reasons_without_an_end_are_not_shown_without_an_end():
    counts = {("n", "dropped", f"id {n}"): 1 for n in range(1000)} | {("n", "in", ""): 1000}
    shown = told_apart(counts)
    assert len(shown) == REASONS + 2
    assert sum(shown.values()) == 2000
    more = told_apart(counts | {("n", "dropped", "id 1000"): 5})
    assert {name for name in more if more[name] != shown.get(name)} == {("n", "dropped", OTHERS)}
