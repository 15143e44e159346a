"""Let a graph run for an hour in bad company, and see that nothing grows and nothing is lost.

Run:     python benchmarks/soak.py [--minutes N] [--rate N] [--seed N]      (or `nox -s soak -- --minutes N`)
Bars:    memory of a process that nobody kills, and the size of the store: flat (the slope of a line through the samples
         after the first quarter is within their noise, or within 5 % of their mean in all).  The conservation law: exact
         on every link.  Every record was delivered, or is a dead letter.
How:     two processes on one store, at half of the rate that one of them reaches alone; one is killed (SIGKILL) again
         and again, after 2 to 20 seconds, and started anew.  Some records fail once, few fail for ever; of two groups
         one is slow, and pauses.  Channels keep settled records for 10 seconds, so does the history.  What the sink
         was given it writes to a file, at once; at the end a last run takes what is left, and the books are balanced.
Ignores: power cuts (`nox -s certify`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, linear_regression, pstdev
from typing import Any

import machine
from contest.turns import Verdicts
from contest.work import PAYLOADS, mark, place

from penstock._engine.failure import RetryThenDeadLetter
from penstock._store.sqlite import SqliteStore
from penstock.graph.model import Channel, Graph, Group
from penstock.record import Reading, Record
from penstock.running import RunReport, run
from penstock.sdk import Context, node
from penstock.testing import graph_of, one_policy

KEPT = 10.0  # seconds for which settled records and history stay
ONCE, FOR_EVER = 1_009, 100_003  # one record in so many fails at first, or fails always
NUMBER = 4  # bytes of a number in a file of deliveries


@node("soak-feed")
class Feed:
    """Numbered records, so many a second since a moment that all processes agree on."""

    rate: float
    count: int
    begun: float

    async def read(self, ctx: Context) -> AsyncIterator[Reading]:
        n = ctx.position or 0
        while n < self.count:
            due = min(self.count, int((time.time() - self.begun) * self.rate))
            for at in range(n, due):
                yield Reading({**PAYLOADS[at % 1_000], "n": at}, at + 1)
            n = max(n, due)
            await asyncio.sleep(0.002)


@node("soak-mark")
class Mark:
    """The first transform, which some records fail in."""

    def process(self, record: Record, ctx: Context) -> Record:
        n = record.payload["n"]
        if n % FOR_EVER == FOR_EVER - 1 or (n % ONCE == 0 and ctx.attempt == 1):
            raise RuntimeError("as planned")
        return record.derive(mark(record.payload))


@node("soak-place")
class Place:
    """The second transform."""

    def process(self, record: Record, ctx: Context) -> Record:
        return record.derive(place(record.payload))


@node("soak-sink", effect="idempotent")
class Sink:
    """Writes the number of each record to a file of this process."""

    file: int

    def write(self, record: Record, ctx: Context) -> None:
        os.write(self.file, record.payload["n"].to_bytes(NUMBER, "big"))


@node("soak-sample")
class Sample:
    """Lets one record in a thousand pass."""

    def process(self, record: Record, ctx: Context) -> Record | None:
        return record.derive(record.payload) if record.payload["n"] % 1_000 == 0 else None


@node("soak-archive", effect="idempotent")
class Archive:
    """Takes its time, and a rest now and then."""

    async def write(self, record: Record, ctx: Context) -> None:
        await asyncio.sleep(3.0 if record.payload["n"] % 200_000 == 100_000 else 0.02)


@dataclass(frozen=True, slots=True)
class Plan:
    """What all processes of a soak agree on."""

    directory: Path
    rate: float
    count: int
    begun: float

    def run(self, *, until_idle: bool) -> RunReport:
        """A process's part in it."""
        self.directory.mkdir(exist_ok=True)
        deliveries = os.open(self.directory / f"{os.getpid()}.delivered", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        graph, build = self._graph(deliveries)
        store = SqliteStore(self.directory / "store")
        policies = one_policy(RetryThenDeadLetter(attempts=3), graph)
        try:
            return run(graph, build, store, until_idle=until_idle, policies=policies)
        finally:
            store.close()
            os.close(deliveries)

    def _graph(self, deliveries: int) -> tuple[Graph, Any]:
        nodes = {
            "feed": Feed(self.rate, self.count, self.begun), "mark": Mark(), "place": Place(), "sink": Sink(deliveries),
            "sample": Sample(), "archive": Archive(),
        }  # fmt: skip  # the way of a record in one line, the slow one in another
        links = ["feed -> mark", "mark -> events", "events@quick -> place", "place -> sink", "events@slow -> sample", "sample -> archive"]  # fmt: skip
        groups = {name: Group(name) for name in ("quick", "slow")}
        channels = [Channel("events", groups=groups, retention=KEPT)]
        return graph_of(nodes, links, channels, history_retention=KEPT, lease=5.0)

    @contextmanager
    def process(self) -> Iterator[subprocess.Popen[bytes]]:
        """A process that takes part until it is told to stop."""
        facts = json.dumps([str(self.directory), self.rate, self.count, self.begun])
        with subprocess.Popen([sys.executable, __file__, "--part", facts]) as started:
            try:
                yield started
            finally:
                started.terminate()


class Samples:
    """What was seen of one thing, over time."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.seen: list[tuple[float, float]] = []  # seconds since the beginning, bytes

    def row(self, verdicts: Verdicts) -> Sequence[str]:
        """Judged, without the first quarter."""
        settled = self.seen[len(self.seen) // 4 :]
        moments, sizes = zip(*settled, strict=True)
        slope, start = linear_regression(moments, sizes)
        noise = pstdev(size - (start + slope * at) for at, size in settled)
        grown, mean = slope * (moments[-1] - moments[0]), fmean(sizes)
        flat = grown <= max(2 * noise, 0.05 * mean)
        said = verdicts.verdict(self.what, flat)
        return (self.what, *(f"{each / 2**20:.1f} MiB" for each in (mean, grown, noise)), "flat", said)


def peak(directory: Path, records: int = 40_000) -> float:
    """Records a second of the same graph, alone and not held up by its source."""
    begun = time.perf_counter()
    Plan(directory, 1e9, records, time.time() - 1).run(until_idle=True)
    return records / (time.perf_counter() - begun)


def soak(plan: Plan, seconds: float, chance: random.Random) -> tuple[Samples, Samples, int]:
    """Memory and size, sampled, and how often the hunted process was killed."""
    memory, size, kills = Samples("memory of the process that lives"), Samples("size of the store"), 0
    begun = time.monotonic()
    with plan.process() as steady:
        while (now := time.monotonic() - begun) < seconds:
            life = min(chance.uniform(2, 20), seconds - now)
            with plan.process() as hunted:
                until = time.monotonic() + life
                while time.monotonic() < until:
                    time.sleep(min(1.0, max(0.0, until - time.monotonic())))
                    if steady.poll() is not None:
                        raise SystemExit(f"the process that nobody kills has ended with {steady.returncode}")
                    at = time.monotonic() - begun
                    memory.seen.append((at, _resident(steady.pid)))
                    size.seen.append(
                        (at, sum(part.stat().st_size for part in (plan.directory / "store").glob("store.sqlite3*")))
                    )
                hunted.send_signal(signal.SIGKILL)
                kills += 1
    return memory, size, kills


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) * 1024


def missing(plan: Plan) -> list[int]:
    """Numbers of records that were neither delivered nor given up."""
    seen = bytearray(plan.count)
    for file in plan.directory.glob("*.delivered"):
        numbers = memoryview(file.read_bytes())
        for at in range(0, len(numbers) - NUMBER + 1, NUMBER):
            seen[int.from_bytes(numbers[at : at + NUMBER], "big")] = 1
    return [n for n, there in enumerate(seen) if not there and n % FOR_EVER != FOR_EVER - 1]


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--minutes", type=float, default=60.0)
    asked.add_argument("--rate", type=float, help="records a second, instead of half of what one process reaches alone")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--part", help=argparse.SUPPRESS)
    words = asked.parse_args()
    if words.part:
        directory, *facts = json.loads(words.part)
        Plan(Path(directory), *facts).run(until_idle=False)
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the processes that take part end as well
    machine.print_facts()
    verdicts = Verdicts()
    with tempfile.TemporaryDirectory() as here:
        rate = words.rate or peak(Path(here) / "peak") / 2
        seconds = words.minutes * 60
        plan = Plan(Path(here) / "soak", rate, int(rate * seconds), time.time())
        print(f"{rate:,.0f} records a second for {words.minutes:g} minutes, seed {words.seed}\n", flush=True)
        memory, size, kills = soak(plan, seconds, random.Random(words.seed))
        report = plan.run(until_idle=True)
        lost = missing(plan)
    machine.table([("over the run", "mean", "grown", "noise", "wanted", "verdict"), memory.row(verdicts), size.row(verdicts)])  # fmt: skip
    conserved = report.conserved and report.admitted == plan.count
    machine.table(
        [
            ("at the end", "found", "wanted", "verdict"),
            ("processes killed", f"{kills:,}", "", ""),
            ("records admitted", f"{report.admitted:,}", f"{plan.count:,}", ""),
            ("conservation law", "exact" if conserved else "BROKEN", "exact", verdicts.verdict("conservation", conserved)),
            ("records lost", f"{len(lost):,}", "0", verdicts.verdict("nothing lost", not lost)),
        ]
    )  # fmt: skip  # a row in a line
    verdicts.end()


if __name__ == "__main__":
    main()
