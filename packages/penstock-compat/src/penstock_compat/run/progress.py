"""Tell who waits at a terminal how far the cells are; in a log, one line for each.

Takes:   a stream, how many cells there are.
Gives:   `Progress`: `told` after each cell, `done` at the end.
Ignores: reports; this is gone when the run is.
"""

from __future__ import annotations

from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING

from penstock_compat.facts import State

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from penstock_compat.facts import Result


class Progress:
    """One line that is written over and over at a terminal, and lines one below the other elsewhere."""

    def __init__(self, total: int, stream: TextIO, clock: Callable[[], float] = monotonic) -> None:
        self._total = total
        self._stream = stream
        self._clock = clock
        self._since = clock()
        self._states: Counter[str] = Counter()
        self._known = 0
        self._width = 0
        self._shows = stream.isatty()

    def told(self, result: Result, known: bool) -> None:
        """One more cell is done."""
        self._states[str(result.state)] += 1
        self._known += known
        count = sum(self._states.values())
        if self._shows:
            self._over(f"{count} of {self._total} cells, {self._summed()} ({self._clock() - self._since:.0f} s)")
        elif not known:
            why = f": {result.failure.summary}" if result.failure is not None else ""
            self._line(f"[{count}/{self._total}] {result.state} {result.cell.id}{why}")

    def done(self) -> None:
        """Leave the line as it was found, and sum up."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
        self._line(
            f"{sum(self._states.values())} cells in {self._clock() - self._since:.1f} s: {self._summed()}"
            + (f"; {self._known} known from before" if self._known else "")
        )

    def _summed(self) -> str:
        order = [str(state) for state in State]
        return ", ".join(f"{self._states[name]} {name}" for name in order if self._states[name]) or "none"

    def _over(self, text: str) -> None:
        text = text[:110]
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.flush()
        self._width = max(self._width, len(text))

    def _line(self, text: str) -> None:
        self._stream.write("".join(char if char.isprintable() else "?" for char in text)[:400] + "\n")
        self._stream.flush()
