"""Q411: counts, dead letters, history or notes are not what was committed.

Why: From these an operator is told where a record has been and what became of it, and the counts of each link have to add
up; what is missing there is a record that was lost without a trace.
Bad:   counts that are set and not added to; dead letters without their bytes; a record that cannot be found by its id.
Good:  everything in the transaction of the step, and given back in the order in which it came.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from penstock.stores import DeadLetter, Note, StepEntry
from penstock_testkit.keeping import Place, StoreCheck, record, same


def examine(place: Place) -> None:
    """Commit some of each, and ask."""
    one = place.process()
    one.commit(counts=Counter({("l", "offered", ""): 5, ("l", "dropped", "why"): 1}))
    one.commit(counts=Counter({("l", "offered", ""): 2}))
    told = {subject: count for subject, count in one.store.totals().items() if count}
    same("what was counted", told, {("l", "offered", ""): 7, ("l", "dropped", "why"): 1}, "add it up")
    raw = DeadLetter(
        "n", "l", "ab" * 16, "why", "transient", b"\xff\x00raw", "raw", 3, ["a", "\u00fc"], place.now, "c", "left"
    )
    one.commit(dead=[replace(raw)])  # a bad store changes what it is given
    one.commit(dead=[DeadLetter("m", "l", "cd" * 16, "contract", "contract", b"{}", "record", 1, [], place.now)])
    letters = list(one.store.dead_letters())
    same("the ids of dead letters", [letter.id for letter in letters], [1, 2])
    letters[0].id = 0
    same("a dead letter", letters[0], raw)
    steps = [StepEntry("s", f"events@{n}", n, 64, place.now + n, b"\x01" * 16, b"out") for n in range(3)]
    one.commit(steps=steps[:2])
    one.commit(steps=steps[2:])
    same("the history", list(one.store.steps()), steps)
    one.append(0, 1)
    found = [(channel, offset, one.payload) for channel, offset, one in one.store.find(record(1).id)]
    same("where a record is found", found, [("events", 1, {"n": 1})])
    same("when it was appended", one.store.block_time("events", 1), place.now)
    same("where a record is found that never was", list(one.store.find("00" * 16)), [])
    one.store.note(one.run, "kind", {"a": [1, None]}, place.now)
    same("what was noted", list(one.store.notes()), [Note(1, one.run, place.now, "kind", {"a": [1, None]})])


CHECK = StoreCheck("Q411", "remembers what happened", examine)
