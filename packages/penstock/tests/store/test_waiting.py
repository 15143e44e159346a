"""Parked deliveries and alarms: they wait, they come when it is their time, they come again when nobody finished them."""

from __future__ import annotations

import pytest

from penstock._store.facts import Alarm
from penstock._store.interface import LeaseLost


def ids(rows):
    return [row.record.payload["n"] for row in rows]


def test_a_parked_delivery_comes_back_as_it_was_when_it_is_due(place):
    one = place.process()
    one.commit(park=[place.parked(3, due=place.now + 5, attempts=2)])
    assert one.due() == []
    assert one.store.next_parked(["b"]) == place.now + 5
    place.wait(5)
    (row,) = one.due()
    assert (row.node, row.port, row.subject, row.attempts, row.causes, row.lane) == (
        "b",
        "in",
        "events@g",
        2,
        ["first cause"],
        None,
    )
    assert (row.record.id, row.record.payload, row.first) == (place.record(3).id, {"n": 3}, row.due - 5)
    assert row.id > 0
    assert row.fence > 0


def test_parked_deliveries_come_by_due_time_then_by_age(place):
    one = place.process()
    one.commit(park=[place.parked(n, due=place.now + wait) for n, wait in enumerate([3, 1, 2, 1, 9])])
    place.wait(5)
    assert ids(one.due(limit=3)) == [1, 3, 2]
    assert ids(one.due(limit=3)) == [0]


def test_only_the_nodes_that_were_named_are_asked(place):
    one = place.process()
    one.commit(park=[place.parked(0), place.parked(1, node="c"), place.parked(2, node="d")])
    assert one.due("z") == []
    assert one.store.due([], 9, one.run, place.now, place.now + 9) == []
    assert ids(one.due("b", "d")) == [0, 2]
    assert one.store.next_parked(["c"]) == place.now
    assert one.store.next_parked(["z"]) is None
    assert one.store.next_parked([]) is None


def test_a_row_that_was_handed_out_is_nobody_elses_until_its_lease_is_over(place):
    one, two = place.process(), place.process()
    one.commit(park=[place.parked(0), place.parked(1, due=place.now + 1)])
    (old,) = one.due(lasts=10)
    place.wait(9)
    assert ids(two.due(lasts=100)) == [1]
    assert one.store.next_parked(["b"]) == place.now + 1
    place.wait(1)
    (new,) = two.due()
    assert new.id == old.id
    assert new.fence > old.fence
    for refused in ({"unpark": [old]}, {"park": [old]}):
        with pytest.raises(LeaseLost):
            one.commit(**refused)
    two.commit(unpark=[new])
    assert two.store.parked() == 1


def test_rows_that_come_back_go_before_those_that_are_due_later(place):
    one, two = place.process(), place.process()
    one.commit(park=[place.parked(0)])
    one.due(lasts=10)
    two.commit(park=[place.parked(1, due=place.now + 5)])
    place.wait(10)
    assert ids(two.due(limit=1)) == [0]


def test_waiting_again_changes_the_row_in_place_and_gives_it_back(place):
    one = place.process()
    one.commit(park=[place.parked(0)])
    (row,) = one.due()
    row.attempts, row.due, row.causes = 2, place.now + 7, [*row.causes, "second cause"]
    one.commit(park=[row])
    assert one.store.parked() == 1
    assert one.due() == []
    place.wait(7)
    (again,) = one.due()
    assert (again.id, again.attempts, again.causes) == (row.id, 2, ["first cause", "second cause"])
    with pytest.raises(LeaseLost):
        one.commit(unpark=[row])  # its lease ended when it was parked again
    one.commit(unpark=[again])
    assert one.store.parked() == 0
    assert one.store.next_parked(["b"]) is None


def test_ids_of_rows_are_never_used_twice(place):
    one = place.process()
    seen = []
    for n in range(4):
        one.commit(park=[place.parked(n)])
        (row,) = one.due()
        seen.append(row.id)
        one.commit(unpark=[row])
        one.end()
        one = place.process()
    assert seen == sorted(set(seen))


def test_of_a_lane_only_the_head_comes(place):
    one = place.process()
    one.commit(
        park=[place.parked(0, lane="k", due=place.now + 5), place.parked(1, lane="k"), place.parked(2, lane="j")]
    )
    one.commit(park=[place.parked(3, lane="k"), place.parked(4, node="c", lane="k")])
    assert one.store.lanes("b") == {"k": 3, "j": 1}
    assert ids(one.due("b", "c")) == [2, 4]
    place.wait(5)
    (head,) = one.due()
    assert head.record.payload == {"n": 0}
    assert one.due() == []  # while the head is worked on, nobody passes it
    one.commit(unpark=[head])
    (second,) = one.due()
    assert ids([second]) == [1]
    second.due = place.now + 3
    one.commit(park=[second])
    assert one.due() == []  # it waits again, and so does what is behind it
    place.wait(3)
    assert ids(one.due()) == [1]
    assert one.store.lanes("b")["k"] == 2


def test_the_next_time_of_a_lane_is_its_heads(place):
    """Whoever waits for it must not be woken all the time by what cannot be had yet."""
    one = place.process()
    one.commit(
        park=[place.parked(0, lane="k", due=place.now + 5), place.parked(1, lane="k"), place.parked(2, lane="k")]
    )
    assert one.store.next_parked(["b"]) == place.now + 5
    place.wait(5)
    (head,) = one.due(lasts=20)
    assert one.store.next_parked(["b"]) == place.now + 20
    one.commit(unpark=[head])
    assert one.store.next_parked(["b"]) == place.now - 5


def test_parked_deliveries_are_counted_by_what_offered_them(place):
    one = place.process()
    other = place.parked(2)
    other.subject = "a.out -> b.in"
    one.commit(park=[place.parked(0), place.parked(1), other])
    assert (one.store.parked(), one.store.parked("events@g"), one.store.parked("a.out -> b.in")) == (3, 2, 1)
    assert one.store.parked("nobody") == 0
    assert [row.record.payload["n"] for row in one.store.parked_rows()] == [0, 1, 2]


def test_whoever_looks_at_waiting_rows_cannot_change_them(place):
    one = place.process()
    one.commit(park=[place.parked(0)])
    (seen,) = one.store.parked_rows()
    seen.causes.append("tampered")
    seen.attempts = 9
    (row,) = one.due()
    assert (row.causes, row.attempts) == (["first cause"], 1)
    row.causes.append("tampered")
    row.attempts = 9
    (seen,) = one.store.parked_rows()
    assert (seen.causes, seen.attempts) == (["first cause"], 1)


# -- alarms ---------------------------------------------------------------------------------------------------------


def alarms(process, before=float("inf"), limit=100, nodes=("n", "m")):
    return [(a.node, a.key, a.due) for a in process.store.alarms(nodes, limit, before)]


def test_alarms_come_by_due_time_node_and_key(place):
    one = place.process()
    now = place.now
    one.commit(
        alarms=[
            Alarm("n", "b", now + 1),
            Alarm("n", "a", now + 1),
            Alarm("m", "z", now + 1),
            Alarm("n", "c", now),
            Alarm("o", "c", now),
        ]
    )
    assert alarms(one) == [("n", "c", now), ("m", "z", now + 1), ("n", "a", now + 1), ("n", "b", now + 1)]
    assert alarms(one, before=now) == [("n", "c", now)]
    assert alarms(one, before=now - 0.1) == []
    assert alarms(one, limit=2) == [("n", "c", now), ("m", "z", now + 1)]
    assert (one.store.next_alarm(["n", "m"]), one.store.next_alarm(["m"]), one.store.next_alarm(["x"])) == (
        now,
        now + 1,
        None,
    )


def test_an_alarm_keeps_its_payload_over_a_reopening(place):
    one = place.process()
    one.commit(alarms=[Alarm("n", "k", place.now, {"big": 2**70, "list": [None, 1.5]})])
    one.end()
    (alarm,) = place.process().store.alarms(["n"], 9, place.now)
    assert alarm.payload == {"big": 2**70, "list": [None, 1.5]}


def test_a_second_alarm_of_a_key_moves_the_first_and_a_cancel_takes_it_away(place):
    one = place.process()
    one.commit(alarms=[Alarm("n", "k", place.now + 1), Alarm("n", "k", place.now + 9), Alarm("m", "k", place.now + 2)])
    assert alarms(one) == [("m", "k", place.now + 2), ("n", "k", place.now + 9)]
    one.commit(alarms=[Alarm("n", "k", None), Alarm("n", "never-was", None)])
    assert alarms(one) == [("m", "k", place.now + 2)]


def test_what_went_off_is_gone_unless_it_was_moved(place):
    one = place.process()
    one.commit(alarms=[Alarm("n", "gone", place.now), Alarm("n", "moved", place.now), Alarm("n", "again", place.now)])
    fired = one.store.alarms(["n"], 9, place.now)
    one.commit(alarms=[Alarm("n", "moved", place.now + 5)])
    one.commit(fired=fired, alarms=[Alarm("n", "again", place.now)])  # set anew, for the same time, by what it rang
    assert alarms(one) == [("n", "again", place.now), ("n", "moved", place.now + 5)]


# -- state and positions ----------------------------------------------------------------------------------------------


def test_state_is_kept_by_node_and_key(place):
    one = place.process()
    one.commit(state={("n", "k"): b"1", ("n", "j"): b"[2]", ("m", "k"): b"3"})
    one.commit(state={("n", "k"): b'{"a": 1}', ("n", "j"): None, ("n", "i"): None})
    one.end()
    two = place.process()
    assert [two.store.state("n", "k"), two.store.state("n", "j"), two.store.state("m", "k")] == [
        b'{"a": 1}',
        None,
        b"3",
    ]
    assert (two.store.state_keys("n"), two.store.state_keys("m"), two.store.state_keys("x")) == (["k"], ["k"], [])
    two.commit(state={("n", "z"): b"1", ("n", "a"): b"1", ("n", "ü"): b"1"})
    assert two.store.state_keys("n") == ["a", "k", "z", "ü"]


@pytest.mark.parametrize("value", [None, 0, 17, 2**70, "offset-9", {"0": 12, "1": [None]}, [1.5, "x"]])
def test_a_position_comes_back_as_it_was(place, value):
    from penstock._store.facts import Position

    one = place.process()
    assert one.store.position("src") == Position(None, 0)
    one.commit(positions={"src": Position(value, 12), "other": Position("x", 1)})
    one.end()
    assert place.process().store.position("src") == Position(value, 12)


def test_counts_add_up_over_commits_and_processes(place):
    from collections import Counter

    one, two = place.process(), place.process()
    one.commit(counts=Counter({("l", "offered", ""): 5, ("l", "dropped", "why"): 1, ("l", "handled", ""): 0}))
    two.commit(counts=Counter({("l", "offered", ""): 2}))
    assert one.store.totals()["l", "offered", ""] == 7
    assert +one.store.totals() == {("l", "offered", ""): 7, ("l", "dropped", "why"): 1}


def test_dead_letters_are_kept_in_the_order_of_their_burial(place):
    from penstock._store.facts import DeadLetter

    one = place.process()
    letters = [
        DeadLetter(
            "n",
            "events@g",
            "ab" * 16,
            "attempts",
            "transient",
            b"\xff\x00raw",
            "raw",
            3,
            ["a", "ü"],
            place.now,
            "corr",
            "left",
        ),
        DeadLetter("m", "l", "cd" * 16, "contract", "contract", b"{}", "record", 1, [], place.now + 1),
    ]
    one.commit(dead=letters[:1])
    one.commit(dead=letters[1:])
    one.end()
    kept = list(place.process().store.dead_letters())
    assert [letter.id for letter in kept] == [1, 2]
    for letter in kept:
        letter.id = 0
    assert kept == letters


def test_history_comes_back_as_it_was(place):
    from penstock._store.facts import StepEntry

    one = place.process()
    steps = [StepEntry("s", f"events@{n}", n, 64, place.now + n, b"\x01" * 16, b"out") for n in range(3)]
    one.commit(steps=steps[:2])
    one.commit(steps=steps[2:])
    assert list(one.store.steps()) == steps


def test_a_record_and_what_descends_from_it_are_found(place):
    one = place.process()
    parent = place.record(1)
    child = parent.derive({"n": 11})
    made = type(child)(child.payload, _parent=parent, _salt=b"b", _correlation=parent.correlation)
    one.commit(append=[place.appending([place.record(0), parent]), place.appending([place.record(2)])])
    one.commit(append=[place.appending([made])])
    found = [(channel, offset, each.payload["n"]) for channel, offset, each in one.store.find(parent.id)]
    assert found == [("events", 1, 1), ("events", 3, 11)]
    assert [offset for _, offset, _ in one.store.find(made.id)] == [3]
    assert list(one.store.find("00" * 16)) == []
    assert list(one.store.find("no id at all")) == []
    assert one.store.block_time("events", 1) == place.now
