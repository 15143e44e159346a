"""Q408: a parked delivery comes too early, out of its order, or never again.

Why: A record that failed waits in a row of its own, so that those behind it go on. It comes when it is due; those of one
lane come one after the other; and when whoever took it dies, it comes again under a new fence.
Bad:   rows by age alone; the second of a lane while the first waits; a row that changes its id when it waits again.
Good:  due time, then id, heads of lanes only; a row that waits again is changed in its place.
"""

from __future__ import annotations

from collections.abc import Sequence

from penstock.stores import Parked
from penstock_testkit.keeping import Place, StoreCheck, parked, refused, same
from penstock_testkit.question import Broken


def examine(place: Place) -> None:
    """Park some, take them when they are due, let one wait again, and lose one."""
    one, two = place.process(), place.process()
    one.commit(park=[parked(number, due=place.now + wait) for number, wait in enumerate([3, 1, 2])])
    same("what is due before its time", _held(one.due()), [])
    same("when the next can be had", one.store.next_parked(["b"]), place.now + 1)
    place.wait(5)
    rows = one.due(lasts=10)
    same("what is due, in order", _held(rows), [1, 2, 0], "by due time, then by age")
    same("what another node is given", _held(two.due("c")), [])
    again = rows[0]
    again.attempts, again.due, again.delay, again.causes = 2, place.now + 20, 15.0, [*again.causes, "second cause"]
    one.commit(park=[again], unpark=[rows[1]])
    place.wait(10)
    came = two.due(lasts=100)
    if [row.id for row in came] != [rows[2].id] or came[0].fence <= rows[2].fence:
        raise Broken(f"gives {came!r} when the lease of a row is over", hint="the same row, under a higher fence")
    refused("what is done under the old fence of a row", lambda: one.commit(unpark=[rows[2]]))
    two.commit(unpark=came)
    place.wait(10)
    back = one.due()
    facts = [(row.id, row.attempts, row.causes, row.delay) for row in back]
    same("what a row says that waited again", facts, [(again.id, 2, ["first cause", "second cause"], 15.0)])
    one.commit(unpark=back)
    same("how many wait at the end", one.store.parked(), 0)
    one.commit(park=[parked(5, lane="k", due=place.now + 5), parked(6, lane="k"), parked(7, lane="j")])
    same("which heads of lanes are due", _held(one.due()), [7], "what is behind in a lane waits for its head")
    same("how many wait in each lane", dict(one.store.lanes("b")), {"k": 2, "j": 1})


def _held(rows: Sequence[Parked]) -> list[int]:
    return [row.record.payload["n"] for row in rows]


CHECK = StoreCheck("Q408", "lets failed deliveries wait", examine)
