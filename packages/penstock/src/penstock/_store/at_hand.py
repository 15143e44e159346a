"""Blocks that this process has just written, kept for the reader next door: the row is for the crash.

Takes:   the records of a block, as reading the block would give them.
Gives:   `AtHand`: each block once, to whoever asks first; everybody else reads the row.
Ignores: what is committed. The store says so with `keep_new` and `forget_new`.
"""

from __future__ import annotations

from penstock.record import Record

_MOST = 2 << 20  # bytes of JSON text; in a graph that keeps up a batch or two wait here


class AtHand:
    """Blocks by channel and offset, the oldest of which are let go when there are many."""

    def __init__(self) -> None:
        self._blocks: dict[tuple[str, int], tuple[list[Record], int]] = {}
        self._new: dict[tuple[str, int], tuple[list[Record], int]] = {}
        self._size = 0

    def add(self, channel: str, offset: int, records: list[Record], size: int) -> None:
        """A block of the transaction that is under way."""
        self._new[channel, offset] = records, size

    def keep_new(self) -> None:
        """The transaction has been committed."""
        if not self._new:
            return
        self._blocks |= self._new
        self._size += sum(size for _, size in self._new.values())
        self._new.clear()
        while self._size > _MOST:
            self.take(*next(iter(self._blocks)))

    def forget_new(self) -> None:
        """The transaction has failed."""
        self._new.clear()

    def take(self, channel: str, offset: int) -> list[Record] | None:
        """The records of the block that begins here, if they are at hand; they are the caller's own then."""
        name = (channel, offset)
        if name in self._new:  # by the transaction that appends it
            return self._new.pop(name)[0]
        records, size = self._blocks.pop(name, (None, 0))
        self._size -= size
        return records
