"""Q409: an alarm comes early, twice or never, or says something else than was left with it.

Why: Nodes close windows and give up waiting by alarms. A second alarm of a key moves the first; one that went off is gone,
unless it was set anew by what it rang for.
Bad:   an alarm for each call of `set`; deleting by key alone what went off.
Good:  one row for node and key; what went off is taken away with its due time.
"""

from __future__ import annotations

from penstock.stores import Alarm
from penstock_testkit.keeping import Place, Process, StoreCheck, same


def examine(place: Place) -> None:
    """Set, move, cancel and ring."""
    one = place.process()
    now = place.now
    payload = {"big": 2**70, "list": [None, 1.5]}
    one.commit(alarms=[Alarm("n", "b", now + 1), Alarm("n", "a", now + 1), Alarm("m", "z", now, payload)])
    same("which alarms come, in order", _all(one), [("m", "z", now), ("n", "a", now + 1), ("n", "b", now + 1)])
    same("what was left with an alarm", one.store.alarms(["m"], 9, now)[0].payload, payload)
    same("when the next alarm of a node is due", one.store.next_alarm(["n"]), now + 1)
    one.commit(alarms=[Alarm("n", "b", now + 9), Alarm("n", "a", None), Alarm("m", "gone", now)])
    same(
        "which come when one was moved and one cancelled",
        _all(one),
        [("m", "gone", now), ("m", "z", now), ("n", "b", now + 9)],
    )
    fired = one.store.alarms(["m"], 9, now)
    one.commit(alarms=[Alarm("m", "z", now + 5)])
    one.commit(fired=fired)
    same(
        "which are left when some went off and one of those was moved before",
        _all(one),
        [("m", "z", now + 5), ("n", "b", now + 9)],
    )


def _all(process: Process) -> list[tuple[str, str, float | None]]:
    return [(alarm.node, alarm.key, alarm.due) for alarm in process.store.alarms(["n", "m"], 100, float("inf"))]


CHECK = StoreCheck("Q409", "keeps alarms", examine)
