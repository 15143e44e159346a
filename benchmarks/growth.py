"""How cost grows with what is in the store: enqueue, lease and settle of a record; the first looks at a long backlog.

Run:     python benchmarks/growth.py [RECORDS]      (or `nox -s bench -- benchmarks/growth.py`); 10,000,000 takes long
Bars:    from 10,000 records in the store to the most (1,000,000 unless said otherwise), none of the three costs grows
         1.3 times.  With the most of them waiting: `penstock store stats`, `penstock check` and the first lease after
         opening the store answer within 100 ms.
How:     one store for each power of ten, all of them filled first, records of 1 kB as JSON in blocks of 64, all of them
         waiting.  Then the stores take turns, so that a slow moment of the machine hits all; the ratio is the median of
         those within a round.  The acknowledgement level is `process`, so that it is not the disk that is measured.
         Commands are timed whole, from the shell, and beside them what an empty store takes: most of it is the start
         of Python.
Ignores: how fast a graph is (`durable.py`).
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

import machine
from contest.turns import Verdicts
from contest.work import PAYLOADS, encode

from penstock._store.facts import Append, ChannelSpec, Lease, StepEntry, Work
from penstock._store.sqlite import SqliteStore
from penstock.record import Origin, Record

BLOCK, ROUND, ROUNDS = 64, 50, 15  # records a block, blocks a round
GROWS, QUICK = 1.3, 0.1  # times, seconds
OWNER, CHANNEL, GROUP = "bench", "events", "sink"
ORIGIN = Origin("feed", datetime.now(timezone.utc))
GRAPH = """\
format: 1
name: growth
channels: {events: {kind: sqlite, groups: {sink: compete}}}
nodes:
  feed: {type: jsonl-source, config: {path: detections.jsonl}}
  sink: {type: jsonl-sink, config: {path: out.jsonl}}
links:
  - {from: feed, to: events}
  - {from: events, group: sink, to: sink}
"""
LINES = [encode(each) for each in PAYLOADS[:BLOCK]]


class Filled:
    """A store with so many records waiting in its one channel."""

    def __init__(self, directory: Path, records: int) -> None:
        self.directory = directory
        self.records = records
        self.store = opened(directory)
        (directory / "flow.graph.yaml").write_text(GRAPH, encoding="utf-8")
        self.store.begin_run(OWNER, "", time.time())
        self._numbers = itertools.count()
        for _ in range(records // BLOCK):
            self.enqueue()

    def enqueue(self) -> None:
        """One block."""
        first = next(self._numbers) * BLOCK
        records = [
            Record(value, _salt=b"feed\0out", _position=first + at, _origin=ORIGIN, _hops=1)
            for at, value in enumerate(PAYLOADS[:BLOCK])
        ]
        append = Append(CHANNEL, "feed", "feed.out -> events", records, LINES)
        self.store.commit(Work(append=[append], steps=[self._step("source:feed", first)]), OWNER, time.time())

    def lease(self) -> Lease:
        """One block."""
        now = time.time()
        lease = self.store.lease(CHANNEL, GROUP, BLOCK, OWNER, now, now + 60)
        if lease is None or len(lease.records) != BLOCK:
            raise SystemExit("the store did not hand out what it holds")
        return lease

    def settle(self, lease: Lease) -> None:
        """One block."""
        self.store.commit(Work(settle=[lease], steps=[self._step("events@sink", lease.start)]), OWNER, time.time())

    @staticmethod
    def _step(intake: str, start: int) -> StepEntry:
        return StepEntry("sink", intake, start, BLOCK, time.time(), b"", b"")

    def round(self) -> dict[str, float]:
        """Seconds for each record: as many blocks go in as come out."""
        took = dict.fromkeys(("enqueue", "lease", "settle"), 0.0)
        for _ in range(ROUND):
            took["enqueue"] += _timed(self.enqueue)
            begun = time.perf_counter()
            lease = self.lease()
            took["lease"] += time.perf_counter() - begun
            took["settle"] += _timed(lambda lease=lease: self.settle(lease))
        return {what: seconds / (ROUND * BLOCK) for what, seconds in took.items()}


def opened(directory: Path) -> SqliteStore:
    """As a run opens it."""
    store = SqliteStore(directory, ack="process")
    store.open("growth", [ChannelSpec(CHANNEL, (GROUP,), 0.0, 3600.0)])
    return store


def _timed(call: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def sizes(most: int) -> Iterator[int]:
    """Powers of ten from 10,000 on."""
    size = 10_000
    while size <= most:
        yield size
        size *= 10


def judge_costs(stores: list[Filled], verdicts: Verdicts) -> None:
    """Turns, and a row for each size and cost."""
    rounds = [[store.round() for store in stores] for _ in range(ROUNDS + 1)][1:]
    rows = [("microseconds a record", *(f"{store.records:,}" for store in stores), "grows", "wanted", "verdict")]
    for what in ("enqueue", "lease", "settle"):
        costs = [median(turn[at][what] for turn in rounds) for at in range(len(stores))]
        grows = median(turn[-1][what] / turn[0][what] for turn in rounds)
        verdict = verdicts.verdict(f"{what} grows", grows < GROWS)
        rows.append((what, *(f"{cost * 1e6:.2f}" for cost in costs), f"{grows:.2f} x", f"< {GROWS} x", verdict))
    machine.table(rows)


def judge_looks(stores: list[Filled], verdicts: Verdicts) -> None:
    """What somebody waits for in front of a long backlog."""
    rows = [("the first look", *(f"{store.records:,}" for store in stores), "wanted", "verdict")]
    for what, look in LOOKS.items():
        took = [median(look(store) for _ in range(7)) for store in stores]
        verdict = verdicts.verdict(what, took[-1] <= QUICK)
        rows.append((what, *(f"{each * 1e3:.1f} ms" for each in took), f"{QUICK * 1e3:.0f} ms", verdict))
    machine.table(rows)


def first_lease(store: Filled) -> float:
    """Open the store, as a run that begins, and take a block."""

    def look() -> None:
        kept = opened(store.directory)
        now = time.time()
        kept.lease(CHANNEL, GROUP, BLOCK, "another", now, now + 60)
        kept.close()

    return _timed(look)


def stats(store: Filled) -> float:
    """`penstock store stats`, in this process."""
    from penstock._tending.stats import stats as asked

    def look() -> None:
        kept = opened(store.directory)
        asked(kept)
        kept.close()

    return _timed(look)


def from_the_shell(*words: str) -> Callable[[Filled], float]:
    """A command, whole."""
    program = str(Path(sysconfig.get_path("scripts")) / "penstock")

    def look(store: Filled) -> float:
        asked = [program, *words, *([str(store.directory)] if words[0] == "store" else ["flow.graph.yaml"])]
        # as in an installation, whose modules are compiled already
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return _timed(
            lambda: subprocess.run(asked, cwd=store.directory, env=environment, check=True, stdout=subprocess.DEVNULL)
        )

    return look


LOOKS: dict[str, Callable[[Filled], float]] = {
    "the first lease of a run": first_lease,
    "stats, in the process": stats,
    "penstock store stats": from_the_shell("store", "stats"),
    "penstock check": from_the_shell("check"),
}


def main() -> None:
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    machine.print_facts()
    verdicts = Verdicts()
    with tempfile.TemporaryDirectory() as here:
        stores = []
        for size in sizes(most):
            begun = time.perf_counter()
            store = Filled(Path(here) / str(size), size)
            took = time.perf_counter() - begun
            file = sum(part.stat().st_size for part in (Path(here) / str(size)).glob("store.sqlite3*"))
            print(f"{size:,} records: filled in {took:.1f} s, {file / size:.0f} bytes each on disk", flush=True)
            stores.append(store)
        print()
        judge_costs(stores, verdicts)
        for store in stores:
            store.store.close()
        judge_looks(stores, verdicts)
    verdicts.end()


if __name__ == "__main__":
    main()
