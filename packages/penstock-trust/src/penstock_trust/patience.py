"""Wait for somebody else's code only so long.

Takes:   work to do, and seconds.
Gives:   `Patience`: its result, or `TimeoutError`; what comes later is thrown away.
Why so:  sigstore's clients for certificates and logs set no timeout and take none, and a service that accepts a
         connection and then says nothing would hold a release job for ever.
Ignores: what the work is.
"""

from __future__ import annotations

from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Patience:
    """One thread that works, so that connections are used again, and that the end of the program does not wait for."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._work: SimpleQueue[tuple[Callable[[], object], SimpleQueue[tuple[bool, object]]]] | None = None

    def wait_for(self, work: Callable[[], T]) -> T:
        """The result of the work, or what it raises. Raises `TimeoutError` when neither came in time."""
        if self._work is None:
            self._work = SimpleQueue()
            Thread(target=_work_through, args=(self._work,), daemon=True, name="sigstore").start()
        answer: SimpleQueue[tuple[bool, T | Exception]] = SimpleQueue()
        self._work.put((work, answer))  # type: ignore[arg-type]  # the answer to this work is a T, which the thread need not know
        try:
            is_result, value = answer.get(timeout=self.seconds)
        except Empty:
            self._work = None  # the thread is lost; the next work gets another
            raise TimeoutError(f"no answer within {self.seconds:g} s") from None
        if isinstance(value, Exception) and not is_result:
            raise value
        return value  # type: ignore[return-value]  # what is no result was raised


def _work_through(queue: SimpleQueue[tuple[Callable[[], object], SimpleQueue[tuple[bool, object]]]]) -> None:
    while True:
        work, answer = queue.get()
        try:
            answer.put((True, work()))
        except Exception as error:  # it belongs to who asked, and is raised there
            answer.put((False, error))
