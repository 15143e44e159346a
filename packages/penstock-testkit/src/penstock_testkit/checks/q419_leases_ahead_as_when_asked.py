"""Q419: a range that a commit leased ahead is not the next one, is leased to others too, or was leased by a refused commit.

Why: A commit may ask for the next range of a cursor (`Work.ahead`), so that a transaction is saved for each batch. What it is
given (`Work.leased`) is a lease like any other: the next range, which nobody else holds, and nothing when the commit is refused.
Bad:   a range that is read ahead and not held; one that is held although the commit was rolled back.
Good:  lease after everything else, in the same transaction; or leave the wish unheard, and `Work.leased` empty.
"""

from __future__ import annotations

from penstock.stores import Ahead, Work
from penstock_testkit.keeping import Place, Process, StoreCheck, appending, numbers, record, refused, same


def examine(place: Place) -> None:
    """Ask for ranges ahead in commits that hold and in one that does not."""
    one, two = place.process(), place.process()
    work = _asking(one, 2, *range(3))
    one.store.commit(work, one.run, one.now)
    if not work.leased:  # the wish was left unheard, as it may be
        same("what a store that leases nothing ahead has to hand out", two.drain(), [0, 1, 2])
        return
    (ahead,) = work.leased
    same("the range that was leased ahead", (ahead.start, numbers(ahead.records)), (0, [0, 1]))
    taken = two.leased()
    same("what is left for another process", numbers(taken.records), [2])
    one.commit(settle=[ahead])
    again = _asking(one, 64, 3)
    again.claims["stage:a"] = ahead.fence  # which nobody holds
    refused("a commit under a claim that nobody holds", lambda: one.store.commit(again, one.run, one.now))
    same("what a refused commit has leased", again.leased, [])
    two.commit(settle=[taken])
    one.append(4)
    same("what is to be had after a refused commit", two.drain(), [4])


def _asking(process: Process, limit: int, *which: int) -> Work:
    made = [appending([record(n) for n in which])] if which else []
    return Work(append=made, ahead=[Ahead("events", "g", limit, process.now + 30)])


CHECK = StoreCheck("Q419", "leases ahead as when asked", examine)
