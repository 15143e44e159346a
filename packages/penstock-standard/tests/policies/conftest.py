"""What the runtime tells a policy, made by hand; time is a clock that moves when it is told to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from penstock import Answer, Completion, Delay, Dispatch, Failure, FailureClass, Proceed, Record
from penstock.testing import FakeClock

START = 1_700_000_000.0


class Clock(FakeClock):
    """A clock that is set by seconds since `START`, or since the epoch."""

    def at(self, seconds: float) -> None:
        self.advance((seconds if seconds >= START else START + seconds) - self.now())


def records(count: int = 1, key: str | None = None, **facts: Any) -> list[Record]:
    """So many records, numbered; each with an id of its own."""
    return [Record({"n": n}, key=key, _id=f"{key}-{n}", **facts) for n in range(count)]


@dataclass
class AtNode:
    """A node with one policy: asks it as the runtime does, and keeps its memory."""

    policy: Any
    clock: Clock = field(default_factory=lambda: Clock(START))
    memory: dict[str, Any] = field(default_factory=dict)

    def asked(
        self, given: Sequence[Record], *, pulling: bool = False, wanted: int | None = None, in_flight: int = 0
    ) -> Answer:
        """What it says to a batch, or before one is pulled."""
        wanted = len(given) if wanted is None else wanted
        shown = () if pulling else tuple(given)
        return self.policy.dispatch(Dispatch("node", pulling, shown, wanted, self.clock.now(), in_flight, self.memory))

    def passed(self, given: Sequence[Record]) -> tuple[int, float | None]:
        """How many of a batch pass, and after how many seconds the first of the others may come back."""
        if not given:
            return 0, None
        answer = self.asked(given)
        if isinstance(answer, Delay):
            return 0, answer.after
        if isinstance(answer, Proceed):
            many = len(given) if answer.at_most is None else min(len(given), answer.at_most)
            return many, self.passed(given[many:])[1] if many else None
        waits = [decision.after for decision in answer.values() if isinstance(decision, Delay)]
        return len(given) - len(answer), min(waits)

    def completed(self, ok: int = 0, latency: float = 0.01, **failed: int) -> Any:
        """Tell it how a batch came out; failures by the name of their class."""
        by_class = {FailureClass(name): many for name, many in failed.items() if many}
        total = ok + sum(failed.values())
        told = Completion("node", ok, by_class, latency * total, latency, latency, self.clock.now(), self.memory)
        return self.policy.completion(told)


def failure(attempt: int = 1, kind: str = "transient", **facts: Any) -> Failure:
    """One failed attempt."""
    described = {"elapsed": 0.0, "draw": 0.5, **facts}
    return Failure("node", "record", "Error: no", FailureClass(kind), attempt, **described)


@pytest.fixture(scope="session")
def at_node() -> Callable[..., AtNode]:
    """Bind one policy to a node."""
    return AtNode


@pytest.fixture(scope="session")
def failed() -> Callable[..., Failure]:
    """Describe a failed attempt."""
    return failure


@pytest.fixture(scope="session")
def numbered() -> Callable[..., list[Record]]:
    """Make records."""
    return records
