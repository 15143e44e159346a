"""An event loop with virtual time and seeded order: the same seed gives the same run.

Takes:   a seed.
Gives:   `SimulatedLoop`.
Ignores: graphs.  Sleeping costs nothing here; real sockets have no place in it, and what is meant for a thread is done at once.
"""

from __future__ import annotations

import asyncio
import selectors
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")
_LONGEST = 60.0  # virtual seconds that whatever was interrupted may take to end


async def _all_of(tasks: Iterable[asyncio.Task[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


class _Timeless(selectors.BaseSelector):
    """Never waits: what a real selector would have waited for is added to the virtual time."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self._keys: dict[Any, selectors.SelectorKey] = {}
        self.is_closed_to_others = False  # true when the loop has registered what it needs itself

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        if self.is_closed_to_others:  # nobody would ever tell when it is ready, and virtual time would pass for ever
            raise OSError("a simulation has no sockets and pipes to wait for: nothing but virtual time passes in it")
        key = selectors.SelectorKey(fileobj, getattr(fileobj, "fileno", lambda: fileobj)(), events, data)
        self._keys[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("a simulated run waits for something that nothing in it can bring about")
        self.elapsed += max(0.0, timeout)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys


class SimulatedLoop(asyncio.SelectorEventLoop):
    """What is ready runs in an order drawn from the seed; timers fire in virtual time."""

    _ready: deque[Any]

    def __init__(self, seed: int) -> None:
        self._clockwork = _Timeless()
        self._draw = Random(seed)
        super().__init__(self._clockwork)
        self._clockwork.is_closed_to_others = True

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._clockwork.elapsed

    def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """Run this to its end and close the loop; when it is interrupted, whatever has begun is cancelled and ends first."""
        try:
            return self.run_until_complete(work)
        except BaseException:
            begun = asyncio.all_tasks(self)
            for task in begun:
                task.cancel()
            with suppress(Exception):  # the first failure is the one to tell
                self.run_until_complete(asyncio.wait_for(_all_of(begun), _LONGEST))
            raise
        finally:
            self.close()

    def pass_time(self, seconds: float) -> None:
        """Let so much virtual time go by at once, as if somebody had blocked the loop."""
        self._clockwork.elapsed += seconds

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]  # as asyncio itself: it may give any future
        """Call the function at once: a thread would take real time, and end when the machine pleases."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done

    def _run_once(self) -> None:
        if len(self._ready) > 1:
            ready = list(self._ready)
            self._draw.shuffle(ready)
            self._ready.clear()
            self._ready.extend(ready)
        super()._run_once()  # type: ignore[misc]  # not in the stubs: the one place where order is decided
