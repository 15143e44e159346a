"""Q102: a node cannot be closed after something went wrong.

Why: When a node fails to open, or a record makes it raise, the runtime still closes it. `close` then meets a node that
is half made, and must give back what there is without asking for what there is not.
Bad:   `def close(self, ctx): self.client.close()`, when `open` may have failed before `self.client` was set.
Good:  set `self.client = None` in `__post_init__`, and close it when it is there.
"""

from __future__ import annotations

import asyncio

from penstock.sdk import Role
from penstock_testkit.life import Life
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject

_UNEXPECTED: Records = ({"\0": object()}, [], None, object())  # payloads that no node is made for


def examine(subject: Subject, port: str, records: Records) -> None:
    """Close a node that was never opened, and one whose records have failed."""
    never = subject.elsewhere("never-opened").make()
    _close(never, subject, "that was never opened")
    if subject.spec.role is not Role.SOURCE:
        upset = subject.elsewhere("upset").make()
        asyncio.run(_fails(Life(upset, subject.secrets)))
        _close(upset, subject, "whose records have failed")


async def _fails(life: Life) -> None:
    await life.open()
    await life.work(_UNEXPECTED)


def _close(made: object, subject: Subject, which: str) -> None:
    try:
        asyncio.run(Life(made, subject.secrets).close())
    except Exception as error:
        raise Broken(
            f"`close` of a node {which} raises {error!r}", hint="close what is there, and only that"
        ) from error


CHECK = Check("Q102", "closes after a failure", examine, generated=False)
