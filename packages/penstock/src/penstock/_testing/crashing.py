"""Crash a run at any of its commits, and let another one go on with what was kept; all of it in memory.

Takes:   which commit, and whether it is reached before, inside or after it.
Gives:   `CrashingStore`, `Crashed`; `crashes`, which tries every place there is.
Ignores: real processes and disks: the test kit kills those (`Q203`), and the durable store has its own tests.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from penstock._store.memory import MemoryStore

if TYPE_CHECKING:
    from penstock._store.facts import Work

T = TypeVar("T")
MOMENTS = ("before", "inside", "after")


class Crashed(Exception):
    """The process is gone, as far as the store is concerned: whatever the run does from now on is not kept."""


class CrashingStore(MemoryStore):
    """A store in memory that crashes at its n-th commit.

    `before`: the commit was never begun.  `inside`: everything was written and the transaction not closed, so nothing
    of it is kept.  `after`: it is kept, and whoever asked for it is never told.  What the run still does on its way out,
    such as closing its nodes, changes nothing of what `reopened` gives.
    """

    def __init__(self, at: int = 1, when: str = "inside") -> None:
        super().__init__()
        if when not in MOMENTS:
            raise ValueError(f"`when` is {' or '.join(MOMENTS)}, not {when!r}")
        self.crashed = False
        self._at = at
        self._when = when
        self._made = 0
        self._kept: dict[str, Any] = {}

    def commit(self, work: Work, owner: str, now: float, *, safe: bool = True) -> Counter[str]:
        """Commit, or crash."""
        self._made += 1
        if self._made != self._at or self.crashed:
            return super().commit(work, owner, now, safe=safe)
        if self._when != "after":
            self._keep()
        if self._when != "before":
            super().commit(work, owner, now, safe=safe)
        if self._when == "after":
            self._keep()
        self.crashed = True
        raise Crashed(f"the process was killed {self._when} its commit number {self._at}")

    def reopened(self) -> MemoryStore:
        """What another process finds: what was kept, with nothing held by the one that is gone."""
        store = MemoryStore()
        vars(store).update(copy.deepcopy(self._kept if self.crashed else self._contents()))
        for run in store.runs():
            if run["ended"] is None:
                store.release(run["run"])
        return store

    def _keep(self) -> None:
        self._kept = copy.deepcopy(self._contents())

    def _contents(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name in vars(MemoryStore())}


def crashes(work: Callable[[MemoryStore], T], *, most: int = 1000) -> Iterator[tuple[str, T]]:
    """Crash some work at every commit, before, inside and after it, and let it go on each time: where, and what came out.

    `work` is called with a store, twice: what it began in the first call has crashed, and the second call has to end.

        for where, outcome in crashes(lambda store: run_node(Sum(), [1, 2, 3], store=store)):
            assert outcome.store.state("node", "sum") == b"6", where

    Stops after the first place that the work never reaches; raises `RuntimeError` when there are more than `most` of them.
    """
    for at in range(1, most + 1):
        for when in MOMENTS:
            store = CrashingStore(at, when)
            try:
                work(store)
            except Crashed:
                yield f"{when} commit {at}", work(store.reopened())
            else:
                return
    raise RuntimeError(f"the work has more than {most} commits")
