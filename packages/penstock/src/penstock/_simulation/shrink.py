"""Find the shortest schedule that still shows a fault.

Takes:   a schedule under which something was found, and how to look again.
Gives:   `shortest`.
Ignores: what is looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

from penstock._simulation.faults import Fault, Schedule

FEW, SOME = 20, 100  # faults of which every pair, and each one, can be tried
AIM = 24  # commits or calls by which those that follow are moved, when one is left out
MOST = 1000  # plays that shrinking may take; after that, what was found so far is good enough


def shortest(schedule: Schedule, fails: Callable[[Schedule], bool]) -> Schedule:
    """The schedule with as few faults as possible, each as early as possible; it fails too, as `fails` says.

    The same for the same schedule: nothing is drawn here.
    """
    looks = _Looks(fails)
    faults = _fewest(schedule, looks)
    at = 0
    while at < len(faults):
        earlier = _earliest(schedule, faults, at, looks)
        faults, at = earlier, at + 1
    return replace(schedule, faults=tuple(sorted(faults)))


class _Looks:
    """Counts how often was looked, and says no when it was often enough."""

    def __init__(self, fails: Callable[[Schedule], bool]) -> None:
        self._fails = fails
        self._left = MOST

    def at(self, schedule: Schedule, faults: Sequence[Fault]) -> bool:
        self._left -= 1
        return self._left >= 0 and self._fails(replace(schedule, faults=tuple(sorted(faults))))


def _fewest(schedule: Schedule, looks: _Looks) -> list[Fault]:
    """Few faults of many: every choice of none, one or two of them, then parts left out until each that is left is needed.

    Of many, parts are left out before choices are tried, which would take more looks than there are.
    """
    faults = list(schedule.faults)
    for size, most in ((0, len(faults)), (1, SOME), (2, FEW)):
        if len(faults) > most:
            faults = _without_parts(schedule, faults, looks, len(faults) // 2)
        for some in combinations(faults, size):
            if size < len(faults) and looks.at(schedule, some):
                return list(some)
    while True:
        faults = _without_parts(schedule, faults, looks, 1)
        fewer = _aimed_anew(schedule, faults, looks) if len(faults) > 1 else None
        if fewer is None:
            return faults
        faults = fewer


def _aimed_anew(schedule: Schedule, faults: list[Fault], looks: _Looks) -> list[Fault] | None:
    """One fault left out and those behind some place moved, because without it, other calls and commits have other numbers."""
    for step in range(1, AIM + 1):
        for left_out in faults:
            rest = [fault for fault in faults if fault is not left_out]
            for first in rest:
                for way in (-step, step):
                    moved = [_moved(fault, way) if _follows(fault, first) else fault for fault in rest]
                    if len({*moved}) == len(rest) and looks.at(schedule, moved):
                        return moved
    return None


def _follows(fault: Fault, first: Fault) -> bool:
    """Whether it is the first one, or comes behind it where the same is counted."""
    return fault.node == first.node and fault.at >= first.at


def _moved(fault: Fault, way: int) -> Fault:
    return replace(fault, at=max(1, fault.at + way))


def _without_parts(schedule: Schedule, faults: list[Fault], looks: _Looks, size: int) -> list[Fault]:
    """One part of this size left out after the other, then smaller ones; single faults as long as any of them can go."""
    while True:
        at, before = 0, len(faults)
        while at < len(faults):
            fewer = faults[:at] + faults[at + size :]
            if looks.at(schedule, fewer):
                faults = fewer
            else:
                at += size
        if size == 1 and len(faults) == before:
            return faults
        size = max(1, min(size // 2, len(faults)))


def _earliest(schedule: Schedule, faults: list[Fault], which: int, looks: _Looks) -> list[Fault]:
    """The same with one fault moved forward: half way as long as that works, then step by step."""
    step = faults[which].at // 2
    while step >= 1:
        earlier = replace(faults[which], at=faults[which].at - step)
        moved = [*faults[:which], earlier, *faults[which + 1 :]]
        if earlier.at >= 1 and earlier not in faults and looks.at(schedule, moved):
            faults = moved
            step = min(step, faults[which].at // 2)
        else:
            step //= 2
    return faults
