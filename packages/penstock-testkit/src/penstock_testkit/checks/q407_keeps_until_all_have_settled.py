"""Q407: a store lets go of a record that somebody still needs, or keeps for ever what nobody does.

Why: A record may go when every cursor has settled it and the retention of its channel is over. Before, it would be lost;
without that, the disk fills.
Bad:   the settlement of the fastest group counts; what is leased counts as settled; offsets begin anew.
Good:  the smallest offset of all cursors, and of all leases, is where retention ends.
"""

from __future__ import annotations

from penstock.stores import ChannelSpec, Depth, StepEntry
from penstock_testkit.keeping import Place, StoreCheck, numbers, same


def examine(place: Place) -> None:
    """Settle in one group and not in the other, wait, and keep house."""
    one = place.process(ChannelSpec("events", ("g", "h"), retention=100.0))
    for number in range(3):
        one.append(number)
    one.commit(steps=[StepEntry("s", "events@g", 0, 3, place.now)])
    one.drain()
    one.commit(settle=[one.leased(1, cursor="h")])
    held = one.leased(1, cursor="h", lasts=10_000)
    same("how a cursor stands", one.store.depth("events", "h"), Depth(1, 1))
    place.wait(99.9)
    same("how many records went before their time", one.store.retain(place.now, 1e6), 0, "retention is in seconds")
    place.wait(0.1)
    same("how many records went that all had settled", one.store.retain(place.now, 1e6), 1)
    one.commit(settle=[held])
    same("what is left for the slower cursor", one.drain(cursor="h"), [2])
    same("how many records and steps went at the end", one.store.retain(place.now, 0.0), 3, "count both")
    same("how much history is left whose time is over", len(list(one.store.steps())), 0)
    one.append(3)
    same("what comes after all is gone", numbers(one.leased().records), [3])


CHECK = StoreCheck("Q407", "keeps until all have settled", examine)
