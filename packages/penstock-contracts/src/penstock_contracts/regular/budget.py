"""How much work a question about languages may cost, and what is said when that was not enough.

Takes:   a number of steps; one step is about the cost of one state of an automaton.
Gives:   `Steps`, which counts down, and `OutOfSteps`. Anything with `spend(steps)` that raises will do in its place.
Ignores: seconds and bytes; whoever asks under a clock hands in a budget of its own.
"""

from __future__ import annotations

from typing import Protocol


class Budget(Protocol):
    """Whatever may stop the work by raising an exception."""

    def spend(self, steps: int, /) -> None:
        """Take note of work that is about to be done."""


class OutOfSteps(Exception):
    """A question cost more steps than it was given, so it has no answer."""


class Steps:
    """A number of steps that counts down; a plain one lasts a few seconds."""

    __slots__ = ("left",)

    def __init__(self, limit: int = 200_000) -> None:
        self.left = limit

    def spend(self, steps: int, /) -> None:
        """Count down, and raise `OutOfSteps` at the end."""
        self.left -= steps
        if self.left < 0:
            raise OutOfSteps("the languages have too many states to decide this")
