"""Q421: a holder that has lost its claim goes on taking records, or keeps what it had taken when it was ousted.

Why: A process that was stopped for longer than its claim lasts does not know that another has taken its place. What it takes is
missing in what the next holder takes, and comes again later: by then the records behind it are done, and keys have lost their order.
Bad:   comparing fences when work is committed, and not when records are taken; leaving an ousted holder its leases until they run out.
Good:  when a claim goes to another, give back all that its holder has, and note it; raise `LeaseLost` until it has asked for a `release`.
"""

from __future__ import annotations

from contextlib import suppress

from penstock.stores import Ahead, LeaseLost, Work
from penstock_testkit.keeping import Place, Process, StoreCheck, appending, numbers, record, refused, same

_IT = "a holder that has lost its claim"


def examine(place: Place) -> None:
    """Let a claim run out, let its holder go on, and give the claim to another; then let the first begin anew."""
    one, two = place.process(), place.process()
    one.append(*range(4))
    one.claim(lasts=10)
    place.wait(10)
    one.leased(2, lasts=10_000)
    one.claim("stage:b")
    two.claim(lasts=10)
    first = numbers(two.leased(1).records)
    same("what the next holder of a claim is given", first, [0], "give back what the one before it has leased")
    rest = two.claim("stage:b") is not None
    same("whether another can claim what else it held", rest, True, "give all of its claims back")
    refused(f"a lease for {_IT}", one.lease)
    same(f"what is leased ahead to {_IT}", _leased_ahead(one), [])
    one.store.renew(one.run, place.now, place.now + 10)
    refused(f"a lease for {_IT}, when it asks again", one.lease)
    one.store.release(one.run)
    same("what it is given after a release", numbers(one.leased(1).records), [1])
    place.wait(10)
    two.claim()
    same("what a holder is given that has claimed again what was its own", numbers(two.leased(1).records), [2])


def _leased_ahead(process: Process) -> list[object]:
    work = Work(append=[appending([record(9)])], ahead=[Ahead("events", "g", 1, process.now + 30)])
    with suppress(LeaseLost):  # which may be the answer to the whole commit
        process.store.commit(work, process.run, process.now)
    return list(work.leased)


CHECK = StoreCheck("Q421", "leases nothing to the ousted", examine)
