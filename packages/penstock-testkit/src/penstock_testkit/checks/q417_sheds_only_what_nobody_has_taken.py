"""Q417: shedding takes away what somebody works on, the wrong end of a channel, or what was not counted.

Why: A policy may say that a full channel lets its oldest records go. Whatever goes is counted with its reason, and what is
leased is being worked on; it would be counted as dropped and handled both.
Bad:   trimming the newest; trimming from the beginning of the log, leases or not.
Good:  the cursor moves over what was not handed out yet, and counts how far.
"""

from __future__ import annotations

from penstock.stores import Trim
from penstock_testkit.keeping import Place, StoreCheck, appending, numbers, record, same


def examine(place: Place) -> None:
    """Hold two of six, trim to three in the transaction that appends one more, and see what is left."""
    one = place.process()
    one.append(0, 1, 2, 3, 4)
    held = one.leased(2)
    one.commit(append=[appending([record(5)])], trim=[Trim("events", "g", 3, "oldest", "n")])
    totals = one.store.totals()
    same("how many were dropped", totals["events@g", "dropped", "oldest"], 3)
    same("how many of them at the node", totals["n", "dropped", "oldest"], 3)
    one.commit(trim=[Trim("events", "g", 0, "all")])
    same("how many of those that are held were dropped", one.store.depth("events", "g").leased, 2)
    same("what whoever holds them has", numbers(held.records), [0, 1])
    one.append(6)
    one.commit(settle=[held])
    same("what is left", one.drain(), [6])


CHECK = StoreCheck("Q417", "sheds only what nobody has taken", examine)
