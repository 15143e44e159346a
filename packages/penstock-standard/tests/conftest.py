"""A context that stands in for the runtime: what a node asks of it, in memory and without a clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from datetime import datetime, timezone
from random import Random
from typing import Any

import msgspec
import pytest

from penstock import Drop, Emission, Record, Secret, Timer

START = 1_700_000_000.0


class State(MutableMapping[str, Any]):
    """Keyed state as the store keeps it: what goes in comes out as a new object, and only JSON goes in."""

    def __init__(self, stored: Mapping[str, bytes] | None = None) -> None:
        self.stored = dict(stored or {})

    def __getitem__(self, key: str) -> Any:
        return msgspec.json.decode(self.stored[key])

    def __setitem__(self, key: str, value: Any) -> None:
        self.stored[key] = msgspec.json.encode(value)

    def __delitem__(self, key: str) -> None:
        del self.stored[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.stored)

    def __len__(self) -> int:
        return len(self.stored)


class Timers(dict[str, tuple[float, Any]]):
    def set(self, key: str, at: float, payload: Any = None) -> None:
        self[key] = (at, payload)

    def cancel(self, key: str) -> None:
        self.pop(key, None)


class Log:
    def debug(self, message: str, **facts: Any) -> None: ...

    info = warning = error = debug


class FakeContext:
    def __init__(
        self,
        *,
        now: float = START,
        position: Any = None,
        secrets: Mapping[str, str] | None = None,
        stored: Mapping[str, bytes] | None = None,
    ) -> None:
        self.now = now
        self.node = "node"
        self.attempt = 1
        self.random = Random(0)
        self.state = State(stored)
        self.timers = Timers()
        self.log = Log()
        self.position = position
        self.effect_key = "effect-1"
        self._secrets = {name: Secret(value, name) for name, value in (secrets or {}).items()}

    @property
    def time(self) -> datetime:
        return datetime.fromtimestamp(self.now, timezone.utc)

    def secret(self, name: str) -> Secret:
        return self._secrets[name]


@pytest.fixture(scope="session")
def context() -> Callable[..., FakeContext]:
    """Make a context; each has state and timers of its own."""
    return FakeContext


@pytest.fixture(scope="session")
def outputs() -> Callable[[Any], list[Record | Drop | Emission]]:
    """What a node handed back, as a list."""

    def listed(result: Any) -> list[Record | Drop | Emission]:
        if result is None:
            return []
        return [result] if isinstance(result, (Record, Drop, Emission)) else list(result)

    return listed


@pytest.fixture(scope="session")
def ring() -> Callable[[Any, FakeContext], list[Record]]:
    """Let every timer of a node go off in due order, as at the end of the input."""

    def ringing(node: Any, ctx: FakeContext) -> list[Record]:
        def answers() -> Iterator[Record]:
            while ctx.timers:
                key = min(ctx.timers, key=lambda name: (ctx.timers[name][0], name))
                due, payload = ctx.timers.pop(key)
                yield from node.on_timer(Timer(key, due, payload), ctx)

        return list(answers())

    return ringing


@pytest.fixture(scope="session")
def at() -> Callable[[float], datetime]:
    """A zone-aware time, so many seconds after the beginning of 2024."""
    return lambda seconds: datetime.fromtimestamp(1_704_067_200 + seconds, timezone.utc)
