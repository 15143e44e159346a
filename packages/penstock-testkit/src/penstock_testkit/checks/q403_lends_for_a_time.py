"""Q403: a lease does not end, ends too early, or goes on under the old fence.

Why: Whoever takes records may die with them. When the lease is over they go to the next who asks, with a higher fence, so
that the old holder can be told from the new one; until then, and as long as it is renewed, they are nobody else's.
Bad:   a lease that only its holder can give back; a fence that is the same for the next holder.
Good:  one counter of fences for the whole store, which only grows, also over a reopening.
"""

from __future__ import annotations

from penstock_testkit.keeping import Place, StoreCheck, numbers, same
from penstock_testkit.question import Broken


def examine(place: Place) -> None:
    """Let one lease run out, renew another, and give a third back."""
    one, two = place.process(), place.process()
    one.append(0, 1, 2)
    old = one.leased(1, lasts=10)
    place.wait(9.9)
    same("what another process is given while a lease lasts", numbers(two.leased(1).records), [1])
    place.wait(0.1)
    new = two.leased(1, lasts=20)
    same("what another process is given when the lease is over", (new.start, numbers(new.records)), (0, [0]))
    if new.fence <= old.fence:
        raise Broken(
            f"gives the fence {new.fence} after {old.fence}", hint="take each fence from a counter that only grows"
        )
    kept = one.leased(1, lasts=10)
    place.wait(9)
    one.store.renew(one.run, place.now, place.now + 10)
    place.wait(9)
    same("what is left when the rest is held, and renewed", two.lease(1), None, "extend each lease of the holder")
    one.store.release(one.run)
    again = two.leased(1)
    same("what another process is given after a release", numbers(again.records), numbers(kept.records))


CHECK = StoreCheck("Q403", "lends for a time", examine)
