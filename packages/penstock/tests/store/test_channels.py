"""Channels: what is appended is handed out in order, once for each cursor, by leases that can be lost."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock._store.facts import Ahead, Alarm, ChannelSpec, DeadLetter, Depth, Position, StepEntry, Work
from penstock._store.interface import LeaseLost, StoreError
from penstock.record import Origin, Record


def snapshot(process: Any) -> Any:
    """Everything that a refused transaction could have left behind."""
    store = process.store
    return (
        store.totals(),
        list(store.dead_letters()),
        list(store.steps()),
        sorted((p.id, p.node, p.due, p.attempts) for p in store.parked_rows()),
        [store.state("n", "k"), store.state("n", "other")],
        store.position("src"),
        store.alarms(["n"], 100, float("inf")),
        [store.depth(c.name, cursor) for c in process.place.channels for cursor in c.cursors],
    )


def test_what_is_appended_is_handed_out_in_order_with_its_facts(place):
    one = place.process()
    one.append(0, 1, 2)
    one.append(3)
    lease = one.leased()
    assert (lease.start, lease.end, lease.lost) == (0, 4, 0)
    assert [each.payload for each in lease.records] == [{"n": n} for n in range(4)]
    assert [each.id for each in lease.records] == [place.record(n).id for n in range(4)]
    assert one.lease() is None
    one.commit(settle=[lease])
    assert one.lease() is None
    assert one.store.depth("events", "g") == Depth(0, 0)


def test_a_record_comes_back_as_it_was(place):
    when = datetime(2024, 2, 29, 12, 30, 15, 123456, timezone.utc)
    sent = Record(
        {"big": 2**70, "deep": [[{"x": [None, True, 1.5, "ü"]}]], "small": -(2**63)},
        "camera-1",
        {"a": "b"},
        when,
        contract="thing@1.0",
        _origin=Origin("cam", when),
        _hops=3,
        _parent=place.record(7),
        _salt=b"salt",
        _position=2,
    )
    one = place.process()
    one.commit(append=[place.appending([sent])])
    (got,) = one.leased().records
    for name in (
        "payload",
        "key",
        "attributes",
        "event_time",
        "contract",
        "origin",
        "hops",
        "id",
        "parents",
        "correlation",
        "source",
    ):
        assert getattr(got, name) == getattr(sent, name), name
    assert type(got.payload["deep"][0][0]["x"][1]) is bool


def test_a_limit_cuts_blocks_and_joins_them(place):
    one = place.process()
    one.append(*range(5))
    one.append(*range(5, 7))
    one.append(*range(7, 12))
    ranges = []
    while lease := one.lease(3):
        ranges.append((lease.start, lease.end, [each.payload["n"] for each in lease.records]))
    assert ranges == [(s, min(s + 3, 12), list(range(s, min(s + 3, 12)))) for s in range(0, 12, 3)]


@settings(max_examples=60)
@given(
    blocks=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    limits=st.lists(st.integers(1, 12), min_size=1, max_size=30),
    sides=st.lists(st.sampled_from(["g", "h"]), min_size=1, max_size=30),
)
def test_every_cut_of_a_channel_gives_every_record_once_and_in_order(fresh, blocks, limits, sides):
    """Two cursors that take turns with limits of their own never disturb each other."""
    one = fresh().process(ChannelSpec("events", ("g", "h")))
    total = 0
    for count in blocks:
        one.append(*range(total, total + count))
        total += count
    seen: dict[str, list[int]] = {"g": [], "h": []}
    for turn in range(200):
        cursor = sides[turn % len(sides)]
        lease = one.lease(limits[turn % len(limits)], cursor=cursor)
        if lease is not None:
            assert lease.end - lease.start == len(lease.records) <= limits[turn % len(limits)]
            seen[cursor] += [each.payload["n"] for each in lease.records]
            one.commit(settle=[lease])
    for cursor in seen:
        seen[cursor] += one.drain(cursor=cursor)
    assert seen == {"g": list(range(total)), "h": list(range(total))}


def test_limit_one_hands_out_one(place):
    one = place.process()
    one.append(0, 1)
    assert [one.leased(1).start, one.leased(1).start, one.lease(1)] == [0, 1, None]


def test_each_cursor_is_offered_everything(place):
    one = place.process(ChannelSpec("events", ("g", "h/x", "h/y")))
    one.append(0, 1, 2)
    for cursor in ("g", "h/x", "h/y"):
        assert one.drain(2, cursor=cursor) == [0, 1, 2]
        assert one.store.totals()[f"events@{cursor}", "offered", ""] == 3
    assert one.store.totals()["p.out -> events", "handled", ""] == 3


def test_members_of_a_cursor_share_it(place):
    one, two = place.process(), place.process()
    one.append(*range(6))
    first, second, third = one.leased(2), two.leased(2), one.leased(2)
    assert [(x.start, x.end) for x in (first, second, third)] == [(0, 2), (2, 4), (4, 6)]
    assert two.store.depth("events", "g") == Depth(0, 6)
    two.commit(settle=[second])
    one.commit(settle=[first, third])
    assert one.store.depth("events", "g") == Depth(0, 0)


def test_an_expired_lease_goes_to_the_next_who_asks_under_a_new_fence(place):
    one, two = place.process(), place.process()
    one.append(0, 1, 2)
    old = one.leased(2, lasts=10)
    place.wait(9.9)
    assert two.leased(1).start == 2  # not yet
    place.wait(0.1)
    new = two.leased()
    assert (new.start, new.end, [each.payload["n"] for each in new.records]) == (0, 2, [0, 1])
    assert new.fence > old.fence
    with pytest.raises(LeaseLost):
        one.commit(settle=[old])
    two.commit(settle=[new])


def test_an_expired_lease_that_nobody_took_is_still_good(place):
    one = place.process()
    one.append(0)
    lease = one.leased(lasts=10)
    place.wait(1000)
    one.commit(settle=[lease])
    assert one.lease() is None


def test_the_earliest_expired_range_goes_first(place):
    one = place.process()
    one.append(*range(9))
    for _ in range(3):
        one.leased(2, lasts=10)
    place.wait(10)
    assert [one.leased(2).start for _ in range(4)] == [0, 2, 4, 6]


def test_an_expired_range_is_cut_to_the_limit_of_whoever_takes_it_over(place):
    one, two = place.process(), place.process()
    one.append(*range(10))
    old = one.leased(10, lasts=10)
    place.wait(10)
    pieces = [two.leased(4) for _ in range(3)]
    assert [(x.start, x.end) for x in pieces] == [(0, 4), (4, 8), (8, 10)]
    assert two.lease() is None
    with pytest.raises(LeaseLost):
        one.commit(settle=[old])
    for piece in pieces:
        two.commit(settle=[piece])
    assert two.store.depth("events", "g") == Depth(0, 0)


def test_renewing_keeps_what_would_have_expired(place):
    one, two = place.process(), place.process()
    one.append(0, 1)
    lease = one.leased(1, lasts=10)
    claim = one.claim(lasts=10)
    place.wait(9)
    one.store.renew(one.run, place.now, place.now + 10)
    two.store.renew(two.run, place.now, place.now + 10)  # somebody else's promise changes nothing
    place.wait(9)
    assert two.leased().start == 1
    assert two.claim() is None
    one.commit(settle=[lease], claims={"stage:a": claim})


def test_a_release_gives_everything_back_at_once_and_refuses_what_was_under_way(place):
    one, two = place.process(), place.process()
    one.append(0, 1)
    one.commit(park=[place.parked(7)])
    lease, claim = one.leased(), one.claim()
    (row,) = one.due()
    one.store.release(one.run)
    assert two.leased().start == 0
    assert two.claim() is not None
    assert [p.id for p in two.due()] == [row.id]
    for refused in ({"settle": [lease]}, {"claims": {"stage:a": claim}}, {"unpark": [row]}, {"park": [row]}):
        with pytest.raises(LeaseLost):
            one.commit(**refused)


def ahead(process, limit=64, *, cursor="g", **parts):
    """What a commit leases for a cursor, as the next range."""
    work = Work(ahead=[Ahead("events", cursor, limit, process.now + 30)], **parts)
    process.store.commit(work, process.run, process.now)
    return [(lease.start, [each.payload["n"] for each in lease.records]) for lease in work.leased], work.leased


def test_a_commit_may_lease_the_next_range_also_of_what_it_appends(place):
    one, two = place.process(), place.process()
    append = place.appending([place.record(n) for n in range(3)])
    assert ahead(one, 2, append=[append])[0] == [(0, [0, 1])]
    found, (lease,) = ahead(one, 2)
    assert found == [(2, [2])]
    assert ahead(one, 2)[0] == []
    assert two.lease() is None
    assert ahead(two, 2, append=[place.appending([place.record(3)])])[0] == [(3, [3])]
    one.commit(settle=[lease])
    assert one.store.depth("events", "g") == Depth(0, 3)
    place.now += 31
    assert ahead(two, settle=[])[0] == [(0, [0, 1])]  # what ran out comes first


def test_a_commit_that_is_refused_leases_nothing(place):
    one, two = place.process(), place.process()
    one.append(0, 1)
    lease = one.leased(1)
    one.store.release(one.run)
    work = Work(settle=[lease], ahead=[Ahead("events", "g", 64, place.now + 30)])
    work.append = [place.appending([place.record(n) for n in (7, 8)])]
    with pytest.raises(LeaseLost):
        one.store.commit(work, one.run, place.now)
    assert work.leased == []
    one.append(2, 3)
    assert two.drain() == [0, 1, 2, 3]


def test_a_late_completion_leaves_no_trace(place):
    one, two = place.process(), place.process()
    one.append(0, 1)
    one.commit(park=[place.parked(5), place.parked(6)], state={("n", "k"): b"1"})
    lease, good = one.leased(1, lasts=10), one.leased(1)
    row, kept = one.due()
    place.wait(10)
    two.leased(1)
    before = snapshot(two)
    with pytest.raises(LeaseLost):
        one.commit(
            settle=[good, lease],
            append=[place.appending([place.record(9)])],
            unpark=[row],
            park=[place.parked(8), kept],
            dead=[DeadLetter("n", "l", "0" * 32, "r", "permanent", b"{}", "record", 1, ["c"], place.now)],
            alarms=[Alarm("n", "k", place.now + 5)],
            state={("n", "k"): b"2", ("n", "other"): b"3"},
            positions={"src": Position(5, 5)},
            counts=one.store.totals(),
            steps=[StepEntry("s", "i", 0, 1, place.now)],
        )
    assert snapshot(two) == before
    one.commit(settle=[good], unpark=[row], park=[kept])  # what is still held can be completed


@pytest.mark.parametrize("what", ["lease", "claim", "row"])
def test_a_fence_of_nobody_is_refused(place, what):
    one = place.process()
    one.append(0)
    one.commit(park=[place.parked(5)])
    lease, (row,) = one.leased(), one.due()
    lease.fence += 1
    row.fence += 1
    parts: dict[str, dict[str, Any]] = {
        "lease": {"settle": [lease]},
        "claim": {"claims": {"stage:never": 1}},
        "row": {"unpark": [row]},
    }
    with pytest.raises(LeaseLost):
        one.commit(**parts[what])


def test_a_lease_is_settled_once(place):
    one = place.process()
    one.append(0)
    lease = one.leased()
    one.commit(settle=[lease])
    with pytest.raises(LeaseLost):
        one.commit(settle=[lease])


def test_fences_only_grow_also_over_a_reopening(place):
    fences = []
    for _ in range(3):
        one = place.process()
        one.append(0)
        one.commit(park=[place.parked(1)])
        fences += [one.leased().fence, one.claim("a"), one.due(limit=1)[0].fence, one.claim("b")]
        one.end()
    assert fences == sorted(set(fences))


def test_ending_a_run_gives_back_what_it_held(place):
    one = place.process()
    one.append(0)
    lease = one.leased(lasts=1e6)
    one.claim("stage:a", lasts=1e6)
    one.end()
    two = place.process()
    again = two.leased()
    assert again.start == 0
    assert again.fence != lease.fence
    assert two.claim("stage:a") is not None


def test_a_claim_has_one_holder(place):
    one, two = place.process(), place.process()
    fence = one.claim(lasts=10)
    assert fence is not None
    assert one.claim(lasts=10) == fence  # asked again, kept
    assert two.claim() is None
    assert two.claim("stage:other") is not None
    place.wait(10)
    taken = two.claim()
    assert taken is not None
    assert taken > fence
    assert one.claim() is None
    with pytest.raises(LeaseLost):
        one.commit(claims={"stage:a": fence})
    two.commit(claims={"stage:a": taken})


def test_an_expired_claim_that_nobody_took_still_holds(place):
    one = place.process()
    fence = one.claim(lasts=10)
    place.wait(100)
    one.commit(claims={"stage:a": fence})


def test_whoever_lets_a_claim_run_out_is_taken_for_dead(place):
    """Else a new holder could work on what comes after a range that the old one still holds, and order were lost."""
    one, two = place.process(), place.process()
    one.append(0, 1)
    one.claim(lasts=10)
    place.wait(5)
    late = one.leased(1, lasts=10)
    place.wait(5)
    assert two.claim() is not None
    assert two.leased().start == late.start == 0
    with pytest.raises(LeaseLost):
        one.commit(settle=[late])


@pytest.mark.parametrize("ahead", [False, True])
def test_whoever_has_lost_a_claim_is_given_nothing_before_all_was_given_back(place, ahead):
    """It does not know yet, as after a pause: what it took now would be missing where another works in its place."""
    one, two = place.process(), place.process()
    one.append(0, 1)
    one.claim(lasts=10)
    place.wait(10)
    assert two.claim() is not None
    with pytest.raises(LeaseLost):
        one.commit(ahead=[Ahead("events", "g", 1, place.now + 30)]) if ahead else one.lease(1)
    assert two.leased(1).start == 0
    one.store.release(one.run)
    assert one.leased(1).start == 1


def test_a_commit_that_is_refused_because_of_what_it_wants_ahead_leaves_nothing(place):
    one, two = place.process(), place.process()
    one.claim(lasts=10)
    place.wait(10)
    two.claim()
    append = place.appending([place.record(0)])
    with pytest.raises(LeaseLost):
        one.commit(append=[append], ahead=[Ahead("events", "g", 1, place.now + 30)], state={("n", "k"): b"1"})
    assert (two.drain(), two.store.state("n", "k"), two.store.totals()) == ([], None, {})


def test_offsets_go_on_after_everything_was_deleted(place):
    one = place.process()
    for turn in range(3):
        one.append(turn * 2, turn * 2 + 1)
        lease = one.leased()
        assert (lease.start, lease.end) == (turn * 2, turn * 2 + 2)
        one.commit(settle=[lease])
        place.wait(10)
        assert one.store.retain(place.now, 0.0) == 2
        one.end()
        one = place.process()
    assert one.lease() is None


def test_a_cursor_that_comes_later_is_offered_what_is_kept(place):
    one = place.process(ChannelSpec("events", ("g",), retention=100.0))
    one.append(0, 1)
    assert one.drain() == [0, 1]
    place.wait(200)
    one.append(2, 3, 4)
    one.store.retain(place.now, 0.0)  # 0 and 1 go
    one.end()
    two = place.process(ChannelSpec("events", ("g", "late"), retention=100.0))
    assert two.store.totals()["events@late", "offered", ""] == 3
    assert two.store.depth("events", "late") == Depth(3, 0)
    assert two.drain(cursor="late") == [2, 3, 4]
    assert two.drain() == [2, 3, 4]


def test_a_cursor_that_comes_when_nothing_is_kept_begins_at_the_end(place):
    one = place.process()
    one.append(0)
    one.drain()
    one.store.retain(place.now, 0.0)
    one.end()
    two = place.process(ChannelSpec("events", ("g", "late")))
    two.append(1)
    assert two.drain(cursor="late") == [1]
    assert two.store.totals()["events@late", "offered", ""] == 1


def test_a_cursor_that_goes_and_returns_was_offered_what_came_meanwhile(place):
    """Its records are kept for it all the time, so the conservation law must know of them."""
    both = ChannelSpec("events", ("g", "h"))
    one = place.process(both)
    one.append(0)
    one.end()
    two = place.process(ChannelSpec("events", ("g",)))
    two.append(1)
    two.end()
    three = place.process(both)
    three.append(2)
    assert three.store.totals()["events@h", "offered", ""] == three.store.depth("events", "h").total == 3
    assert three.drain(cursor="h") == [0, 1, 2]


def test_retention_keeps_what_is_not_settled_by_all(place):
    one = place.process(ChannelSpec("events", ("g", "h")))
    for n in range(4):
        one.append(n)
    assert one.drain() == [0, 1, 2, 3]
    one.commit(settle=[one.leased(1, cursor="h")])
    held = one.leased(1, cursor="h")
    two = one.leased(1, cursor="h")
    one.commit(settle=[two])
    place.wait(1e6)
    assert one.store.retain(place.now, 0.0) == 1  # 0 is settled by both, 1 is still leased
    one.store.release(one.run)
    with pytest.raises(LeaseLost):
        one.commit(settle=[held])
    assert one.drain(cursor="h") == [1, 3]
    assert one.store.retain(place.now, 0.0) == 3


def test_retention_waits_for_its_time(place):
    one = place.process(ChannelSpec("events", ("g",), retention=100.0))
    one.append(0)
    one.drain()
    place.wait(99.9)
    assert one.store.retain(place.now, 0.0) == 0
    place.wait(0.1)
    assert one.store.retain(place.now, 0.0) == 1


def test_a_clock_that_goes_back_does_not_shorten_retention(place):
    one = place.process(ChannelSpec("events", ("g",), retention=100.0))
    one.append(0)
    place.wait(-150)
    one.append(1)
    one.drain()
    place.wait(150)  # the first is as old as nothing, the second 150 seconds
    assert one.store.retain(place.now, 0.0) == 0
    place.wait(100)
    assert one.store.retain(place.now, 0.0) == 2


def test_a_channel_without_cursors_keeps_everything(place):
    one = place.process(ChannelSpec("events", ()))
    one.append(0, 1)
    place.wait(1e6)
    assert one.store.retain(place.now, 0.0) == 0
    one.end()
    two = place.process(ChannelSpec("events", ("g",)))
    assert two.drain() == [0, 1]


def test_history_goes_when_its_time_is_over(place):
    one = place.process()
    for n in range(3):
        one.commit(steps=[StepEntry("s", "events@g", n, 1, place.now)])
        place.wait(10)
    one.store.retain(place.now, 25.0)
    assert [step.start for step in one.store.steps()] == [1, 2]


def test_what_was_opened_again_stands_where_it_stood(place):
    one = place.process()
    one.append(0, 1, 2)
    one.commit(settle=[one.leased(1)], state={("n", "k"): b'{"a":1}'}, park=[place.parked(4)])
    before = snapshot(one)
    one.end()
    assert snapshot(place.process()) == before


def test_a_place_is_of_one_graph(place):
    place.process(graph="here").end()
    with pytest.raises(StoreError, match="belongs to graph `here`") as caught:
        place.process(graph="elsewhere")
    assert caught.value.code == "S103"
    assert place.process(graph="here").lease() is None  # and it is none the worse


def test_runs_are_listed_with_their_end_and_their_commits(place):
    one = place.process()
    one.append(0)
    one.append(1)
    one.end()
    two = place.process()
    first, second = two.store.runs()
    assert (first["run"], first["outcome"], first["commits"], first["ended"]) == (one.run, "stopped", 2, place.now)
    assert (second["run"], second["outcome"], second["commits"], second["ended"]) == (two.run, None, 0, None)


def test_closing_twice_is_no_error(place):
    one = place.process()
    one.end()
    one.store.close()
