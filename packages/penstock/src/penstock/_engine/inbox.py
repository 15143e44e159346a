"""Memory channels: bounded inboxes of this process, one for each group.

Takes:   records that a step has put out, with the unit that they belong to.
Gives:   `MemoryChannel`, `Inbox`.
Ignores: durability: the records become durable, or are forgotten, with their unit.  What a policy lets go when an
         inbox is full is written into the unit that it came with (`Bell.let_go`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Protocol

from penstock._engine.plan import GroupPlan
from penstock._engine.unit import Unit
from penstock.decisions import Decision, Delay, Proceed
from penstock.graph.model import Channel
from penstock.points import Overflow
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

    def capacity(self, channel: str) -> int:
        """Records that an inbox of a channel may hold, as things stand."""

    def has_a_say(self, channel: str) -> bool:
        """Whether a policy decides what becomes of what does not fit."""

    def full(self, facts: Overflow) -> tuple[Decision | Mapping[int, Decision], str]:
        """What to do with what does not fit, and who says so."""

    def let_go(
        self, unit: Unit, group: GroupPlan, records: Sequence[Record], decisions: Sequence[Decision], by: str
    ) -> None:
        """Account for records that an inbox does not keep."""

    def finish_step(self, unit: Unit) -> None:
        """Nothing of a piece is left."""


class Inbox:
    """What waits in a memory channel for one group: pieces of units, in order."""

    def __init__(self, group: GroupPlan) -> None:
        self.group = group
        self.pieces: deque[tuple[Unit, list[Record]]] = deque()
        self.size = 0

    def take(self, at_most: int) -> tuple[Unit, list[Record]]:
        """The first piece, or as much of it as is wanted; the rest stays first, as a piece of its own."""
        unit, records = self.pieces.popleft()
        if at_most < len(records):
            records, rest = records[:at_most], records[at_most:]
            self.pieces.appendleft((unit, rest))
            unit.outstanding = unit.outstanding + 1
        self.size -= len(records)
        return unit, records


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
        """Hand records to every group: as fast as the slowest takes them, or as policies say when there is no room."""
        left = {cursor: [record for _, record in pairs] for cursor in self._inboxes}
        async with self._turn:
            while any(left.values()) and not unit.aborted:
                if bell.has_a_say(self.channel.name):
                    moved = [self._offer(bell, unit, inbox, left) for inbox in self._inboxes.values()]
                else:
                    moved = self._offer_evenly(bell, unit, left)
                if any(moved):
                    bell.tell(f"grew:{self.channel.name}")
                    continue
                await bell.news(0.5, f"shrank:{self.channel.name}")
                if bell.has_failed:  # nobody will make room any more
                    return

    def _offer_evenly(self, bell: Bell, unit: Unit, left: dict[str, list[Record]]) -> list[bool]:
        """Nobody gets more than the slowest has room for."""
        room = bell.capacity(self.channel.name) - max((inbox.size for inbox in self._inboxes.values()), default=0)
        return [self._give(unit, inbox, left, room) for inbox in self._inboxes.values()]

    @staticmethod
    def _give(unit: Unit, inbox: Inbox, left: dict[str, list[Record]], room: int) -> bool:
        """Put as much into an inbox as it has room for; whether that was anything."""
        records = left[inbox.group.cursor]
        if room <= 0 or not records:
            return False
        piece, left[inbox.group.cursor] = records[:room], records[room:]
        inbox.pieces.append((unit, piece))
        inbox.size += len(piece)
        unit.outstanding += 1
        return True

    def _offer(self, bell: Bell, unit: Unit, inbox: Inbox, left: dict[str, list[Record]]) -> bool:
        """Ask what to do with what does not fit, do it, put in the rest; whether anything has changed."""
        offered = left[inbox.group.cursor]
        capacity = bell.capacity(self.channel.name)
        changed = False
        if offered and inbox.size + len(offered) > capacity:
            waiting = [record for _, piece in inbox.pieces for record in piece]
            facts = Overflow(
                self.channel.name, inbox.group.cursor, self.channel.kind, capacity, len(waiting), [*waiting, *offered],
                len(offered), self.channel.no_loss, 0.0, {},
            )  # fmt: skip  # where in one line, what in another
            answer, by = bell.full(facts)
            if not isinstance(answer, Delay):
                said = answer if isinstance(answer, Mapping) else dict.fromkeys(facts.newest(), answer)
                gone = {at: decision for at, decision in said.items() if not isinstance(decision, Proceed)}
                changed = bool(gone)
                self._take_out(bell, inbox, gone, by)
                mine = {at - len(waiting): decision for at, decision in gone.items() if at >= len(waiting)}
                bell.let_go(
                    unit, inbox.group, [offered[at] for at in sorted(mine)], [mine[at] for at in sorted(mine)], by
                )
                left[inbox.group.cursor] = [record for at, record in enumerate(offered) if at not in mine]
        return self._give(unit, inbox, left, capacity - inbox.size) or changed

    @staticmethod
    def _take_out(bell: Bell, inbox: Inbox, gone: Mapping[int, Decision], by: str) -> None:
        """Let go of records that wait, piece by piece, because each belongs to the unit that it came with."""
        kept: deque[tuple[Unit, list[Record]]] = deque()
        emptied: list[Unit] = []
        at = 0
        for unit, piece in inbox.pieces:
            victims = [n for n in range(len(piece)) if at + n in gone]
            if victims:
                bell.let_go(unit, inbox.group, [piece[n] for n in victims], [gone[at + n] for n in victims], by)
                inbox.size -= len(victims)
            at += len(piece)
            rest = [record for n, record in enumerate(piece) if n not in set(victims)] if victims else piece
            if rest:
                kept.append((unit, rest))
            else:
                emptied.append(unit)
        inbox.pieces = kept
        for unit in emptied:
            bell.finish_step(unit)

    def clear(self) -> None:
        """Forget what waits."""
        for inbox in self._inboxes.values():
            inbox.pieces.clear()
            inbox.size = 0
