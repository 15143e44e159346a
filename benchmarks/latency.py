"""How long one record takes: alone on an idle graph, and at half of the rate that the graph can carry at most.

Run:     python benchmarks/latency.py [SECONDS]      (or `nox -s bench -- benchmarks/latency.py`)
Bars:    alone, from the hand of the source until the disk has confirmed it: one fdatasync and 1 ms at the most (median).
         At half the peak rate over one durable link, from the moment on at which a record should have begun until it is
         settled and confirmed: 60 ms at the most for 99 of 100 (the median of five runs).
How:     everything at `power` with history in full.  Latencies count from the *intended* start: what a slow moment
         makes wait counts as waiting, and is not left out because the source was held up, too.
Ignores: how much goes through at most (`durable.py`).
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import machine
from contest.ours import Way, channels, one_link
from contest.turns import Contender, Verdicts, rate
from contest.work import PAYLOADS, Mark, Place, Sink, Tally

from penstock._store.sqlite import SqliteStore
from penstock.record import Reading
from penstock.running import run_async
from penstock.sdk import Context, node
from penstock.testing import graph_of

ALONE = 200  # records that come alone
QUIET = 0.03  # seconds between them: longer than a barrier
MEMORY = ["feed -> mark", "mark -> place", "place -> sink"]
LINK = ["feed -> mark", "mark -> events", "events@place -> place", "place -> sink"]
RUNS = 5  # at each rate, in turns; judged is the median of their p99
TICK = 0.001  # seconds that a source sleeps when nothing is due


@node("bench-asked")
class Asked:
    """Hands over a record whenever it is asked to, by way of a queue."""

    wishes: Any

    async def read(self, ctx: Context) -> AsyncIterator[Reading]:
        while (n := await self.wishes.get()) is not None:
            yield Reading(PAYLOADS[n % 1_000], n + 1)


@node("bench-paced")
class Paced:
    """Hands over so many records a second, none before its time, and all that are late at once."""

    rate: float
    count: int
    begun: list[float]  # is given the moment of the first record, on `time.perf_counter`

    async def read(self, ctx: Context) -> AsyncIterator[Reading]:
        self.begun.append(time.perf_counter())
        n = 0
        while n < self.count:
            due = min(self.count, int((time.perf_counter() - self.begun[0]) * self.rate) + 1)
            for at in range(n, due):
                yield Reading(PAYLOADS[at % 1_000], at + 1)
            n = due
            await asyncio.sleep(TICK)


class Confirmed:
    """An observer that notes when how many were counted under one subject, as the disk confirms it."""

    def __init__(self, subject: tuple[str, str, str]) -> None:
        self.subject = subject
        self.seen: list[tuple[float, int]] = []
        self.more = asyncio.Event()

    def committed(self, counts: Mapping[Any, int]) -> None:
        """Remember the moment."""
        n = counts.get(self.subject, 0)
        if n and (not self.seen or n > self.seen[-1][1]):
            self.seen.append((time.perf_counter(), n))
            self.more.set()

    def ended(self, report: Any) -> None:
        """Nothing more to see."""


async def alone(here: Path, links: list[str], subject: tuple[str, str, str]) -> tuple[list[float], list[float]]:
    """Latencies of single records, and beside each what one fdatasync cost in the same moment; seconds."""
    wishes: asyncio.Queue[int | None] = asyncio.Queue()
    confirmed = Confirmed(subject)
    nodes = {"feed": Asked(wishes), "mark": Mark(), "place": Place(), "sink": Sink(Tally())}
    graph, build = graph_of(nodes, links, channels(["events@place"] if links is LINK else []), linger=0.0)
    store = SqliteStore(here / "store", ack="power")
    running = asyncio.ensure_future(run_async(graph, build, store, until_idle=True, observers=[confirmed]))
    took, syncs = [], []
    for n in range(ALONE):
        await asyncio.sleep(QUIET)
        syncs.append(_one_sync(here))
        confirmed.more.clear()
        begun = time.perf_counter()
        wishes.put_nowait(n)
        await confirmed.more.wait()
        took.append(confirmed.seen[-1][0] - begun)
    wishes.put_nowait(None)
    await running
    store.close()
    return took, syncs


def _one_sync(here: Path, size: int = 16_384) -> float:
    with open(here / "probe", "ab") as file:
        file.write(b"x" * size)
        file.flush()
        begun = time.perf_counter()
        os.fdatasync(file.fileno())
        return time.perf_counter() - begun


def paced(here: Path, records_a_second: float, seconds: float) -> list[float]:
    """Latency of every record at this rate, from its intended start until it is settled; seconds."""
    count = int(records_a_second * seconds)
    begun: list[float] = []
    settled = Confirmed(("events@place", "handled", ""))
    nodes = {"feed": Paced(records_a_second, count, begun), "mark": Mark(), "place": Place(), "sink": Sink(Tally())}
    graph, build = graph_of(nodes, LINK, channels(["events@place"]))
    store = SqliteStore(here / "store", ack="power")
    asyncio.run(run_async(graph, build, store, until_idle=True, observers=[settled]))
    store.close()
    found, n = [], 0
    for moment, upto in settled.seen:
        found += [moment - (begun[0] + at / records_a_second) for at in range(n, upto)]
        n = upto
    if n != count:
        raise SystemExit(f"of {count} records {n} were settled")
    return found


def in_ms(*seconds: float) -> list[str]:
    """For a table."""
    return [f"{each * 1e3:.2f} ms" for each in seconds]


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    machine.print_facts()
    verdicts = Verdicts()
    rows = [("alone on an idle graph", "median", "p99", "one fdatasync", "without it", "wanted", "verdict")]
    for what, links, subject in (
        ("settled; links in memory", MEMORY, ("place.out -> sink.in", "handled", "")),
        ("in a durable channel", LINK, ("events", "appended", "")),
    ):
        with tempfile.TemporaryDirectory() as here:
            took, syncs = asyncio.run(alone(Path(here), links, subject))
        rest = median(took) - median(syncs)
        verdict = verdicts.verdict(what, rest <= 0.001)
        rows.append((what, *in_ms(median(took), quantiles(took, n=100)[98], median(syncs), rest), "1 ms", verdict))
    machine.table(rows)

    peak = median(rate(Contender("peak", one_link(Way()), 20_000)) for _ in range(5))
    rows = [("over one durable link", "records/s", "median", "p99", "worst p99", "most", "wanted", "verdict")]
    found: dict[float, list[list[float]]] = {0.25: [], 0.5: []}
    for _ in range(RUNS):
        for share, runs in found.items():
            with tempfile.TemporaryDirectory() as here:
                runs.append(paced(Path(here), peak * share, seconds))
    for share, runs in found.items():
        p99s = [quantiles(run, n=100)[98] for run in runs]
        name = f"at {share:.0%} of the peak"
        judged = ("60 ms", verdicts.verdict(name, median(p99s) <= 0.06)) if share == 0.5 else ("", "")
        told = in_ms(median(map(median, runs)), median(p99s), max(p99s), max(map(max, runs)))
        rows.append((name, f"{peak * share:,.0f}", *told, *judged))
    machine.table(rows)
    verdicts.end()


if __name__ == "__main__":
    main()
