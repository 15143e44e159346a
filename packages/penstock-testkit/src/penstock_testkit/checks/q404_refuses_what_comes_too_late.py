"""Q404: a store takes work of a holder that has lost its lease, or keeps a part of what it refuses.

Why: The step of a slow process and the step of its successor would both count: records twice, state from two hands. What
is refused must leave no trace, because it is done again by somebody else.
Bad:   settling by offset without a look at the fence; appending before the fences are compared, without a rollback.
Good:  one transaction that compares every fence first, and raises `LeaseLost`.
"""

from __future__ import annotations

from typing import Any

from penstock.stores import Alarm, DeadLetter, Position, StepEntry
from penstock_testkit.keeping import LINK, Place, Process, StoreCheck, appending, parked, record, refused, same


def examine(place: Place) -> None:
    """Lose a lease, and commit everything that a step can change under it."""
    one, two = place.process(), place.process()
    one.append(0, 1)
    one.commit(state={("n", "k"): b"1"}, park=[parked(5)])
    late, good = one.leased(1, lasts=10), one.leased(1, lasts=10_000)
    place.wait(10)
    two.leased(1)
    before = _all(two)
    everything: dict[str, Any] = {
        "settle": [good, late],
        "append": [appending([record(9)])],
        "park": [parked(8)],
        "dead": [DeadLetter("n", "l", "0" * 32, "r", "permanent", b"{}", "record", 1, ["c"], place.now)],
        "alarms": [Alarm("n", "k", place.now + 5)],
        "state": {("n", "k"): b"2", ("n", "other"): b"3"},
        "positions": {"src": Position(5, 5)},
        "steps": [StepEntry("s", "i", 0, 1, place.now)],
    }
    refused("the work of a holder whose lease went to another", lambda: one.commit(**everything))
    same("what stands after work was refused", _all(two), before, "roll everything back")
    one.commit(settle=[good])
    refused("a settlement of what is settled", lambda: one.commit(settle=[good]))


def _all(process: Process) -> Any:
    store = process.store
    return (
        store.totals()[LINK, "handled", ""],
        len(list(store.dead_letters())),
        len(list(store.steps())),
        sorted(row.record.payload["n"] for row in store.parked_rows()),
        [store.state("n", "k"), store.state("n", "other")],
        store.position("src"),
        len(store.alarms(["n"], 100, float("inf"))),
        store.depth("events", "g"),
    )


CHECK = StoreCheck("Q404", "refuses what comes too late", examine)
