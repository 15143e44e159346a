"""Top: the counts of a window are the counts of its records."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import Drop, Record, Timer
from penstock_standard import Top
from penstock_standard.errors import NoEventTime

WINDOW = 10
hits = st.lists(st.tuples(st.sampled_from(["/a", "/b", 1, True, None]), st.integers(0, 60)), max_size=40)


def counted(hits, n):
    """Start of the window -> total and the n most frequent values, equals by their JSON text."""
    windows: dict[int, Counter] = {}
    for value, time in hits:
        windows.setdefault(time // WINDOW * WINDOW, Counter())[json.dumps(value)] += 1
    return {
        start: (sum(counts.values()), sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:n])
        for start, counts in windows.items()
    }


def told(records, at):
    start = at(0).timestamp()
    return {
        int(record.event_time.timestamp() - start): (
            record.payload["total"],
            [(json.dumps(entry["value"]), entry["count"]) for entry in record.payload["top"]],
        )
        for record in records
    }


@given(hits.map(lambda some: sorted(some, key=lambda hit: hit[1])), st.integers(1, 6))
def test_in_order_each_window_is_told_once_with_its_counts(context, outputs, ring, at, hits, n):
    node, ctx = Top("/v", window=WINDOW, n=n), context()
    made = [out for v, time in hits for out in outputs(node.process(Record({"v": v}, event_time=at(time)), ctx))]
    made += ring(node, ctx)
    assert told(made, at) == counted(hits, n)
    assert len(made) == len(counted(hits, n))
    assert list(ctx.state) in ([], ["windows"])


@given(hits, st.sampled_from([0, 5, 60]))
def test_in_any_order_every_record_is_counted_or_late(context, outputs, ring, at, hits, lateness):
    node, ctx = Top("/v", window=WINDOW, lateness=lateness), context()
    made = [out for v, time in hits for out in outputs(node.process(Record({"v": v}, event_time=at(time)), ctx))]
    made += ring(node, ctx)
    late = [out for out in made if isinstance(out, Drop)]
    assert sum(out.payload["total"] for out in made if isinstance(out, Record)) + len(late) == len(hits)
    if lateness == 60:
        assert not late
    starts = [out.event_time for out in made if isinstance(out, Record)]
    assert len(starts) == len(set(starts))


def test_a_timer_that_is_due_waits_for_a_window_that_is_still_counted_into(context, outputs, at):
    node, ctx = Top("/v", window=WINDOW), context(now=1000.0)
    outputs(node.process(Record({"v": 1}, event_time=at(0)), ctx))
    ((key, (due, payload)),) = ctx.timers.items()
    ctx.now = due
    assert outputs(node.on_timer(Timer(key, due, payload), ctx)) == []
    ((key, (later, payload)),) = ctx.timers.items()
    ctx.now = later
    (told,) = outputs(node.on_timer(Timer(key, later, payload), ctx))
    assert told.payload["total"] == 1
    assert outputs(node.on_timer(Timer(key, later, payload), ctx)) == []


def test_a_window_says_when_it_was(context, outputs, ring, at):
    node, ctx = Top("/v", window=3600), context()
    outputs(node.process(Record({"v": "x"}, event_time=at(3700)), ctx))
    (told,) = ring(node, ctx)
    assert told.payload == {
        "start": "2024-01-01T01:00:00Z",
        "end": "2024-01-01T02:00:00Z",
        "total": 1,
        "top": [{"value": "x", "count": 1}],
    }


def test_a_record_without_the_field_counts_for_nothing_and_one_without_event_time_is_rejected(context, outputs, at):
    node, ctx = Top("/v"), context()
    assert outputs(node.process(Record({}, event_time=at(0)), ctx)) == []
    assert not ctx.state
    with pytest.raises(NoEventTime):
        outputs(node.process(Record({"v": 1}), ctx))
