"""Q110: a node does not end when it is cancelled.

Why: A run that stops, and a deadline that is over, cancel what a node waits for. A node that goes on holds the run up
for as long as it likes, and what it does then is not committed anyway.
Bad:   `except BaseException: pass` around an `await`, or a loop that catches `asyncio.CancelledError` and goes on.
Good:  `except Exception:`; and `finally:` for what has to be given back.
"""

from __future__ import annotations

import asyncio
import inspect

from penstock.testing import NodeSpec
from penstock_testkit.life import Life, records_of
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject

_METHODS = ("process", "process_batch", "write", "write_batch", "read")
_PATIENCE = 2.0  # seconds
_LOOKS = 50  # turns of the loop in which a node may come to its first wait


def waits(spec: NodeSpec) -> bool:
    """Async nodes."""
    methods = [getattr(spec.cls, name, None) for name in _METHODS]
    return any(inspect.iscoroutinefunction(each) or inspect.isasyncgenfunction(each) for each in methods)


def examine(subject: Subject, port: str, records: Records) -> None:
    """Cancel the node while it waits for something."""
    for payload in [None] if port == "" else records[:3]:
        asyncio.run(_cancelled(subject, payload))


async def _cancelled(subject: Subject, payload: object) -> None:
    life = Life(subject.make(), subject.secrets)
    await life.open()
    work = life.answers(records_of([payload])[0]) if subject.spec.inputs else life.readings()
    task = asyncio.ensure_future(work)
    for _ in range(_LOOKS):
        await asyncio.sleep(0)
    if not task.done():
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=_PATIENCE)
        if not done:
            task.cancel()
            await asyncio.wait([task], timeout=_PATIENCE)
        if not done or not task.cancelled():
            how = (
                "goes on as if nothing had been"
                if done and not task.cancelled()
                else f"is not done {_PATIENCE:g} s later"
            )
            raise Broken(
                f"it is cancelled and {how}", hint="catch `Exception`, never `BaseException`", records=[payload]
            )
    elif not task.cancelled():
        task.exception()  # its own affair
    await life.close()


CHECK = Check("Q110", "can be cancelled", examine, asks=waits, generated=False)
