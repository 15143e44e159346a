"""Certify a kind of store in a place: play power cuts, kill processes, and give it the grade that it has earned.

Takes:   a directory to work in, a kind of store, how much to try.
Gives:   `certify`: a `Card`, with the grade `power`, `process` or `none`, and every count behind it.
Ignores: whether the disk below keeps what it says it has kept; nobody can see that from here.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from penstock._certify.disk import RecordingDisk
from penstock._certify.kills import POSSIBLE, storm
from penstock._certify.states import CrashState, crash_states
from penstock._certify.workload import Acknowledged, Fault, faults, work
from penstock._store.interface import Store
from penstock._store.memory import MemoryStore
from penstock._store.seen import Seen
from penstock._store.sqlite import SqliteStore

READINGS = 300  # that the recorded run is given
YOUNG = 32  # names that are many, so that some are on their way into order when it is cut
RESUMED = 25  # every so many crash states the graph is run to its end from there


@dataclass(slots=True)
class Trial:
    """One way of being cruel, and what came of it."""

    name: str
    tried: int = 0
    resumed: int = 0
    wrong: Counter[str] = field(default_factory=Counter)  # kind of fault -> crashes that had one
    first: dict[str, str] = field(default_factory=dict)  # kind of fault -> the first one

    def note(self, found: Iterable[Fault], where: str) -> None:
        """Count one crash."""
        self.tried += 1
        self.add(found, where)

    def add(self, found: Iterable[Fault], where: str) -> None:
        """Faults of a crash that is counted already."""
        for kind, what in {fault.kind: fault.what for fault in found}.items():
            self.wrong[kind] += 1
            self.first.setdefault(kind, f"{where}: {what}")

    def has(self, *kinds: str) -> bool:
        """Whether any fault was of one of these kinds."""
        return any(self.wrong[kind] for kind in kinds)


@dataclass(frozen=True, slots=True)
class Card:
    """What was tried, and what it says."""

    kind: str
    directory: str
    seed: int
    trials: dict[str, Trial]  # "cuts at power", "cuts at process", "kills"

    @property
    def grade(self) -> str:
        """The most that may be promised: `power`, `process` or `none`."""
        cuts, soft, kills = (self.trials.get(name, Trial(name)) for name in (CUTS, SOFT, KILLS))
        if any(trial.has("corrupt", "doubled", "torn", "failed") for trial in (cuts, soft, kills)) or kills.has("lost"):
            return "none"
        if not kills.tried:
            return "none"
        return "power" if cuts.tried and not cuts.has("lost") else "process"

    def as_json(self) -> dict[str, Any]:
        """The card for programs."""
        return {
            "format": 1,
            "kind": self.kind,
            "grade": self.grade,
            "seed": self.seed,
            "trials": {
                name: {"tried": t.tried, "resumed": t.resumed, "wrong": dict(sorted(t.wrong.items())), "first": t.first}
                for name, t in self.trials.items()
            },
        }


CUTS, SOFT, KILLS = "power cuts at `power`", "power cuts at `process`", "kills"


def certify(
    directory: Path,
    kind: str = "sqlite",
    *,
    states: int = 2000,
    kills: int = 200,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
    open_store: Callable[[Path, str, Any], Store] | None = None,
) -> Card:
    """Try a kind of store in a new folder below `directory`, which is taken away afterwards.

    `states` crash states at each level, `kills` killed processes.  `open_store(directory, level, connection)` makes
    the store; a test of this very tool hands in worse ones.  `progress` is called after each crash.
    """
    here = directory / f"certify-{seed}"
    here.mkdir(parents=True)
    make = open_store or _maker(kind)
    trials: dict[str, Trial] = {}
    try:
        if kind != "memory":  # it writes nothing that a cut could spoil
            for name, level in ((CUTS, "power"), (SOFT, "process")):
                trials[name] = trial = Trial(name)
                for state in recorded(here, level, states, Random(f"{seed} {name}"), make):
                    _look(here / "cut", state, trial, make)
                    progress()
        trials[KILLS] = trial = Trial(KILLS)
        if POSSIBLE:
            for found in storm(here, kills, Random(f"{seed} kills"), lambda at: make(at, "power", None)):
                trial.note(found, f"kill {trial.tried + 1}")
                progress()
    finally:
        shutil.rmtree(here, ignore_errors=True)
    return Card(kind, str(directory), seed, trials)


def recorded(
    here: Path, level: str, states: int, draw: Random, make: Callable[[Path, str, Any], Store]
) -> Iterator[CrashState]:
    """Crash states of one run that was recorded whole."""
    disk = RecordingDisk()
    store = make(here / "recorded", level, disk.connection)
    try:
        work(store, READINGS, disk.mark, seed=draw.randrange(1 << 32))
    finally:
        store.close()
        disk.close()
        shutil.rmtree(here / "recorded")
    return crash_states(disk.operations, states, draw)


def _look(at: Path, state: CrashState, trial: Trial, make: Callable[[Path, str, Any], Store]) -> None:
    """Put files where a cut would have left them, and see."""
    shutil.rmtree(at, ignore_errors=True)
    at.mkdir()
    for name, content in state.files.items():
        (at / name).write_bytes(content)
    where = f"cut in operation {state.cut} ({state.how})"
    found = faults(str(at), state.acknowledged or Acknowledged())
    trial.note(found, where)
    if trial.tried % RESUMED == 0 and not found:
        trial.resumed += 1
        trial.add(_resumed(at, make), f"{where}, and then to the end")


def _resumed(at: Path, make: Callable[[Path, str, Any], Store]) -> list[Fault]:
    store = make(at, "process", None)
    try:
        work(store, READINGS, lambda acknowledged: None)
    except Exception as error:  # whatever it is: a run that cannot go on is what is looked for
        return [Fault("failed", f"the run does not go on: {error!r}")]
    finally:
        with suppress(Exception):
            store.close()
    return faults(str(at), Acknowledged(), finished=READINGS)


def _maker(kind: str) -> Callable[[Path, str, Any], Store]:
    import sqlite3

    def make(directory: Path, level: str, connection: Any) -> Store:
        if kind == "memory":
            return MemoryStore()
        return SqliteStore(directory, ack=level, connection=connection or sqlite3.Connection, seen=Seen(YOUNG))

    return make
