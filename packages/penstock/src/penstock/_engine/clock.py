"""Time as a port: the wall's, or one that a simulation turns.

Takes:   nothing, or an event loop with virtual time.
Gives:   `Clock`, `WallClock`, `LoopClock`; `as_time`, `time_text`.
Ignores: sleeping, which the event loop does in step with its clock.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio


class Clock(Protocol):
    """Seconds since the epoch."""

    def now(self) -> float:
        """The time."""


class WallClock:
    """The machine's own clock."""

    def now(self) -> float:
        """The time."""
        return time.time()


class LoopClock:
    """A clock that goes with an event loop's own time, from a fixed start."""

    def __init__(self, loop: asyncio.AbstractEventLoop, start: float) -> None:
        self._loop = loop
        self._start = start

    def now(self) -> float:
        """The time."""
        return self._start + self._loop.time()


FIRST, LAST = -62_135_596_800.0, 253_402_300_799.0  # seconds since the epoch: the years 1 to 9999


def as_time(seconds: float) -> datetime:
    """Seconds since the epoch as a zone-aware datetime (UTC)."""
    return datetime.fromtimestamp(seconds, timezone.utc)


def time_text(seconds: float | None) -> str | None:
    """RFC 3339, UTC, milliseconds; what no calendar has is its first or its last day."""
    if seconds is None:
        return None
    known = as_time(min(max(seconds, FIRST), LAST))
    return known.isoformat(timespec="milliseconds").replace("+00:00", "Z")
