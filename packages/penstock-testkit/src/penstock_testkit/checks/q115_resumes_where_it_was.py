"""Q115: a source does not go on where it was left.

Why: After a crash a source is asked to read on behind its last committed position, by a fresh instance. What comes then
must be what would have come, no reading twice and none left out.
Bad:   `for at, line in enumerate(file): yield Reading(line, at)`, which reads from the start every time.
Good:  skip what is not behind `ctx.position`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from penstock.sdk import Role
from penstock.testing import NodeSpec
from penstock_testkit.drive import text
from penstock_testkit.life import LIMIT, Life
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject


def reads(spec: NodeSpec) -> bool:
    """Sources."""
    return spec.role is Role.SOURCE


def examine(subject: Subject, port: str, records: Records) -> None:
    """Read everything, then again from behind each reading."""
    whole = asyncio.run(_read(subject, None))
    for at, reading in enumerate(whole):
        if len(whole) == LIMIT and at >= LIMIT // 2:
            break
        rest = asyncio.run(_read(subject, reading.position))
        wanted = whole[at + 1 :]
        if _told(rest[: len(wanted)]) != _told(wanted) or (len(whole) < LIMIT and len(rest) != len(wanted)):
            raise Broken(
                f"behind position {text(reading.position)} it gives {len(rest)} readings, and not those that come behind "
                f"reading {at + 1} of {len(whole)}",
                hint="begin behind `ctx.position`, which is the position of the last reading that was committed",
            )


async def _read(subject: Subject, position: Any) -> list[Any]:
    life = Life(subject.make(), subject.secrets)
    await life.open()
    try:
        return await life.readings(position)
    finally:
        await life.close()


def _told(found: list[Any]) -> str:
    return text([[getattr(each, "payload", None), each.position, getattr(each, "key", None)] for each in found])


CHECK = Check("Q115", "resumes where it was", examine, asks=reads, generated=False)
