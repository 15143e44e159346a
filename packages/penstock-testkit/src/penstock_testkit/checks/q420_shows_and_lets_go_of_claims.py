"""Q420: claims that hold are not shown, or others are; or giving one back gives back something else.

Why: The copies of a stage behind a channel with partitions are shared among the processes that live. They see each other by the
claims that they hold (`Sharing.claims`), and hand a copy over by giving one claim back (`Sharing.let_go`).
Bad:   a claim that is over and still shown, so that the dead keep their part; giving back all that an owner holds.
Good:  whoever is no `Sharing` is not asked; its processes hold what they have claimed until they end.
"""

from __future__ import annotations

from penstock.stores import Sharing
from penstock_testkit.keeping import Place, StoreCheck, same


def examine(place: Place) -> None:
    """Claim, look, let one run out, and give one back."""
    one, two = place.process(), place.process()
    if not isinstance(one.store, Sharing):
        return
    fences = [one.claim("share:a:1", lasts=10), two.claim("share:a:2"), two.claim("share:b:2")]

    def shown(prefix: str) -> list[tuple[str, str, int]]:
        assert isinstance(two.store, Sharing)
        return [(claim.resource, claim.owner, claim.fence) for claim in two.store.claims(prefix, place.now)]

    both = [("share:a:1", one.run, fences[0]), ("share:a:2", two.run, fences[1])]
    same("the claims that begin with `share:a:`", shown("share:a:"), both)
    one.store.let_go("share:a:2", one.run)
    same("the claims after somebody gave back what is another's", shown("share:a:"), both)
    place.wait(10)
    same("the claims when one of them is over", shown("share:a:"), both[1:])
    assert isinstance(two.store, Sharing)
    two.store.let_go("share:a:2", two.run)
    same("the claims after one was given back", shown("share:"), [("share:b:2", two.run, fences[2])])
    again = one.claim("share:a:2")
    same("whether what was given back can be had", again is not None and again > (fences[2] or 0), True)


CHECK = StoreCheck("Q420", "shows and lets go of claims", examine)
