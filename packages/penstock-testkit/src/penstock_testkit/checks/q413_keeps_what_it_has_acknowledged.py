"""Q413: a process was killed, and something is gone that its store had acknowledged, or is there in part.

Why: When `commit` returns, the step is over: a source goes on, and nobody sends it again. A kill may take what was not
acknowledged yet, whole, and nothing else.
Bad:   commits that are collected and written when there are enough; a file that is written and closed at the end.
Good:  one transaction a commit, and an answer after the system has it.
"""

from __future__ import annotations

from penstock_testkit.keeping import Place, Process, StoreCheck, record, same
from penstock_testkit.question import Broken

_KILLS = (1, 4, 23)  # after so many commits that were acknowledged


def examine(place: Place) -> None:
    """Kill a process that commits, three times, and count what is there."""
    said = 0
    for enough in _KILLS:

        def commits(one: Process, begin: int = said) -> None:
            for number in range(begin, begin + 300):
                state = {("n", "last"): str(number).encode()}
                one.commit(append=[_two(number)], state=state)
                one.place.tell()

        heard = place.killed(commits, lambda heard, enough=enough: len(heard) >= enough)  # type: ignore[misc]  # its own number
        two = place.process()
        kept = two.store.depth("events", "g").waiting
        last = int(two.store.state("n", "last") or b"-1") + 1
        two.end()
        if last < said + len(heard):
            raise Broken(f"has acknowledged {said + len(heard)} commits, and knows {last} of them after a kill")
        same("the records of as many commits, two in each", kept, 2 * last, "one transaction, whole or not at all")
        said = last
    three = place.process()
    numbers = [number // 2 for number in range(2 * said)]
    same("all that was kept, in order", three.drain(7), numbers)


def _two(number: int) -> object:
    from penstock_testkit.keeping import appending

    return appending([record(number), record(number)])


CHECK = StoreCheck("Q413", "keeps what it has acknowledged", examine, kills=True)
