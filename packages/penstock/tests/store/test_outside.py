"""What reaches a store beside the steps of a run: orders, notes, records that are shed, retries after a long absence."""

from __future__ import annotations

import pytest

from penstock._store.facts import Note, Order, Trim


def waiting(store):
    return store.depth("events", "g").waiting


def test_orders_are_numbered_and_everybody_sees_them_in_order(place):
    one, two = place.process(), place.process()
    assert one.store.orders() == []
    assert one.store.give_order("policies", "text é\n", "ada", place.now) == 1
    assert two.store.give_order("policies", "other", "bob", place.now + 1) == 2
    both = [Order(1, "policies", "text é\n", "ada", place.now), Order(2, "policies", "other", "bob", place.now + 1)]
    assert one.store.orders() == two.store.orders() == both
    assert one.store.orders(after=1) == both[1:]
    assert one.store.orders(after=2) == []


def test_notes_come_back_as_they_were_written(place):
    one = place.process()
    facts = {"old": "", "new": "sha256:1", "counts": [1, 2.5, None, {"deep": True}]}
    one.store.note(one.run, "policies", facts, place.now)
    facts["new"] = "changed afterwards"
    one.store.note("another", "policy-fault", {}, place.now + 1)
    assert list(one.store.notes()) == [
        Note(1, one.run, place.now, "policies", {**facts, "new": "sha256:1"}),
        Note(2, "another", place.now + 1, "policy-fault", {}),
    ]


def test_what_is_trimmed_is_the_oldest_that_nobody_has_taken_and_is_counted(place):
    one = place.process()
    one.append(0, 1, 2, 3, 4)
    held = one.lease(limit=2)
    one.commit(trim=[Trim("events", "g", 3, "oldest")])
    assert waiting(one.store) == 1  # two are held, so one more is the third
    assert one.store.totals()["events@g", "dropped", "oldest"] == 2
    one.commit(settle=[held])
    assert one.drain() == [4]


@pytest.mark.parametrize(("keep", "left"), [(0, 0), (2, 2), (4, 4), (9, 5)])
def test_trimming_comes_after_what_the_same_transaction_appends(place, keep, left):
    one = place.process()
    one.append(0, 1)
    one.commit(append=[place.appending([place.record(n) for n in (2, 3, 4)])], trim=[Trim("events", "g", keep, "x")])
    assert waiting(one.store) == left
    assert one.store.totals()["events@g", "dropped", "x"] == 5 - left
    assert one.drain() == [0, 1, 2, 3, 4][5 - left :]


def test_what_is_held_is_never_trimmed(place):
    one = place.process()
    one.append(0, 1, 2)
    held = one.lease(limit=3)
    one.commit(trim=[Trim("events", "g", 0, "x")])
    assert one.store.totals()["events@g", "dropped", "x"] == 0
    one.commit(settle=[held])


def test_a_delivery_knows_how_long_it_was_told_to_wait(place):
    one = place.process()
    row = place.parked(0, due=place.now)
    row.delay = 2.5
    one.commit(park=[row])
    (back,) = one.due()
    assert back.delay == 2.5
    back.delay, back.due = 7.0, place.now + 7
    one.commit(park=[back])
    place.wait(8)
    assert [row.delay for row in one.due()] == [7.0]


def test_what_came_due_while_nobody_was_there_is_spread_over_its_own_delay(place):
    one = place.process()
    rows = [place.parked(n, due=place.now + n / 10) for n in range(100)]
    for row in rows:
        row.delay = 60.0
    at_once = place.parked(100, due=place.now)  # it waits for another reason: nobody has told it how long
    one.commit(park=[*rows, at_once])
    place.wait(3600)
    assert one.store.spread(place.now) == 100
    one.commit(unpark=one.due())
    assert one.store.parked() == 100
    dues = sorted(row.due - place.now for row in one.store.parked_rows() if row.delay)
    assert dues[0] >= 0
    assert dues[-1] < 60
    assert all(10 <= sum(at <= due < at + 15 for due in dues) <= 40 for at in (0, 15, 30, 45))
    assert one.store.spread(place.now) == 0  # what has its time before it is left alone
    place.wait(61)
    assert len(one.due(limit=200)) == 100


def test_what_somebody_holds_is_not_spread(place):
    one = place.process()
    row = place.parked(0, due=place.now - 5)
    row.delay = 60.0
    one.commit(park=[row])
    (held,) = one.due()
    assert one.store.spread(place.now + 1) == 0
    one.commit(unpark=[held])
