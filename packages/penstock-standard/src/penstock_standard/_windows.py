"""Count outcomes over the last calls, or over the last seconds.

Takes:   batches of outcomes: how many calls, how many of them failed, how many were slow.
Gives:   `CallWindow`, `TimeWindow`; both tell `calls`, `failed` and `slow` of what they still hold.
Ignores: what follows from the counts (`circuit_breaker.py`).
"""

from __future__ import annotations

from collections import deque

SLICES = 10  # a window of time forgets in tenths, as Polly's rolling health metrics do


class CallWindow:
    """The outcomes of the last `size` calls; a batch is forgotten whole, when those behind it fill the window."""

    def __init__(self, size: float) -> None:
        self.calls = self.failed = self.slow = 0
        self._size = size
        self._batches: deque[tuple[int, int, int]] = deque()

    def add(self, now: float, calls: int, failed: int, slow: int) -> None:
        """Count one batch."""
        batches = self._batches
        batches.append((calls, failed, slow))
        self.calls += calls
        self.failed += failed
        self.slow += slow
        while self.calls - batches[0][0] >= self._size:
            calls, failed, slow = batches.popleft()
            self.calls -= calls
            self.failed -= failed
            self.slow -= slow


class TimeWindow:
    """The outcomes of the last `size` seconds, by tenths of it."""

    def __init__(self, size: float) -> None:
        self.calls = self.failed = self.slow = 0
        self._slice = size / SLICES  # seconds
        self._slices: deque[list[int]] = deque()  # number of the slice, calls, failed, slow

    def add(self, now: float, calls: int, failed: int, slow: int) -> None:
        """Count one batch that ended `now`; a clock that goes back counts into the newest slice."""
        number = int(now // self._slice)
        if not self._slices or self._slices[-1][0] < number:
            self._slices.append([number, 0, 0, 0])
        for at, more in enumerate((calls, failed, slow), 1):
            self._slices[-1][at] += more
        self._count(calls, failed, slow)
        while self._slices[0][0] <= self._slices[-1][0] - SLICES:
            _, calls, failed, slow = self._slices.popleft()
            self._count(-calls, -failed, -slow)

    def _count(self, calls: int, failed: int, slow: int) -> None:
        self.calls += calls
        self.failed += failed
        self.slow += slow
