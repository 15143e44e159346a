"""Q414: what a killed process held stays held until its lease is over, or what a living one holds is taken away.

Why: A lease may be long, and nobody waits for it when it is known that its holder is gone: the next run begins with what
was under way. A process that lives must not lose anything by that.
Bad:   leases that only run out; a run that counts as dead because another one begins.
Good:  something that the system lets go of with the process, such as a lock on a file, and a look at it in `begin_run`.
"""

from __future__ import annotations

from penstock_testkit.keeping import Place, Process, StoreCheck, parked, same


def examine(place: Place) -> None:
    """Kill a process that holds a range, a row and a claim, while another one that lives holds a range."""
    one = place.process()
    one.append(0, 1)
    one.commit(park=[parked(7)])
    living = one.leased(1, lasts=1e9)

    def takes(other: Process) -> None:
        other.leased(1, lasts=1e9)
        other.due(lasts=1e9)
        other.claim(lasts=1e9)
        other.place.tell()

    place.killed(takes, lambda heard: len(heard) >= 1)
    two = place.process()
    got = two.lease(1)
    same(
        "what a killed process held, to the next run",
        None if got is None else got.start,
        1,
        "give it back in `begin_run`",
    )
    same("how many rows are free again", len(two.due()), 1, "give it back in `begin_run`")
    same("whether the claim is free", two.claim() is not None, True, "give it back in `begin_run`")
    same("what is left beside what a living process holds", two.lease(1), None, "a run that lives is not dead")
    one.commit(settle=[living])


CHECK = StoreCheck("Q414", "frees what the dead held", examine, kills=True)
