"""What a test of stores needs: a place that either kind of store is kept in, and processes that work there.

A `Process` is a store object with a run of its own; time is a number that the test turns.
Ignores: what a store promises; the tests say it.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from penstock._store.codec import portable
from penstock._store.facts import Append, ChannelSpec, Lease, Parked, Work
from penstock._store.interface import Store
from penstock._store.memory import MemoryStore
from penstock._store.sqlite import SqliteStore
from penstock.record import Record

START = 1_700_000_000.0
EVENTS = ChannelSpec("events", ("g",))


def record(n: int, payload: Any = None, *, key: str | None = None) -> Record:
    """The n-th record that one source ever made."""
    return Record({"n": n} if payload is None else payload, key, _salt=b"source", _position=n)


def appending(records: Sequence[Record], channel: str = "events", producer: str = "p") -> Append:
    """What a step hands to the store."""
    payloads = [portable(each.payload) for each in records]
    return Append(channel, producer, f"{producer}.out -> {channel}", list(records), payloads)


def parked(n: int, *, node: str = "b", due: float = START, lane: str | None = None, attempts: int = 1) -> Parked:
    """A delivery that has failed once."""
    return Parked(node, "in", "events@g", record(n, key=lane), attempts, START, due, ["first cause"], lane)


@dataclass
class Process:
    """One process's part: a store object, and a run on it."""

    place: Place
    store: Store
    run: str

    @property
    def now(self) -> float:
        return self.place.now

    def commit(self, **parts: Any) -> Counter[str]:
        """One transaction."""
        return self.store.commit(Work(**parts), self.run, self.now)

    def append(self, *numbers: int, channel: str = "events", producer: str = "p") -> Counter[str]:
        """The records of these numbers into a channel, as one block."""
        return self.commit(append=[appending([record(n) for n in numbers], channel, producer)])

    def lease(
        self, limit: int = 64, *, cursor: str = "g", channel: str = "events", lasts: float = 30.0
    ) -> Lease | None:
        return self.store.lease(channel, cursor, limit, self.run, self.now, self.now + lasts)

    def leased(self, limit: int = 64, **where: Any) -> Lease:
        """A lease that must be there."""
        lease = self.lease(limit, **where)
        assert lease is not None
        return lease

    def due(self, *nodes: str, limit: int = 64, lasts: float = 30.0) -> list[Parked]:
        return self.store.due(nodes or ("b",), limit, self.run, self.now, self.now + lasts)

    def claim(self, resource: str = "stage:a", *, lasts: float = 30.0) -> int | None:
        return self.store.claim(resource, self.run, self.now, self.now + lasts)

    def drain(self, limit: int = 64, **where: Any) -> list[int]:
        """Take and settle everything; the numbers of the records, in order."""
        found: list[int] = []
        while lease := self.lease(limit, **where):
            found += [each.payload["n"] for each in lease.records]
            self.commit(settle=[lease])
        return found

    def end(self) -> None:
        """Stop well."""
        self.store.end_run(self.run, "stopped", self.now)
        self.store.close()


@dataclass
class Place:
    """Where a store is kept, of either kind."""

    kind: str
    directory: Path
    channels: tuple[ChannelSpec, ...] = (EVENTS,)
    now: float = START
    _memory: MemoryStore = field(default_factory=MemoryStore)
    _stores: list[Store] = field(default_factory=list)
    _runs: int = 0

    record = staticmethod(record)
    appending = staticmethod(appending)
    parked = staticmethod(parked)

    def store(self) -> Store:
        """Another object on the same place, not yet open."""
        if self.kind == "memory":
            return self._memory
        self._stores.append(SqliteStore(self.directory, ack="process"))  # a test cuts no power
        return self._stores[-1]

    def process(self, *channels: ChannelSpec, graph: str = "here") -> Process:
        """A process that has begun a run."""
        store = self.store()
        self.channels = channels or self.channels
        store.open(graph, self.channels)
        self._runs += 1
        store.begin_run(f"run-{self._runs}", "digest", self.now)
        return Process(self, store, f"run-{self._runs}")

    def killed(self) -> Place:
        """The same place as it is found after everybody was killed at once: files as they stand, nobody alive."""
        if self.kind == "memory":
            return self
        after = self.directory.with_name(f"{self.directory.name}+")
        shutil.copytree(self.directory, after)
        return Place(self.kind, after, self.channels, self.now, _stores=self._stores, _runs=self._runs)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def close(self) -> None:
        """Close what tests have left open."""
        for store in self._stores:
            store.close()


@pytest.fixture(params=["memory", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place for each kind of store."""
    made = Place(request.param, tmp_path / "store")
    yield made
    made.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Place]:
    """A place on disk."""
    made = Place("sqlite", tmp_path / "store")
    yield made
    made.close()


@pytest.fixture(scope="session")
def fresh() -> Callable[[], Place]:
    """Makes a place in memory, for laws that want a new one for each example."""
    return lambda: Place("memory", Path("nowhere"))
