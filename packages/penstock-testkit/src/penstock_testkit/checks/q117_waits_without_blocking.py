"""Q117: a node stops the whole process while it waits.

Why: Nodes that do not say otherwise are called on the one thread that runs the graph. While one of them sleeps there,
nothing else moves: no other node, no lease is renewed, no signal is heard.
Bad:   `time.sleep(1)` in `process`.
Good:  `await asyncio.sleep(1)` in an `async def`, `blocking=True` in `@node(...)`, or an alarm (`ctx.timers`).
"""

from __future__ import annotations

import asyncio

from penstock.testing import NodeSpec
from penstock_testkit.life import live
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject
from penstock_testkit.watching import watched


def is_called_in_line(spec: NodeSpec) -> bool:
    """Nodes that have not asked for a thread."""
    return not spec.blocking


def examine(subject: Subject, port: str, records: Records) -> None:
    """Watch for `time.sleep`."""
    made = subject.make()
    with watched(subject.package) as asked:
        asyncio.run(live(made, records[:3], subject.secrets))
    for call in asked:
        if call.what == "sleep":
            raise Broken(
                f"it sleeps at {call.where}",
                hint="`await asyncio.sleep(...)`, or say `blocking=True`",
                records=records[:3],
            )


CHECK = Check("Q117", "waits without blocking", examine, asks=is_called_in_line, generated=False)
