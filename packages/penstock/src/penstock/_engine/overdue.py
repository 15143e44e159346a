"""Give up attempts at their deadline, with one timer for all that are under way and next to nothing for each.

Takes:   a deadline in seconds, tasks that begin and end attempts.
Gives:   `Overdue`: cancels a task whose attempt takes too long, and knows afterwards that it was the cause.
Ignores: what an attempt is.
"""

from __future__ import annotations

import asyncio
from typing import Any


class Overdue:
    """The attempts of one batch that are under way: task -> when it has to be done."""

    def __init__(self, deadline: float | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._deadline = deadline
        self._until: dict[asyncio.Task[Any], float] = {}
        self._cancelled: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> float:
        """The calling task begins an attempt; the time."""
        now = self._loop.time()
        if self._deadline is not None:
            self._until[_me()] = now + self._deadline
            if self._timer is None:
                self._timer = self._loop.call_at(now + self._deadline, self._look)
        return now

    def end(self, began: float) -> float:
        """The calling task has come to the end of it, one way or the other; how long it took."""
        if self._deadline is not None:
            self._until.pop(_me(), None)
            self.was_the_cause()  # a task that took no notice has come to its end all the same
        return self._loop.time() - began

    def was_the_cause(self) -> bool:
        """Whether the calling task was cancelled because of its deadline; from now on it is not any more."""
        me = _me()
        if me not in self._cancelled:
            return False
        self._cancelled.discard(me)
        uncancel = getattr(me, "uncancel", None)  # since Python 3.11
        if uncancel is not None:
            uncancel()
        return True

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._until.clear()

    def _look(self) -> None:
        now = self._loop.time()
        for task, until in list(self._until.items()):
            if until <= now and task not in self._cancelled:
                self._cancelled.add(task)
                task.cancel()
        left = [until for task, until in self._until.items() if task not in self._cancelled]
        self._timer = self._loop.call_at(min(left), self._look) if left else None


def _me() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None
    return task
