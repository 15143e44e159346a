"""Threads for nodes that block: as many as are needed, up to a limit; one that never comes back harms nobody else.

Takes:   calls.
Gives:   `Threads`, an executor whose threads are not waited for when the process ends.
Ignores: who waits for the answer, and for how long (`runner.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any

_Call = tuple["Future[Any]", Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Threads(Executor):
    """Like `ThreadPoolExecutor`, which however joins every thread at exit, also one that hangs in a call."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._busy = 0  # calls that are under way or wait

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Make a call in some thread."""
        future: Future[Any] = Future()
        with self._lock:
            self._busy += 1
            wanted = self._threads < min(self._limit, self._busy)
            self._threads += wanted
        self._calls.put((future, fn, args, kwargs))
        if wanted:
            threading.Thread(target=self._work, name="penstock-node", daemon=True).start()
        return future

    def abandon(self, given_up: bool) -> None:
        """Nobody waits for one of the calls any more (or, again, it has come back): another thread may take its place."""
        with self._lock:
            self._limit += 1 if given_up else -1

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            future, fn, args, kwargs = call
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args, **kwargs))
                except BaseException as error:  # told to whoever waits
                    future.set_exception(error)
            del call, future, fn, args, kwargs
            with self._lock:
                self._busy -= 1
                if self._threads > self._limit:
                    self._threads -= 1
                    return

    def shutdown(self, wait: bool = False, *, cancel_futures: bool = True) -> None:
        """Let the threads end; none is waited for."""
        for _ in range(self._threads):
            self._calls.put(None)
