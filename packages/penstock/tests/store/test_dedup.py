"""Dedup: within its window a producer's key is taken once; another body under the same key is a conflict, and kept."""

from __future__ import annotations

import json

import pytest

from penstock._store.facts import ChannelSpec

REMEMBERS = ChannelSpec("events", ("g",), dedup_window=60.0)


def say(place, n, payload, producer="p"):
    return place.appending([place.record(n, payload)], producer=producer)


def contents(process):
    found = []
    while lease := process.lease():
        found += [each.payload for each in lease.records]
        process.commit(settle=[lease])
    return found


@pytest.fixture
def one(place):
    return place.process(REMEMBERS)


def test_the_same_again_is_dropped_and_counted(place, one):
    assert one.commit(append=[say(place, 1, "a")]) == {"events": 1}
    assert +one.commit(append=[say(place, 1, "a"), say(place, 2, "b")]) == {"events": 1}
    totals = one.store.totals()
    assert totals["p.out -> events", "dropped", "duplicate"] == 1
    assert totals["p.out -> events", "handled", ""] == totals["events@g", "offered", ""] == 2
    assert contents(one) == ["a", "b"]


def test_the_same_twice_in_one_transaction_is_dropped_too(place, one):
    one.commit(append=[place.appending([place.record(1, "a"), place.record(1, "a")]), say(place, 1, "a")])
    assert one.store.totals()["p.out -> events", "dropped", "duplicate"] == 2
    assert contents(one) == ["a"]


def test_another_body_is_a_conflict_and_becomes_a_dead_letter(place, one):
    one.commit(append=[say(place, 1, {"v": 1})])
    one.commit(append=[say(place, 1, {"v": 2})])
    one.commit(append=[say(place, 1, {"v": 1})])  # the first body is the one that is remembered
    (letter,) = one.store.dead_letters()
    assert (letter.node, letter.subject, letter.reason, letter.encoding) == (
        "p",
        "p.out -> events",
        "conflict",
        "record",
    )
    assert letter.record_id == place.record(1).id
    assert json.loads(letter.body)[-1] == {"v": 2}
    assert one.store.totals()["p.out -> events", "dead", "conflict"] == 1
    assert contents(one) == [{"v": 1}]


def test_each_producer_has_keys_of_its_own(place, one):
    one.commit(append=[say(place, 1, "a"), say(place, 1, "other", producer="q")])
    assert contents(one) == ["a", "other"]
    assert list(one.store.dead_letters()) == []


def test_each_channel_has_a_memory_of_its_own(place):
    one = place.process(REMEMBERS, ChannelSpec("more", ("g",), dedup_window=60.0))
    one.commit(append=[say(place, 1, "a"), place.appending([place.record(1, "a")], "more")])
    assert one.store.depth("events", "g").total == one.store.depth("more", "g").total == 1


def test_the_memory_outlives_settlement_deletion_and_reopening(place, one):
    one.commit(append=[say(place, 1, "a")])
    assert contents(one) == ["a"]
    place.wait(59.9)
    assert one.store.retain(place.now, 0.0) == 1
    one.end()
    two = place.process(REMEMBERS)
    two.commit(append=[say(place, 1, "a")])
    assert contents(two) == []
    assert two.store.totals()["p.out -> events", "dropped", "duplicate"] == 1


@pytest.mark.parametrize("housekeeping", [True, False])
def test_the_memory_ends_with_its_window(place, one, housekeeping):
    one.commit(append=[say(place, 1, "a")])
    place.wait(60)
    if housekeeping:
        one.store.retain(place.now, 0.0)
    one.commit(append=[say(place, 1, "b")])
    assert contents(one) == ["a", "b"]
    place.wait(59)
    one.commit(append=[say(place, 1, "b")])  # the window began anew with the second
    assert contents(one) == []


def test_a_duplicate_does_not_prolong_the_window(place, one):
    one.commit(append=[say(place, 1, "a")])
    place.wait(40)
    one.commit(append=[say(place, 1, "a")])
    place.wait(20)
    one.commit(append=[say(place, 1, "a")])
    assert contents(one) == ["a", "a"]


def test_a_refused_transaction_remembers_nothing(place, one):
    from penstock._store.interface import LeaseLost

    with pytest.raises(LeaseLost):
        one.commit(append=[say(place, 1, "a")], claims={"nobody's": 1})
    one.commit(append=[say(place, 1, "b")])
    assert contents(one) == ["b"]
    assert list(one.store.dead_letters()) == []


def test_without_a_window_everything_is_taken(place):
    one = place.process()
    one.commit(append=[say(place, 1, "a"), say(place, 1, "b")])
    assert contents(one) == ["a", "b"]
