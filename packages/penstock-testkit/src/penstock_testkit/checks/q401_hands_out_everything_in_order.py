"""Q401: a store hands out a record twice, out of order, or not at all.

Why: A channel is an ordered log. Each cursor is offered all of it, in the order in which it was appended, whatever other
cursors do and however many records are asked for at a time.
Bad:   the newest first; a limit that cuts a block and forgets the rest; two cursors that share what one of them takes.
Good:  offsets that are given once, in the transaction that appends, and a place in the log for each cursor.
"""

from __future__ import annotations

from penstock.stores import ChannelSpec
from penstock_testkit.keeping import LINK, Place, StoreCheck, numbers, same


def examine(place: Place) -> None:
    """Append in pieces, and take in other pieces, for three cursors."""
    one = place.process(ChannelSpec("events", ("g", "h/x", "h/y")))
    for start, stop in ((0, 5), (5, 7), (7, 12)):
        one.append(*range(start, stop))
    first = one.leased(4)
    same("what the first lease says of its range", (first.start, first.end), (0, 4))
    one.commit(settle=[first])
    rest = [number for limit in (1, 3, 64) for number in _some(one.lease(limit))]
    same("the records of one cursor, in order", numbers(first.records) + rest, list(range(12)))
    for cursor, limit in (("h/x", 5), ("h/y", 64)):
        same(f"the records of cursor `{cursor}`, in order", one.drain(limit, cursor=cursor), list(range(12)))
    same("what is left for the first", one.lease(), None, "what is leased is nobody else's")
    totals = one.store.totals()
    same("how many were appended by the link", totals[LINK, "handled", ""], 12, "count it in the commit")
    same("how many were offered to a cursor", totals["events@h/x", "offered", ""], 12, "count it for each cursor")


def _some(lease: object) -> list[int]:
    return numbers(lease.records) if lease is not None else []  # type: ignore[attr-defined]  # a lease, or nothing


CHECK = StoreCheck("Q401", "hands out everything in order", examine)
