"""Notice a decision that does not come to an end, and end it.

Takes:   the thread in which decisions are made, and how long one may take at the utmost.
Gives:   `Watch`: `arm` before, `disarm` after; `Hung` is raised inside whatever hangs in between.
Ignores: who decides, and what becomes of it.  A call that waits inside C code cannot be ended from outside.

Python can raise an exception in another thread, and cannot take it back.  So both sides say what they are about to do
before they look at what the other one does: either the watcher sees that nothing is armed any more, or the other side
sees that it is being fired at, and waits for the exception before it goes on.
"""

from __future__ import annotations

import threading
import time

_PERIOD = 0.25  # seconds between two looks
_STEPS = 100  # turns of a loop in which an exception that is under way is delivered for certain


class Hung(BaseException):
    """Raised in the thread of a decision that took far too long. Not an `Exception`: nothing should swallow it."""


class Watch:
    """Watches the decisions of one thread; costs two assignments for each, and sleeps while there are none."""

    def __init__(self, limit: float = 1.0) -> None:
        self.limit = limit  # seconds
        self._turn = 0
        self._armed = 0  # the turn that is under way, or 0
        self._firing = False  # the watcher is about to raise
        self._fired = False  # it has raised, and nobody has seen to it yet
        self._dormant = False
        self._closed = False
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None
        self._ident = 0

    def arm(self) -> None:
        """A decision begins, in the calling thread."""
        if self._thread is None:
            self._start()
        self._armed = self._turn = self._turn + 1
        if self._dormant:
            self._awake.set()

    def disarm(self) -> None:
        """It has come to an end, however; afterwards nothing is raised any more."""
        self._armed = 0
        if self._firing or self._fired:
            self._see_to_it()

    def _see_to_it(self) -> None:
        """Wait until the watcher is done, and what it has raised has come down, here or in the decision itself.

        An exception that is under way is delivered within a few steps of the interpreter.  It is never called back:
        taking it away leaves CPython up to 3.12 busy looking for it, and 3.11 hangs where a profiler is at work.
        """
        while True:
            try:
                while self._firing:
                    time.sleep(0)
                if self._fired:
                    for _ in range(_STEPS):
                        time.sleep(0)
                    self._fired = False
                return
            except Hung:
                self._fired = False

    def _start(self) -> None:
        self._ident = threading.get_ident()
        self._thread = threading.Thread(target=self._run, name="penstock-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        self._closed = True
        self._awake.set()
        self._thread = None

    def _run(self) -> None:
        seen, since = 0, time.monotonic()
        while not self._closed:
            turn = self._turn
            if self._armed and turn == seen:
                if time.monotonic() - since >= self.limit:
                    self._fire(turn)
            elif turn != seen:
                seen, since = turn, time.monotonic()
            elif not self._armed:
                self._sleep(turn)
                continue
            time.sleep(min(_PERIOD, self.limit / 2))

    def _sleep(self, turn: int) -> None:
        """Nothing was decided for a while: wait until something is."""
        self._awake.clear()
        self._dormant = True
        if self._turn == turn and not self._closed:
            self._awake.wait()
        self._dormant = False

    def _fire(self, turn: int) -> None:
        self._firing = True
        if self._armed == turn:
            self._fired = True
            _raise_in(self._ident, Hung)
        self._firing = False


def _raise_in(thread: int, error: type[BaseException]) -> None:
    import ctypes  # here, because few runs ever need it

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))
