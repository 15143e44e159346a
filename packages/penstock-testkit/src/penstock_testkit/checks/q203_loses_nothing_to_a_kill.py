"""Q203: a process is killed beside a sink, and a record that was delivered is gone.

Why: A kill comes at any moment, and nothing runs after it: no `finally`, no `close`. What was committed is not delivered
again, so what the world has seen of it must stay. A sink that begins anew in each life throws it away.
Bad:   `self.file = open(path, "w")` in `open`.
Good:  `open(path, "a")`, after looking at what an earlier process has left at its end.
"""

from __future__ import annotations

from penstock_testkit.killing import CAN_KILL, killed, resumed
from penstock_testkit.ledger import has_ledger, seen
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject


def examine(subject: Subject, port: str, records: Records) -> None:
    """Kill a child at each commit in turn, each in a world of its own; then let a fresh process go on."""
    if not CAN_KILL:
        return
    for at in range(1, len(records) + 2):
        world = subject.elsewhere(f"killed-{at}")
        killed(world, port, records, at)
        before = set(seen(world))
        resumed(world, port, records)
        if gone := before - set(seen(world)):
            raise Broken(
                f"the process was killed at its commit {at}, another one went on, and {len(gone)} of {len(before)} "
                "effects are gone",
                hint="look in `open` for what an earlier process has left, and go on behind it",
                records=records,
            )


CHECK = Check("Q203", "loses nothing to a kill", examine, asks=has_ledger, generated=False)
