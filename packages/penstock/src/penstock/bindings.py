"""Which policies are bound to what: the finished set that a run is handed, and may exchange for another.

Takes:   nothing.
Gives:   `Bound`, `PolicySet`, `NO_POLICIES`, `Numbers`.
Ignores: policy files, selectors and profiles, from which a set is made; how the engine acts on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from penstock.decisions import FailureRule

EMPTY: Mapping[Any, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Bound:
    """One policy on one subject."""

    policy: Any  # the built instance
    name: str  # unique among bindings: what its counts, memory and history go by
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Runtime numbers that stand in place of those of the graph; what is not named stays as it is there."""

    capacity: Mapping[str, int] = field(
        default_factory=lambda: EMPTY
    )  # channel -> records; less than waits there stops intake and deletes nothing
    concurrency: Mapping[str, int] = field(default_factory=lambda: EMPTY)  # node -> calls in flight
    batch: int | None = None  # records per step
    linger: float | None = None  # seconds
    commit_interval: float | None = None  # seconds for which finished work is collected before it is committed
    idle_sleep: float | None = None  # seconds between looks for what other processes have done
    history_retention: float | None = None  # seconds


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Everything that a run needs to know of policies; nothing in it touches the topology.

    `bound` is subject -> point -> policies, outermost first.  Subjects: a node id (admit, dispatch, failure,
    completion), a channel name (overflow), `*` (settle).
    """

    bound: Mapping[str, Mapping[str, tuple[Bound, ...]]] = field(default_factory=lambda: EMPTY)
    numbers: Numbers = Numbers()
    rules: Mapping[str, tuple[FailureRule, ...]] = field(
        default_factory=lambda: EMPTY
    )  # node id -> the operator's own rules of classification
    offered: tuple[FailureRule, ...] = ()  # rules of the installed packs, behind the word of the node itself
    digest: str = ""  # of all of the above, as whoever made the set computes it
    provenance: Any = field(default=None, compare=False)  # for `explain`; the engine does not look at it

    def at(self, subject: str, point: str) -> tuple[Bound, ...]:
        """The policies of one subject at one point, outermost first."""
        points = self.bound.get(subject)
        return points.get(point, ()) if points else ()


NO_POLICIES = PolicySet()
