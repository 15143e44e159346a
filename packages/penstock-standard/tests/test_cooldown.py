"""Cooldown: never two of one key within the window."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import Drop, Record
from penstock_standard import Cooldown
from penstock_standard.errors import Missing, NoEventTime, NoKey

detections = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40)), max_size=40)


@given(detections, st.integers(0, 15))
def test_no_two_records_of_a_key_pass_within_the_window(context, at, detections, window):
    node, ctx = Cooldown(window), context()
    passed: dict[str, list[int]] = {"a": [], "b": []}
    for key, seconds in detections:
        if isinstance(node.process(Record({}, key=key, event_time=at(seconds)), ctx), Record):
            passed[key].append(seconds)
    for times in passed.values():
        assert all(abs(one - two) >= window for n, one in enumerate(times) for two in times[:n])


@given(detections.map(lambda some: sorted(some, key=lambda pair: pair[1])), st.integers(0, 15))
def test_in_order_whatever_is_far_enough_from_the_last_one_passes(context, at, detections, window):
    node, ctx = Cooldown(window), context()
    last: dict[str, int] = {}
    for key, seconds in detections:
        due = key not in last or seconds - last[key] >= window
        assert isinstance(node.process(Record({}, key=key, event_time=at(seconds)), ctx), Record) == due
        if due:
            last[key] = seconds


def test_what_is_held_back_is_counted_by_name(context, at):
    node, ctx = Cooldown(10), context()
    record = Record({}, key="a", event_time=at(0))
    assert node.process(record, ctx) is record
    assert node.process(record, ctx) == Drop("cooldown")


def test_the_clock_of_the_run_can_count_instead(context):
    node, ctx = Cooldown(10, key="/camera", clock="run"), context(now=100.0)
    record = Record({"camera": "gate"})
    answers = []
    for ctx.now in (100.0, 109.9, 110.0):
        answers.append(node.process(record, ctx))
    assert answers == [record, Drop("cooldown"), record]


def test_a_record_that_lacks_what_counts_is_rejected(context, at):
    with pytest.raises(NoKey):
        Cooldown(1).process(Record({}, event_time=at(0)), context())
    with pytest.raises(NoEventTime):
        Cooldown(1).process(Record({}, key="a"), context())
    with pytest.raises(Missing, match="`/camera`"):
        Cooldown(1, key="/camera").process(Record({}, event_time=at(0)), context())
