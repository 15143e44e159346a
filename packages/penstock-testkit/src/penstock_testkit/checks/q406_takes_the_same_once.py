"""Q406: a store keeps a record twice, or takes another body for the same record.

Why: After a crash a producer sends again what it is not sure of. Within the window of the channel, its own record is taken
once; another body under the same id is a conflict, which is kept as a dead letter and never merged in silence.
Bad:   a memory that ends with settlement or with the process; one that all producers share.
Good:  (channel, producer, id) with a digest of the body, remembered in the transaction that appends.
"""

from __future__ import annotations

from penstock.stores import ChannelSpec
from penstock_testkit.keeping import LINK, Place, StoreCheck, appending, record, refused, same

_REMEMBERS = ChannelSpec("events", ("g",), dedup_window=60.0)


def examine(place: Place) -> None:
    """Send again: the same, after settlement, another body, another producer, and when the window is over."""
    one = place.process(_REMEMBERS)
    one.append(1)
    one.append(1)
    same("what a channel holds after the same record came twice", one.drain(), [1])
    same("how many were dropped as duplicates", one.store.totals()[LINK, "dropped", "duplicate"], 1)
    one.commit(append=[appending([record(1, {"n": 99})])])
    letters = [(letter.node, letter.reason, letter.record_id) for letter in one.store.dead_letters()]
    same("the dead letters after another body", letters, [("p", "conflict", record(1).id)])
    same("how many were given up as conflicts", one.store.totals()[LINK, "dead", "conflict"], 1)
    one.append(1, producer="q")
    same("what another producer's record of this id becomes", one.drain(), [1], "keys are of one producer")
    refused("work without a lease", lambda: one.commit(append=[appending([record(2)])], claims={"nobody's": 1}))
    one.append(2)
    same("what is taken after it was refused once", one.drain(), [2], "remember in the same transaction")
    place.wait(60)
    one.append(1)
    same("what is taken when the window is over", one.drain(), [1])


CHECK = StoreCheck("Q406", "takes the same once", examine)
