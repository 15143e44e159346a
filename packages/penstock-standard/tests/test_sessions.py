"""Sessions: every record is in exactly one, and a silence longer than the gap parts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import Drop, Record, Timer
from penstock_standard import Sessions
from penstock_standard.errors import NoEventTime, NoKey

GAP = 10
visits = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 120)), max_size=30)


def expected(visits):
    """Key, start, end and count of each session of visits that come in order."""
    found = []
    for key in sorted({key for key, _ in visits}):
        times = sorted(time for name, time in visits if name == key)
        runs = [[times[0]]]
        for time in times[1:]:
            runs[-1].append(time) if time - runs[-1][-1] <= GAP else runs.append([time])
        found += [(key, run[0], run[-1], len(run)) for run in runs]
    return sorted(found)


def told(records, at):
    start = at(0).timestamp()
    return sorted(
        (r.key, at(0).fromisoformat(r.payload["start"].replace("Z", "+00:00")).timestamp() - start,
         r.event_time.timestamp() - start, r.payload["count"])
        for r in records
    )  # fmt: skip


@given(visits.map(lambda some: sorted(some, key=lambda visit: visit[1])))
def test_in_order_the_sessions_are_those_of_the_definition(context, outputs, ring, at, visits):
    node, ctx = Sessions(GAP), context()
    made = [out for key, time in visits for out in outputs(node.process(Record({}, key=key, event_time=at(time)), ctx))]
    made += ring(node, ctx)
    assert told(made, at) == expected(visits)
    assert not ctx.state
    assert not ctx.timers


@given(visits)
def test_in_any_order_every_record_is_in_one_session_or_late(context, outputs, ring, at, visits):
    node, ctx = Sessions(GAP), context()
    made = [out for key, time in visits for out in outputs(node.process(Record({}, key=key, event_time=at(time)), ctx))]
    made += ring(node, ctx)
    sessions = [out for out in made if isinstance(out, Record)]
    late = [out for out in made if isinstance(out, Drop)]
    assert sum(session.payload["count"] for session in sessions) + len(late) == len(visits)
    assert {drop.reason for drop in late} <= {"late"}
    assert all(session.payload["seconds"] <= (session.payload["count"] - 1) * GAP for session in sessions)


def test_a_session_says_what_it_was_asked_for(context, outputs, ring, at):
    node, ctx = Sessions(GAP, first={"entry": "/path"}, last={"exit": "/path", "status": "/status"}), context()
    for seconds, path in ((5, "/b"), (9, "/c"), (3, "/a")):
        outputs(node.process(Record({"path": path}, key="k", event_time=at(seconds)), ctx))
    (session,) = ring(node, ctx)
    assert session.payload == {
        "key": "k",
        "start": "2024-01-01T00:00:03Z",
        "end": "2024-01-01T00:00:09Z",
        "seconds": 6.0,
        "count": 3,
        "entry": "/a",
        "exit": "/c",
        "status": None,
    }


def test_a_timer_that_is_due_waits_for_a_key_that_is_still_busy(context, outputs, at):
    node, ctx = Sessions(GAP), context(now=1000.0)
    node.process(Record({}, key="k", event_time=at(0)), ctx)
    ctx.now = 1008.0
    node.process(Record({}, key="k", event_time=at(1)), ctx)
    ctx.now = 1010.0
    assert outputs(node.on_timer(Timer("k", 1010.0), ctx)) == []
    assert ctx.timers["k"] == (1018.0, None)
    ctx.now = 1018.0
    (session,) = outputs(node.on_timer(Timer("k", 1018.0), ctx))
    assert session.payload["count"] == 2
    assert outputs(node.on_timer(Timer("k", 1018.0), ctx)) == []


def test_a_record_without_key_or_event_time_is_rejected(context, at):
    with pytest.raises(NoKey):
        Sessions(GAP).process(Record({}, event_time=at(0)), context())
    with pytest.raises(NoEventTime):
        Sessions(GAP).process(Record({}, key="k"), context())
