"""How much a second process gives to ordered, stateful work: one process and two, on the same four partitions.

Run:     python benchmarks/partitions.py [RECORDS]
Bar:     on two cores, two processes carry 1.3 times what one does.
How:     a store is filled with records of 1 kB and a thousand keys; then an ordered node that remembers, with some 10 us of
         work of its own for each record, takes them from a channel with four partitions into a second one.  What counts
         is the rate between the moment when every process holds its part and that when a tenth is left; each way three
         times in turn, the median of the three.  Each commit is safe against a power cut.
Mind:    there are two cores, and one disk, and whoever else works here.
Ignores: how long it takes until a newcomer has its part; that is a second at most, and tested.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import machine

from penstock._store.sqlite import SqliteStore
from penstock.graph.model import Channel, Group
from penstock.record import Reading, Record
from penstock.running import run
from penstock.sdk import Context, node
from penstock.testing import Collect, graph_of

RECORDS = 150_000
PARTITIONS, KEYS, TURNS = 4, 1000, 3
BAR = 1.3
_FILLER = "x" * 960


@node("filled")
class Filled:
    """So many records, as fast as they are taken."""

    count: int

    def read(self, ctx: Context) -> Iterator[Reading]:
        for n in range(ctx.position or 0, self.count):
            yield Reading({"n": n, "text": _FILLER}, n + 1, f"k{n % KEYS}")


@node("scores", stateful=True, ordered=True)
class Scores:
    """Some 10 us of work, and a sum for each key."""

    def process(self, record: Record, ctx: Context) -> Record:
        n = record.payload["n"]
        for _ in range(220):
            n = (n * 1103515245 + 12345) & 0x7FFFFFFF
        ctx.state[record.key or ""] = ctx.state.get(record.key or "", 0) + 1
        return record.derive({"n": n, "text": record.payload["text"]})


def graph(place: str, count: int | None) -> tuple[Any, Any]:
    """What fills the store, or, without a count, what works on it."""
    events = Channel(
        "events", partitions=PARTITIONS, capacity=10_000_000, groups={} if count else {"work": Group("work")}
    )
    if count:
        return graph_of({"feed": Filled(count)}, ["feed -> events"], [events], name="bench", batch=256)
    done = Channel("done", capacity=10_000_000, groups={"end": Group("end")})
    nodes = {"work": Scores(), "end": Collect()}
    return graph_of(
        nodes, ["events@work -> work", "work -> done"], [events, done], name="bench", batch=256, history="counts"
    )


def work(place: str, count: int | None = None) -> None:
    """One process's part."""
    made, build = graph(place, count)
    store = SqliteStore(place)
    run(made, build, store, until_idle=True)
    store.close()


def waiting(store: SqliteStore) -> int:
    """Records that nobody has settled yet."""
    return sum(store.depth(f"events/{n}", "work").total for n in range(PARTITIONS))


def rate(processes: int, records: int) -> float:
    """Records a second, of so many processes together."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run([sys.executable, __file__, "--fill", place, str(records)], check=True)
        workers = [subprocess.Popen([sys.executable, __file__, "--work", place]) for _ in range(processes)]
        store = SqliteStore(Path(place))
        store.attach()
        try:
            while len({claim.owner for claim in _held(store)}) < processes or len(_held(store)) < PARTITIONS:
                time.sleep(0.01)
            begun, before = time.perf_counter(), waiting(store)
            while waiting(store) > records // 10:
                time.sleep(0.05)
            found = (before - waiting(store)) / (time.perf_counter() - begun)
            for worker in workers:
                assert worker.wait() == 0
        finally:
            store.close()
        return found


def _held(store: SqliteStore) -> list[Any]:
    return store.claims("stage:work/", time.time())


def main() -> None:
    """Print the rates and their ratio; exit code 1 when it is under the bar."""
    if sys.argv[1:2] == ["--fill"]:
        return work(sys.argv[2], int(sys.argv[3]))
    if sys.argv[1:2] == ["--work"]:
        return work(sys.argv[2])
    records = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    machine.print_facts()
    turns = [[rate(processes, records) for processes in (1, 2)] for _ in range(TURNS)]
    one, two = (median(turn[at] for turn in turns) for at in (0, 1))
    ratio = median(turn[1] / turn[0] for turn in turns)
    print(f"one process   {one:>10,.0f} records/s")
    print(f"two processes {two:>10,.0f} records/s")
    print(f"ratio         {ratio:>10.2f}  (bar {BAR}; {', '.join(f'{turn[1] / turn[0]:.2f}' for turn in turns)})")
    raise SystemExit(0 if ratio >= BAR or (os.cpu_count() or 1) < 2 else 1)


if __name__ == "__main__":
    main()
