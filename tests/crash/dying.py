"""Die, by SIGKILL and by one's own hand, at a moment that was chosen beforehand.

Takes:   the number of a transaction and the moment in it.
Gives:   `dying_at`, the connection to open a store with; `count_boundaries`, one that only counts.
Ignores: what the transactions are for.  Nothing of the store is replaced: it is handed this kind of connection.
"""

from __future__ import annotations

import os
import signal
import sqlite3
from typing import Any

MOMENTS = ("before", "inside", "after")  # its first statement; all statements done, COMMIT not yet; COMMIT returned


class Counting(sqlite3.Connection):
    """Counts the write transactions of its class."""

    begun = 0

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql == "BEGIN IMMEDIATE":
            type(self).begun += 1
            self.pass_by("before")
        elif sql == "COMMIT":
            self.pass_by("inside")
            try:
                return super().execute(sql, *values)
            finally:
                self.pass_by("after")
        return super().execute(sql, *values)

    def pass_by(self, moment: str) -> None:
        """One moment of the transaction that was begun last."""


def count_boundaries() -> type[Counting]:
    """A connection whose class knows how many transactions there were."""
    return type("CountingHere", (Counting,), {})


def dying_at(number: int, moment: str) -> type[Counting]:
    """A connection that ends its process at one moment of the `number`-th write transaction, counted from 1."""

    class Dying(Counting):
        def pass_by(self, here: str) -> None:
            if here == moment and type(self).begun == number:
                os.kill(os.getpid(), signal.SIGKILL)

    return Dying
