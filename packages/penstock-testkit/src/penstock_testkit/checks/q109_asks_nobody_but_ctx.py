"""Q109: a node asks the machine for the time or for chance, not the runtime.

Why: `ctx.now` and `ctx.random` are the same in every attempt, in a simulation and in a test; the machine's clock and
its random numbers are not, so that nothing can be repeated and a redelivery gives another answer.
Bad:   `time.time()`, `datetime.now()`, `random.random()`, `uuid.uuid4()`
Good:  `ctx.now`, `ctx.time`, `ctx.random.random()`, `record.id`
"""

from __future__ import annotations

import asyncio

from penstock_testkit.life import live
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject
from penstock_testkit.watching import watched

_INSTEAD = {"clock": "`ctx.now` or `ctx.time`", "chance": "`ctx.random`, or `record.id` for a name"}


def examine(subject: Subject, port: str, records: Records) -> None:
    """Watch a life by hand."""
    made = subject.make()
    with watched(subject.package) as asked:
        asyncio.run(live(made, records, subject.secrets))
    for call in asked:
        if call.what in _INSTEAD:
            raise Broken(f"it asks `{call.name}` at {call.where}", hint=f"ask {_INSTEAD[call.what]}", records=records)


CHECK = Check("Q109", "asks nobody but ctx for time and chance", examine, attempts=5)
