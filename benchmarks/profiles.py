"""What each built-in profile is for, measured: it has to win its own metric against the other two.

Run:     python benchmarks/profiles.py [--rounds N]        (or `nox -s bench -- benchmarks/profiles.py`)
Bar:     edge_low_power   uses the least CPU, wake-ups and memory: while the graph is idle, and at the most
         server_realtime  has the lowest 99th percentile of latency at a fixed rate
         offline_batch    carries most records a second, and keeps fewest bytes of each on disk
How:     the graph of the site-safety example with each profile, in a process of its own; the uplink is a sink that takes
         two milliseconds in a thread, as one over HTTP would. Latency runs from when a detection was to come, not from when
         it was read: a source that is held back does not make it shorter. Every figure is the median of the rounds, which
         take turns.
Ignores: how the profiles compare with a run without one (`in_memory.py` and `durable.py` measure that).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timezone
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import machine

from penstock._plugins.discovery import Catalog, discover
from penstock._store.sqlite import SqliteStore
from penstock.cli.assembly import assemble
from penstock.cli.wishes import Wishes
from penstock.graph.model import NodeUse
from penstock.manifest.build import build_node
from penstock.record import Reading, Record
from penstock.running import run
from penstock.sdk import Context, node

EXAMPLE = Path(__file__).resolve().parents[1] / "examples/site-safety"
EDGE, REALTIME, BATCH = "edge_low_power", "server_realtime", "offline_batch"
PROFILES = (EDGE, REALTIME, BATCH)

IDLE_INPUT = 20_000  # detections that are worked on before it is idle
IDLE_FOR = 10.0  # seconds
RATE, FLOW_FOR = 200.0, 10.0  # detections a second, seconds
BULK = 60_000  # detections
ANSWER = 0.002  # seconds that the other side takes for each event
LIMIT = 120.0  # seconds that one run may take at the most

# figure -> who has to win it, whether less is better, how it is written
BARS: dict[str, tuple[str, bool, str]] = {
    "idle CPU, ms/s": (EDGE, True, "{:.2f}"),
    "idle wake-ups/s": (EDGE, True, "{:.1f}"),
    "peak memory, MB": (EDGE, True, "{:.1f}"),
    "p99 latency, ms": (REALTIME, True, "{:.1f}"),
    "records/s": (BATCH, False, "{:,.0f}"),
    "bytes/record on disk": (BATCH, True, "{:.1f}"),
}


@node("bench-uplink", effect="idempotent", blocking=True, concurrency=16)
class Uplink:
    """Takes everything, in a thread as `http-sink` does, and notes how long ago it was to happen."""

    def __init__(self) -> None:
        self.late: list[float] = []  # seconds

    def write(self, record: Record, ctx: Context) -> None:
        time.sleep(ANSWER)
        assert record.event_time is not None
        self.late.append(time.time() - record.event_time.timestamp())


@node("bench-feed")
class Feed:
    """Detections at a fixed rate, each with the time at which it was to come."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def read(self, ctx: Context) -> AsyncIterator[Reading]:
        with self._path.open(encoding="utf-8", errors="replace") as file:
            begun = time.time()
            for number, line in enumerate(file):
                due = begun + number / RATE
                if number >= RATE * FLOW_FOR:
                    return
                if due > time.time():
                    await asyncio.sleep(due - time.time())
                try:
                    payload = json.loads(line)
                except ValueError:  # one of the planted faults
                    continue
                when = datetime.fromtimestamp(due, timezone.utc)
                yield Reading(payload, number + 1, key=payload.get("camera"), event_time=when)


class Idle:
    """Says when a run has had nothing more to commit for a second."""

    def committed(self, counts: Any) -> None:
        """Something was still to do."""
        if counts["detections", "in", ""] >= IDLE_INPUT * 0.99:
            print("read", flush=True)

    def ended(self, report: Any) -> None:
        """Nothing to say."""


def inside(what: str, profile: str, here: Path) -> dict[str, Any]:
    """Run the graph in this process, and tell how it went."""
    catalog, uplink = discover(), Uplink()
    graph = graph_of(catalog, profile, here, ["cooldown.window=0"] if what == "flow" else [])

    def build(use: NodeUse) -> Any:
        if use.id == "uplink":
            return uplink
        if use.id == "detections" and what == "flow":
            return Feed(here / "detections.jsonl")
        return build_node(catalog.load_node(use.type.id), use.config, use.id)

    store = SqliteStore(here / "store", ack=graph.settings.ack)
    begun = time.perf_counter()
    report = run(graph, build, store, until_idle=what != "idle", observers=[Idle()] if what == "idle" else [])
    seconds = time.perf_counter() - begun
    store.close()
    found: dict[str, Any] = {"conserved": report.conserved, "admitted": report.admitted, "seconds": seconds}
    if what == "flow":
        found["p99"] = quantiles(uplink.late, n=100)[98]
        found["samples"] = len(uplink.late)
    return found


def graph_of(catalog: Catalog, profile: str, here: Path, overrides: list[str]) -> Any:
    """The example's graph with a profile, as `penstock run --profile` would have it."""
    os.environ.update(
        SITE_DATA=str(here / "detections.jsonl"),
        SITE_ARCHIVE=str(here / "archive.jsonl"),
        UPLINK_URL="http://127.0.0.1:9/nobody",
    )
    wishes = Wishes(profile=profile, accepted=("ack",))
    made = assemble(str(EXAMPLE / "site-safety.graph.yaml"), catalog, wishes, overrides=overrides)
    if made.graph is None:
        raise SystemExit("\n".join(finding.message for finding in made.report.findings))
    return made.graph


# -- from outside -----------------------------------------------------------------------------------------------


def command(what: str, profile: str, here: Path) -> list[str]:
    return [sys.executable, __file__, "--inside", what, profile, str(here)]


def told(what: str, profile: str, here: Path) -> dict[str, Any]:
    """What a run that ends by itself has to tell."""
    done = subprocess.run(command(what, profile, here), stdout=subprocess.PIPE, check=True, timeout=LIMIT)
    found: dict[str, Any] = json.loads(done.stdout)
    if not found["conserved"]:
        raise SystemExit(f"not every record is accounted for: {found}")
    return found


def idle(profile: str, here: Path) -> dict[str, float]:
    """CPU and wake-ups of a run that waits for more, and the most memory that it had."""
    with subprocess.Popen(command("idle", profile, here), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(5)  # what was read is worked on, and the last commit is made
        first, begun = usage(process.pid), time.monotonic()
        time.sleep(IDLE_FOR)
        second, took = usage(process.pid), time.monotonic() - begun
        process.terminate()
        process.communicate(timeout=LIMIT)
    return {
        "idle CPU, ms/s": (second["cpu"] - first["cpu"]) * 1e3 / took,
        "idle wake-ups/s": (second["switches"] - first["switches"]) / took,
        "peak memory, MB": second["peak"] / 1e6,
    }


def usage(pid: int) -> dict[str, float]:
    """CPU seconds, voluntary context switches of all threads, and peak of resident bytes so far."""
    root = Path(f"/proc/{pid}")
    ran = sum(int((task / "schedstat").read_text().split()[0]) for task in (root / "task").iterdir())
    switches = sum(int(status(task)["voluntary_ctxt_switches"]) for task in (root / "task").iterdir())
    return {"cpu": ran / 1e9, "switches": switches, "peak": int(status(root)["VmHWM"].split()[0]) * 1024}


def status(path: Path) -> dict[str, str]:
    """Name -> value of a `status` file of the kernel."""
    pairs = (line.partition(":") for line in (path / "status").read_text().splitlines())
    return {name: value.strip() for name, _, value in pairs}


def flow(profile: str, here: Path) -> dict[str, float]:
    """Latency at a fixed rate."""
    return {"p99 latency, ms": told("flow", profile, here)["p99"] * 1e3}


def bulk(profile: str, here: Path) -> dict[str, float]:
    """Speed, and room on the disk."""
    found = told("bulk", profile, here)
    stored = sum(path.stat().st_size for path in (here / "store").iterdir())
    return {"records/s": found["admitted"] / found["seconds"], "bytes/record on disk": stored / found["admitted"]}


MEASUREMENTS: tuple[tuple[Callable[[str, Path], dict[str, float]], int], ...] = (
    (idle, IDLE_INPUT),
    (flow, int(RATE * FLOW_FOR * 1.1)),
    (bulk, BULK),
)


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Figure -> profile -> median of the rounds."""
    import generate

    seen: dict[str, dict[str, list[float]]] = {figure: {profile: [] for profile in PROFILES} for figure in BARS}
    for _ in range(rounds):
        for measurement, detections in MEASUREMENTS:
            for profile in PROFILES:
                with tempfile.TemporaryDirectory() as here:
                    generate.write(Path(here) / "detections.jsonl", detections)
                    for figure, value in measurement(profile, Path(here)).items():
                        seen[figure][profile].append(value)
    return {figure: {profile: median(values) for profile, values in of.items()} for figure, of in seen.items()}


def main() -> None:
    if sys.argv[1:2] == ["--inside"]:
        print(json.dumps(inside(sys.argv[2], sys.argv[3], Path(sys.argv[4]))))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    machine.print_facts()
    sys.path.insert(0, str(EXAMPLE))
    found = measure(rounds)
    rows: list[tuple[str, ...]] = [("figure", *PROFILES, "has to win", "verdict")]
    missed = 0
    for figure, (winner, less, form) in BARS.items():
        of = found[figure]
        others = [value for profile, value in of.items() if profile != winner]
        wins = of[winner] < min(others) if less else of[winner] > max(others)
        missed += not wins
        rows.append((figure, *(form.format(of[profile]) for profile in PROFILES), winner, "wins" if wins else "LOSES"))
    machine.table(rows)
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()
