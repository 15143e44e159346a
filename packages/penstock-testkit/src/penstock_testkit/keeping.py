"""The store under test: places where it keeps what it is given, processes that work there, and their end.

Takes:   a channel kind, or a way to make its stores.
Gives:   `StoreCheck`; `Kept`, what a suite asks of; `Place`, one empty place of it; `Process`, a store object with a run of its own.
Ignores: what a store promises (`checks/`).  Time is a number that the checks turn.
"""

from __future__ import annotations

import os
import select
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from penstock import Reading, Record
from penstock.stores import Append, ChannelSpec, Lease, LeaseLost, Parked, Store, StoreError, Work, portable
from penstock.testing import records
from penstock_testkit.question import Broken

START = 1_700_000_000.0
LINK = "p.out -> events"
EVENTS = ChannelSpec("events", ("g",))
CAN_KILL = hasattr(os, "fork")
_PATIENCE = 30.0  # seconds for a process that is to be killed

Make = Callable[[Path], Store]


@dataclass(frozen=True)
class Kept:
    """A channel kind, and how its stores are made in a folder."""

    cls: type
    make: Make | None = None

    @property
    def name(self) -> str:
        """`acme_vault.channels:Vault`."""
        return f"{self.cls.__module__}:{self.cls.__qualname__}"

    def store(self, folder: Path) -> Store:
        """A store object on this place, not yet open: with the weakest level, because no check cuts the power."""
        if self.make is not None:
            return self.make(folder)
        declared: Any = getattr(self.cls, "__penstock_channel__", None)
        made: Store = self.cls(str(folder), ack=declared.ack[-1] if declared else "process")
        return made


def record(n: int, payload: Any = None, *, key: str | None = None) -> Record:
    """The n-th record that one source has ever made: the same n has the same id, whatever it holds."""
    readings = [Reading(None, at) for at in range(n)] + [Reading({"n": n} if payload is None else payload, n, key=key)]
    return records(readings)[n]


def appending(made: Sequence[Record], channel: str = "events", producer: str = "p") -> Append:
    """What a step hands to the store."""
    return Append(
        channel, producer, f"{producer}.out -> {channel}", list(made), [portable(one.payload) for one in made]
    )


def parked(n: int, *, node: str = "b", due: float = START, lane: str | None = None) -> Parked:
    """A delivery that has failed once."""
    return Parked(node, "in", "events@g", record(n, key=lane), 1, START, due, ["first cause"], lane)


def numbers(made: Sequence[Record]) -> list[int]:
    """What records hold that `record` has made."""
    return [one.payload["n"] for one in made]


@dataclass
class Process:
    """One process's part: a store object, and a run on it."""

    place: Place
    store: Store
    run: str

    @property
    def now(self) -> float:
        """What time it is."""
        return self.place.now

    def commit(self, **parts: Any) -> Counter[str]:
        """One transaction."""
        return self.store.commit(Work(**parts), self.run, self.now)

    def append(self, *which: int, channel: str = "events", producer: str = "p") -> Counter[str]:
        """The records of these numbers, in one transaction."""
        return self.commit(append=[appending([record(n) for n in which], channel, producer)])

    def lease(self, limit: int = 64, *, cursor: str = "g", lasts: float = 30.0) -> Lease | None:
        """What is to be had."""
        return self.store.lease("events", cursor, limit, self.run, self.now, self.now + lasts)

    def leased(self, limit: int = 64, *, cursor: str = "g", lasts: float = 30.0) -> Lease:
        """A lease that must be there."""
        lease = self.lease(limit, cursor=cursor, lasts=lasts)
        if lease is None:
            raise Broken(f"has nothing for the cursor `{cursor}`, and something was appended")
        return lease

    def due(self, *nodes: str, limit: int = 64, lasts: float = 30.0) -> list[Parked]:
        """Parked deliveries whose time has come."""
        return self.store.due(nodes or ("b",), limit, self.run, self.now, self.now + lasts)

    def claim(self, resource: str = "stage:a", *, lasts: float = 30.0) -> int | None:
        """Become the holder."""
        return self.store.claim(resource, self.run, self.now, self.now + lasts)

    def drain(self, limit: int = 64, *, cursor: str = "g") -> list[int]:
        """Take and settle everything; the numbers, in the order in which they came."""
        found: list[int] = []
        while lease := self.lease(limit, cursor=cursor):
            found += numbers(lease.records)
            self.commit(settle=[lease])
            if len(found) > 10_000:
                raise Broken("hands out without an end what is settled")
        return found

    def end(self) -> None:
        """Stop well."""
        self.store.end_run(self.run, "stopped", self.now)
        self.store.close()


@dataclass
class Place:
    """An empty place, of the kind under test."""

    kept: Kept
    folder: Path
    now: float = START
    channels: tuple[ChannelSpec, ...] = (EVENTS,)
    _stores: list[Store] = field(default_factory=list)
    _runs: int = 0

    def store(self) -> Store:
        """Another object on the same place, not yet open."""
        self._stores.append(self.kept.store(self.folder / "store"))
        return self._stores[-1]

    def process(self, *channels: ChannelSpec, graph: str = "here") -> Process:
        """A process that has begun a run."""
        store = self.store()
        self.channels = channels or self.channels
        store.open(graph, self._specs())
        self._runs += 1
        store.begin_run(f"run-{self._runs}", "digest", self.now)
        return Process(self, store, f"run-{self._runs}")

    def _specs(self) -> list[ChannelSpec]:
        return [replace(one) for one in self.channels]  # a bad store changes what it is given

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def killed(self, work: Callable[[Process], None], said: Callable[[bytes], bool]) -> bytes:
        """Let another process do some work, and kill it as soon as what it wrote to its pipe is enough; what it wrote.

        `work` is called in the other process; `tell` writes to the pipe from there.
        """
        reading, writing = os.pipe()
        self._runs += 1
        run = f"run-{self._runs}"
        child = os.fork()
        if child == 0:
            try:
                os.close(reading)
                self._pipe = writing
                store = self.kept.store(self.folder / "store")
                store.open("here", self._specs())
                store.begin_run(run, "digest", self.now)
                work(Process(self, store, run))
                signal.pause()  # it is killed, and never ends by itself
            finally:
                os._exit(1)  # nothing of the parent's may run here
        os.close(writing)
        heard = b""
        try:
            while not said(heard):
                ready, _, _ = select.select([reading], [], [], _PATIENCE)
                more = os.read(reading, 4096) if ready else b""
                if not more:
                    raise Broken(f"ended or hung in a process of its own, after {len(heard)} commits")
                heard += more
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            while more := os.read(reading, 4096):  # what it has said until it was killed
                heard += more
            os.close(reading)
        return heard

    def tell(self) -> None:
        """Say from the other process that one more thing is done."""
        os.write(self._pipe, b".")

    _pipe: int = -1

    def close(self) -> None:
        """Close what a check has left open."""
        for store in self._stores:
            store.close()


def refused(what: str, work: Callable[[], object]) -> None:
    """See that some work is refused as a whole, because what it was done under is lost."""
    try:
        work()
    except LeaseLost:
        return
    except Exception as error:
        raise Broken(f"answers {what} with {error!r}, and not with `LeaseLost`") from error
    raise Broken(f"takes {what}", hint="compare fences inside of the transaction, and raise `LeaseLost`")


def same(what: str, found: object, wanted: object, hint: str = "") -> None:
    """See that two things are the same."""
    if found != wanted:
        raise Broken(f"{what}: {found!r}, and it is to be {wanted!r}", hint=hint)


__all__ = [
    "CAN_KILL", "EVENTS", "LINK", "START", "Kept", "Make", "Place", "Process", "StoreError", "appending", "numbers", "parked",
    "record", "refused", "same",
]  # fmt: skip  # a table of names reads better in two lines


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """One question about a channel kind. `examine` is given an empty place, and raises `Broken` when the answer is no."""

    code: str
    title: str
    examine: Callable[[Place], None]
    kills: bool = False  # whether it kills a process, which not every system can
