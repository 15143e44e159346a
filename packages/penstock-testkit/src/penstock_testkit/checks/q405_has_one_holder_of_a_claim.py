"""Q405: two processes hold one resource, or nobody can have it after its holder is gone.

Why: A source is read by one process at a time, and a stateful node works in one; that is what claims are for.
Bad:   a claim that anybody is given; one whose fence does not grow when it changes hands.
Good:  a fence for each change of hands, and work under an old one refused.
"""

from __future__ import annotations

from penstock_testkit.keeping import Place, StoreCheck, refused, same
from penstock_testkit.question import Broken


def examine(place: Place) -> None:
    """Ask twice, let it run out, and let another have it."""
    one, two = place.process(), place.process()
    fence = one.claim(lasts=10)
    if fence is None:
        raise Broken("gives a claim that nobody holds to nobody")
    same("what the holder is told who asks again", one.claim(lasts=10), fence)
    same("what another is told meanwhile", two.claim(), None, "a claim has one holder until it runs out")
    if two.claim("stage:other") is None:
        raise Broken("gives nobody a second resource", hint="a claim is of its resource alone")
    place.wait(10)
    taken = two.claim()
    if taken is None or taken <= fence:
        raise Broken(
            f"gives {taken!r} to the next holder, after {fence}", hint="take each fence from a counter that grows"
        )
    refused("work under a claim that another has taken", lambda: one.commit(claims={"stage:a": fence}))
    two.commit(claims={"stage:a": taken})


CHECK = StoreCheck("Q405", "has one holder of a claim", examine)
