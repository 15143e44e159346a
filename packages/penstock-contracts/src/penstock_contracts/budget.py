"""How much a question may cost, and what is said when it costs more.

Takes:   seconds and steps.
Gives:   `Budget.step()`, called from every loop that could be long; `CannotDecide`, which carries the reason to the door.
Ignores: memory; only a process of its own can hold that limit (`worker`).
"""

from __future__ import annotations

from time import monotonic

from penstock_contracts.verdict import Reason, Undecided


class CannotDecide(Exception):
    """The question cannot be answered; caught at the door and told as `Undecided`."""

    def __init__(self, reason: Reason, detail: str = "", pointer: str = "") -> None:
        super().__init__(reason, detail, pointer)
        self.verdict = Undecided(reason, detail, pointer)


class Budget:
    """A count of steps and a clock; `step` raises `CannotDecide("budget")` when either has run out."""

    __slots__ = ("ends", "left", "seconds")

    def __init__(self, seconds: float, steps: int = 50_000_000) -> None:
        self.seconds = seconds
        self.ends = monotonic() + seconds
        self.left = steps

    def step(self) -> None:
        """Count one step; look at the clock now and then."""
        self.left -= 1
        if not self.left & 63:
            self.look()

    def spend(self, steps: int, /) -> None:
        """Count many steps at once; this is what the theory of strings calls."""
        self.left -= steps
        self.step()

    def look(self) -> None:
        """Look at the clock."""
        if self.left <= 0 or monotonic() > self.ends:
            raise CannotDecide("budget", f"more than {self.seconds:g} s")
