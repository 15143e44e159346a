"""A unit of work: everything that becomes durable together, and who waits for it.

Takes:   the inputs of a first step, and the steps that memory channels make it cause.
Gives:   `Unit`, `Reset`; `consistent_cut`, which of the finished units may be committed now; `merged`, their one transaction.
Ignores: how steps run and how a store commits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from penstock._store.facts import Work


class Reset(Exception):
    """A unit was given up because a lease was lost; its inputs will come again."""


class Unit:
    """One root step and all that follows from it through memory channels."""

    __slots__ = ("aborted", "committed", "outstanding", "records", "steps")

    def __init__(self, committed: asyncio.Future[bool], records: int = 0) -> None:
        self.records = records  # that its first step was given
        self.steps: list[tuple[int, Work]] = []  # place in the run's order of execution -> what the step changes
        self.outstanding = 0  # steps begun, or waiting in a memory channel
        self.committed = committed  # true when it is durable, false when it was given up
        self.aborted = False


def consistent_cut(finished: Sequence[Unit], executed: Mapping[Any, Sequence[Unit]]) -> list[Unit]:
    """The finished units that may become durable now, in the order in which they finished.

    `executed` holds for each stage, and for each memory of a policy, the units that it has worked on and that are not durable yet, in order.
    A unit may only become durable together with, or after, every unit that a stage saw before it: otherwise
    keyed state would keep the trace of something that is going to be done again.
    """
    inside = set(finished)
    shrinking = True
    while shrinking:
        shrinking = False
        for units in executed.values():
            blocked = False
            for unit in units:
                blocked = blocked or unit not in inside
                if blocked and unit in inside:
                    inside.discard(unit)
                    shrinking = True
    return [unit for unit in finished if unit in inside]


def merged(units: Iterable[Unit]) -> Work:
    """What all steps of some units change, in the order in which they were executed."""
    steps = sorted((step for unit in units for step in unit.steps), key=lambda step: step[0])
    if len(steps) == 1:
        return steps[0][1]
    work = Work()
    for _, change in steps:
        work.merge(change)
    return work
