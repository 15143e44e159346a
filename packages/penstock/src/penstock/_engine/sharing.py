"""Share the copies of a stage among the processes that live: each holds its part, and hands over what is too much.

Takes:   a run whose stages have copies for partitions, as far as `Host` says.
Gives:   `Shares`: whether one may claim a copy now; a loop that looks who is there and hands copies over. `part` and
         `too_many`, by which it decides.
Ignores: what a claim is worth (the store refuses work under a lost one), and stages of which there is one.

Who takes part says so by a claim of its own, `share:STAGE:RUN`, after its nodes are open and until it stops: it lives as long
as its other claims do, and is buried with them.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from penstock._engine.clock import Clock
from penstock._engine.stage import Stage
from penstock._store.interface import Sharing, Store
from penstock.graph.model import Settings

_LOOK = 0.4  # seconds between looks at who is there
_WAIT = 0.02  # seconds between looks whether what is handed over has become durable


def part(copies: int, members: Sequence[str], me: str) -> int:
    """How many of so many copies are mine: the parts differ by one at most, and those who came first have the greater.

    >>> [part(4, ["a", "b", "c"], who) for who in "abc"], part(4, ["a"], "a"), part(1, ["a", "b"], "b"), part(4, ["a"], "x")
    ([2, 1, 1], 4, 0, 0)
    """
    if me not in members:
        return 0
    whole, rest = divmod(copies, len(members))
    return whole + (members.index(me) < rest)


def too_many(held: Sequence[str], mine: int) -> list[str]:
    """Which of the copies that I hold are to be handed over: those that I took last.

    >>> too_many(["score/1", "score/0", "score/3"], 1)
    ['score/0', 'score/3']
    """
    return list(held[mine:])


class Host(Protocol):
    """What a run is to whoever shares its stages."""

    run_id: str
    store: Store
    clock: Clock
    settings: Settings
    stages: list[Stage]
    stopping: bool

    @property
    def has_failed(self) -> bool:
        """Whether the run has to end because of an error."""

    def fail(self, error: BaseException) -> None:
        """Stop the run because of this."""

    def has_unfinished(self, stage: Stage) -> bool:
        """Whether something that was begun on a stage is not durable yet."""

    def tell(self, *topics: str) -> None:
        """Wake whoever waits for one of the topics."""

    async def news(self, timeout: float, *topics: str) -> None:
        """Wait until one of the topics is told or the run stops, and at most `timeout` seconds."""


class Shares:
    """One process's part in the stages that have copies."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._store = host.store if isinstance(host.store, Sharing) else None
        self._copies: dict[str, list[Stage]] = defaultdict(list)  # name -> copies of the stage
        for stage in host.stages:
            if stage.plan.shared:
                self._copies[stage.plan.shared].append(stage)
        self._mine = dict.fromkeys(self._copies, 0)  # name -> copies that are mine, as of the last look
        self._held: dict[str, list[Stage]] = {
            name: [] for name in self._copies
        }  # in the order in which they were taken

    def __bool__(self) -> bool:
        """Whether there is anything to share."""
        return bool(self._copies)

    def may_claim(self, stage: Stage) -> bool:
        """Whether there is room for one more copy; always, where there is nothing to share."""
        name = stage.plan.shared
        if name is None or self._store is None:
            return True
        return not stage.leaving and len(self._held[name]) < self._mine[name]

    def taken(self, stage: Stage) -> None:
        """A stage has been claimed; the history keeps who had which copy."""
        if stage.plan.shared:
            self._held[stage.plan.shared].append(stage)
            self._note("taken", stage)

    def forget(self) -> None:
        """Everything has been given back."""
        for held in self._held.values():
            held.clear()

    async def run(self) -> None:
        """Look who is there, take part, hand over; until cancelled."""
        if self._store is None:
            return
        going: set[asyncio.Task[None]] = set()
        try:
            while True:
                await self._host.news(_LOOK)
                self.look()
                going |= {asyncio.ensure_future(self._hand_over(self._store, stage)) for stage in self._leaving()}
                for task in [task for task in going if task.done()]:
                    going.remove(task)
                    task.result()
        except Exception as error:  # the store cannot be read or written: nothing else could go on either
            self._host.fail(error)
        finally:
            for task in going:
                task.cancel()
            await asyncio.gather(*going, return_exceptions=True)

    def look(self) -> None:
        """See who takes part, and what my part is; whoever stops takes part no longer."""
        if self._store is None:
            return
        host = self._host
        me, now = host.run_id, host.clock.now()
        for name, copies in self._copies.items():
            prefix = f"share:{name}:"
            there = self._store.claims(prefix, now)
            if host.stopping:
                self._store.let_go(prefix + me, me)
                there = [claim for claim in there if claim.owner != me]
            elif me not in {claim.owner for claim in there}:
                host.store.claim(prefix + me, me, now, now + host.settings.lease)
                there = self._store.claims(prefix, now)
            members = [claim.owner for claim in sorted(there, key=lambda claim: claim.fence)]
            before, self._mine[name] = self._mine[name], part(len(copies), members, me)
            if self._mine[name] > before:
                host.tell(f"share:{name}")

    def _leaving(self) -> list[Stage]:
        """Copies to be handed over; from now on they begin nothing more."""
        gone = []
        for name, held in self._held.items():
            by_name = {stage.plan.name: stage for stage in held if not stage.leaving}
            gone += [by_name[copy] for copy in too_many(list(by_name), self._mine[name])]
        for stage in gone:
            stage.leaving = True
        return gone

    async def _hand_over(self, store: Sharing, stage: Stage) -> None:
        """Wait until all that was begun on a copy is durable, then let it go; another process has it a moment later."""
        host = self._host
        try:
            async with stage.lock:  # whoever was about to work on it was in line before
                pass
            while host.has_unfinished(stage) and not host.has_failed:
                await host.news(_WAIT)
            if stage.claim is None or host.has_failed:  # lost meanwhile, and with it all that was under way
                return
            stage.claim = None
            self._held[stage.plan.shared or ""].remove(stage)
            self._note("handed-over", stage)
            store.let_go(stage.plan.claim or "", host.run_id)
        finally:
            stage.leaving = False

    def _note(self, what: str, stage: Stage) -> None:
        host = self._host
        host.store.note(host.run_id, what, {"stage": stage.plan.name}, host.clock.now())
