"""Tell a policy a story: facts of its decision points, one after the other, as a run would hand them over.

Takes:   a policy type and its settings.
Gives:   `PolicySubject`, `stories` (a strategy), `tell` (its answers, with the memory that it kept).
Ignores: what the answers mean (`checks/q3*`), and who acts on them.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec
from hypothesis import strategies as st

from penstock.decisions import DeadLetter, FailureClass
from penstock.points import Arrival, Completion, Dispatch, Failure, Overflow, Settlement
from penstock.record import Reading, Record
from penstock.testing import Facts, PolicySpec, policy_spec_of, records

START = 1_700_000_000.0  # seconds since the epoch
Story = Sequence[tuple[str, Facts]]  # point, what is told there; time does not go back


@dataclass(frozen=True)
class PolicySubject:
    """A policy type and its settings."""

    policy: type
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def spec(self) -> PolicySpec:
        """What the policy declares."""
        return policy_spec_of(self.policy)

    @property
    def name(self) -> str:
        """`acme.policies:Patient`."""
        return f"{self.policy.__module__}:{self.policy.__qualname__}"

    @property
    def package(self) -> str:
        """The top-level package of the author's code."""
        return self.policy.__module__.partition(".")[0]

    def make(self) -> Any:
        """A fresh instance."""
        return self.policy(**self.config)


class Raised(Exception):
    """A policy has raised: one check asks about that (Q301), and the others pass."""


def tell(made: Any, story: Story, memory: dict[str, Any] | None = None) -> list[Any]:
    """The answers, in order; the same memory goes through the whole story. Raises `Raised` from what the policy raises."""
    kept: dict[str, Any] = {} if memory is None else memory
    return [_asked(made, point, _with(facts, kept)) for point, facts in story]


def _asked(made: Any, point: str, facts: Facts) -> Any:
    """The method of the point; a policy of one point may call it `decide`."""
    method = getattr(made, point, None)
    try:
        return (method if callable(method) else made.decide)(facts)
    except Exception as error:
        raise Raised(f"raises {error!r} at `{point}`, told {facts}") from error


def _with(facts: Facts, memory: dict[str, Any]) -> Facts:
    if isinstance(facts, Failure):
        return dataclasses.replace(facts, memory=memory)
    told: Facts = msgspec.structs.replace(facts, memory=memory)
    return told


# -- stories ---------------------------------------------------------------------------------------------------------


def stories(points: Sequence[str]) -> st.SearchStrategy[Story]:
    """Up to twelve decisions at these points, with time going on between them; a story that fails is made short."""
    return st.tuples(st.integers(1, 12), st.integers(0, 2**32)).map(lambda drawn: _story(points, *drawn))


def _story(points: Sequence[str], length: int, seed: int) -> Story:
    chance, now, told = Random(seed), START, []
    for _ in range(length):
        now += chance.choice((0.0, 0.001, 0.5, 7.0, 3600.0))
        point = chance.choice(points)
        told.append((point, _FACTS[point](chance, now)))
    return told


def _records(chance: Random) -> list[Record]:
    """One record to six, with payloads and keys that repeat."""
    payloads: tuple[Any, ...] = (None, 3, [1, 2], {"a": 1}, {"key": "b", "a": 2}, {})
    rows = [(chance.choice(payloads), chance.choice((None, "a", "b"))) for _ in range(chance.randint(1, 6))]
    return records(
        [Reading(copy.deepcopy(payload), at, key) for at, (payload, key) in enumerate(rows)], admitted=START - 60
    )


def _seconds(chance: Random) -> float:
    return chance.choice((0.0, 1e-6, 0.3, 1.0, 59.9, 3600.0, 1e6))


def _arrival(chance: Random, now: float) -> Facts:
    return Arrival("source", _records(chance), now, chance.choice((0, 1, 10**6)), _seconds(chance), {})


def _dispatch(chance: Random, now: float) -> Facts:
    pulling = chance.random() < 0.4
    records = [] if pulling else _records(chance)
    return Dispatch("node", pulling, records, len(records) or chance.randint(1, 64), now, chance.randint(0, 3), {})


def _overflow(chance: Random, now: float) -> Facts:
    records = _records(chance)
    offered = chance.randint(1, len(records))
    capacity = chance.randint(0, len(records) - 1)
    waiting = len(records) - offered
    return Overflow("box", "group", "memory", capacity, waiting, records, offered, chance.random() < 0.3, now, {})


def _failure(chance: Random, now: float) -> Facts:
    return Failure(
        "node",
        chance.choice(("r1", "r2")),
        chance.choice(("OSError: no", "ValueError: odd")),
        chance.choice(list(FailureClass)),
        chance.choice((1, 2, 3, 10, 1000)),
        _seconds(chance),
        chance.random(),
        status=chance.choice((None, 404, 429, 503)),
        retry_after=chance.choice((None, 0.0, 30.0)),
        previous_delay=_seconds(chance),
        age=_seconds(chance),
        now=now,
        key=chance.choice((None, "a", "b")),
        verdict=chance.choice((None, None, DeadLetter("attempts"))),
    )


def _completion(chance: Random, now: float) -> Facts:
    failed = {kind: chance.randint(1, 5) for kind in FailureClass if chance.random() < 0.3}
    times = sorted(_seconds(chance) for _ in range(3))
    return Completion("node", chance.randint(0, 64), failed, times[2], times[0], times[1], now, {})


def _settlement(chance: Random, now: float) -> Facts:
    return Settlement(chance.randint(1, 9), chance.randint(1, 999), chance.choice((0.0, 0.01, 4.9)), now, {})


_FACTS = {
    "admit": _arrival,
    "overflow": _overflow,
    "dispatch": _dispatch,
    "failure": _failure,
    "completion": _completion,
    "settle": _settlement,
}
