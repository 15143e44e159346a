"""Memory channels: bounded inboxes of this process, one for each group.

Takes:   records that a step has put out, with the unit that they belong to.
Gives:   `MemoryChannel`, `Inbox`.
Ignores: durability: the records become durable, or are forgotten, with their unit.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from penstock._engine.plan import GroupPlan
from penstock._engine.unit import Unit
from penstock.graph.model import Channel
from penstock.record import Record


class Bell(Protocol):
    """How those who wait for room, or for something to take, hear of it."""

    @property
    def has_failed(self) -> bool:
        """Whether nothing will change any more."""

    def tell(self, *topics: str) -> None:
        """Wake whoever waits for one of the topics."""

    async def news(self, timeout: float, *topics: str) -> None:
        """Wait until somebody tells one of the topics, at most so many seconds."""


class Inbox:
    """What waits in a memory channel for one group: pieces of units, in order."""

    def __init__(self, group: GroupPlan) -> None:
        self.group = group
        self.pieces: deque[tuple[Unit, list[Record]]] = deque()
        self.size = 0


class MemoryChannel:
    """A bounded inbox of this process for each group; its records are durable with the unit that they came from."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._inboxes: dict[str, Inbox] = {}
        self._turn = asyncio.Lock()  # whoever waits for room waits in line: what a stage has put out stays in order

    def join(self, group: GroupPlan) -> Inbox:
        """The inbox of a group; members that compete share one."""
        return self._inboxes.setdefault(group.cursor, Inbox(group))

    def waiting(self, cursor: str) -> int:
        """Records that a group has not taken yet."""
        return self._inboxes[cursor].size

    async def put(self, bell: Bell, unit: Unit, pairs: list[tuple[str, Record]]) -> None:
        """Hand records to every group, as fast as the slowest takes them."""
        records = [record for _, record in pairs]
        async with self._turn:
            while records and not unit.aborted:
                room = self.channel.capacity - max((inbox.size for inbox in self._inboxes.values()), default=0)
                if room <= 0:
                    await bell.news(0.5, f"shrank:{self.channel.name}")
                    if bell.has_failed:  # nobody will make room any more
                        return
                    continue
                piece, records = records[:room], records[room:]
                for inbox in self._inboxes.values():
                    inbox.pieces.append((unit, piece))
                    inbox.size += len(piece)
                    unit.outstanding += 1
                bell.tell(f"grew:{self.channel.name}")

    def clear(self) -> None:
        """Forget what waits."""
        for inbox in self._inboxes.values():
            inbox.pieces.clear()
            inbox.size = 0
