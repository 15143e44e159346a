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

MOST = 400  # plays that shrinking may take; after that, what was found so far is good enough


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
    """Few faults of many: every choice of one or two of them, then one left out after the other."""
    faults = list(schedule.faults)
    for size in (0, 1, 2):
        for some in combinations(faults, size):
            if size < len(faults) and looks.at(schedule, some):
                return list(some)
    at = 0
    while at < len(faults):
        fewer = faults[:at] + faults[at + 1 :]
        if looks.at(schedule, fewer):
            faults = fewer
        else:
            at += 1
    return faults


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
