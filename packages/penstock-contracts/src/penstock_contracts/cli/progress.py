"""Tell who waits at a terminal how far the work is, once it takes longer than two seconds.

Takes:   a stream, and a clock.
Gives:   `Progress`: `of` for tasks, `asked` for questions, `done` to clear the line.
Ignores: streams that are no terminals: a log wants the report only.
"""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

QUIET = 2.0  # seconds in which nothing is said
_EACH = 0.2  # seconds between two lines


class Progress:
    """One line that is written over and over."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = monotonic) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._clock = clock
        self._shows = self._stream.isatty()
        self._since = clock()
        self._last = 0.0
        self._width = 0
        self._task = ""

    def of(self, done: int, total: int, what: str) -> None:
        """So many of so many tasks are done, and this one is next."""
        self._task = f"{done + 1} of {total}: {what}, " if done < total else ""
        self._say("")

    def asked(self, questions: int) -> None:
        """The engine is asked its n-th question."""
        self._say(f"{questions} questions asked")

    def done(self) -> None:
        """Leave the line as it was found."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0

    def _say(self, more: str) -> None:
        now = self._clock()
        if not self._shows or now - self._since < QUIET or now - self._last < _EACH:
            return
        self._last = now
        text = f"comparing {self._task}{more} ({now - self._since:.0f} s)"[:78]
        text = "".join(char if char.isprintable() else "?" for char in text)
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.flush()
        self._width = max(self._width, len(text))
