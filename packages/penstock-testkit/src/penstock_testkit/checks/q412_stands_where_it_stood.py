"""Q412: a store that is closed and opened again is not the one that was closed.

Why: A graph is stopped and started every day, and goes on where it was. Nothing but what runs held may change by that.
Bad:   something that is kept in the object; fences that begin anew; leases of a run that has ended.
Good:  what a commit has answered is on the disk, or wherever the store is kept.
"""

from __future__ import annotations

from typing import Any

from penstock.stores import Alarm, ChannelSpec, Position
from penstock_testkit.keeping import Place, Process, StoreCheck, parked, same
from penstock_testkit.question import Broken


def examine(place: Place) -> None:
    """Commit some of everything, end, and look again; then let a new cursor come."""
    channel = ChannelSpec("events", ("g",), dedup_window=1e6, retention=1e6)
    one = place.process(channel)
    one.append(0, 1, 2)
    one.commit(
        settle=[one.leased(1)], state={("n", "k"): b'{"a":1}'}, park=[parked(4)], alarms=[Alarm("n", "k", place.now)],
        positions={"src": Position("here", 3)},
    )  # fmt: skip  # what happened in one line, where it stands in another
    fence = one.leased(1, lasts=1e9).fence
    one.store.release(one.run)
    one.store.give_order("kind", "body", "ada", place.now)
    before = _all(one)
    one.end()
    one.store.close()  # a second time is no error
    two = place.process(channel)
    same("what stands after closing and opening", _all(two), before)
    if two.leased(1).fence <= fence:
        raise Broken("begins anew with its fences when it is opened", hint="keep the counter of fences with the rest")
    two.append(0)
    two.end()
    three = place.process(ChannelSpec("events", ("g", "late"), dedup_window=1e6, retention=1e6))
    same("what is offered to a cursor that came later", three.drain(cursor="late"), [0, 1, 2], "all that is kept")
    same("what is left for the first", three.drain(), [1, 2])
    runs = [(run["run"], run["outcome"], run["ended"] is None) for run in three.store.runs()]
    wanted = [("run-1", "stopped", False), ("run-2", "stopped", False), ("run-3", None, True)]
    same("the runs that were", runs, wanted)


def _all(process: Process) -> Any:
    store = process.store
    return (
        dict(+store.totals()),
        [row.record.payload["n"] for row in store.parked_rows()],
        store.state("n", "k"),
        store.position("src"),
        [(alarm.key, alarm.due) for alarm in store.alarms(["n"], 9, float("inf"))],
        store.depth("events", "g"),
        [order.body for order in store.orders()],
    )


CHECK = StoreCheck("Q412", "stands where it stood", examine)
