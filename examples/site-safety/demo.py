"""Run the example with a kill in the middle, and prove that every record is accounted for.

Takes:   nothing; everything goes into `work/` beside this file.
Gives:   the proof, line by line, and exit code 1 when one of its statements is false.
Ignores: how it is done; the graph and `penstock run` do it.

The backend runs in this process. It kills the run with SIGKILL when a certain effect is in its ledger and not yet
answered: the sender cannot know that it was delivered, and has to send it again.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import generate
from backend import Backend

HERE = Path(__file__).resolve().parent
GRAPH = HERE / "site-safety.graph.yaml"
PENSTOCK = (sys.executable, "-m", "penstock")
AWAY_AFTER, AWAY_FOR = 500, 2.0  # effects, seconds
KILL_AT = 1000  # effects


class Proof:
    """Statements, each printed with its evidence and remembered."""

    def __init__(self) -> None:
        self.failed = 0

    def that(self, statement: str, holds: bool, evidence: str = "") -> None:
        """State something."""
        self.failed += not holds
        print(f"  {'yes' if holds else 'NO '}  {statement}{f': {evidence}' if evidence else ''}")


@contextmanager
def listening(ledger: Path, **options: Any) -> Iterator[Backend]:
    """A backend in a thread."""
    with Backend(ledger, **options) as backend:
        thread = threading.Thread(target=backend.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield backend
        finally:
            backend.shutdown()
            thread.join()


def start(work: Path, name: str, backend: Backend) -> subprocess.Popen[bytes]:
    """Begin to run the graph, or to go on with it."""
    environment = {
        **os.environ,
        "SITE_DATA": str(work / "detections.jsonl"),
        "SITE_ARCHIVE": str(work / f"{name}.archive.jsonl"),
        "UPLINK_URL": backend.url,
    }
    command = (*PENSTOCK, "run", str(GRAPH), "--store", str(work / f"{name}.store"), "--until-idle", "--json")
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)


def finish(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Wait for a run and give its report."""
    output, _ = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"penstock run ended with {process.returncode}")
    report: dict[str, Any] = json.loads(output)
    return report


def dead_letters(store: Path) -> list[dict[str, Any]]:
    """What was given up in a store."""
    command = (*PENSTOCK, "dlq", "list", "--store", str(store), "--json")
    listed = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    letters: list[dict[str, Any]] = json.loads(listed)["dead_letters"]
    return letters


def lines(path: Path) -> list[Any]:
    """The values of a file of JSON lines."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def killed_and_resumed(work: Path) -> tuple[dict[str, Any], Counter[str]]:
    """Run the graph, kill it half-way, run it to the end: the report, and how the backend answered."""
    run: list[subprocess.Popen[bytes]] = []

    def kill(effects: int) -> None:
        if effects == KILL_AT:
            run[0].kill()
            run[0].wait()

    with listening(work / "killed.ledger.jsonl", away_after=AWAY_AFTER, away_for=AWAY_FOR, on_effect=kill) as backend:
        run.append(start(work, "killed", backend))
        run[0].communicate()
        if backend.counts["effect"] < KILL_AT:
            raise SystemExit(
                f"the run ended with {run[0].returncode} before effect {KILL_AT}, where it was to be killed"
            )
        print(f"killed the run at effect {KILL_AT}; it ended with {run[0].returncode}; now it goes on")
        return finish(start(work, "killed", backend)), backend.counts


def undisturbed(work: Path) -> None:
    """Run the graph with nothing in its way."""
    with listening(work / "whole.ledger.jsonl") as backend:
        finish(start(work, "whole", backend))


def fault_of(letter: dict[str, Any]) -> str:
    """The fault that a dead letter tells of, in the words of the generator."""
    for said, fault in (
        ("missing track id", "missing track id"),
        ("unknown severity", "unknown severity"),
        ("NaN", "NaN confidence"),
        ("not UTF-8", "undecodable bytes"),
    ):
        if said in letter["error"]:
            return fault
    return letter["error"]


def prove(work: Path, planted: generate.Planted, report: dict[str, Any], answers: Counter[str]) -> int:
    """Print every statement; how many are false."""
    proof = Proof()
    ledger, whole_ledger = lines(work / "killed.ledger.jsonl"), lines(work / "whole.ledger.jsonl")
    archive = lines(work / "killed.archive.jsonl")
    letters = dead_letters(work / "killed.store")
    refused = [letter for letter in letters if letter["node"] == "uplink"]
    keys = Counter(entry["key"] for entry in ledger)

    print("\nEvery admitted record is accounted for.")
    proof.that(
        "every line was admitted", report["admitted"] == planted.lines, f"{report['admitted']} of {planted.lines}"
    )
    for name, link in report["links"].items():
        dropped = sum(link["dropped"].values())
        total = link["handled"] + dropped + link["dead"] + link["in_flight"]
        counts = f"{link['offered']} offered = {link['handled']} handled + {dropped} dropped + {link['dead']} dead"
        proof.that(name, link["offered"] == total and not link["in_flight"], counts)

    print("\nThe uplink had one effect for each event.")
    proof.that("no key twice in the ledger", max(keys.values()) == 1, f"{len(ledger)} effects, {len(keys)} keys")
    proof.that(
        "what was delivered when the run was killed was sent again, and known",
        answers["repeated"] > 0,
        f"{answers['repeated']} requests with a known key, {answers['away']} while the backend was away",
    )
    proof.that(
        "every event had its effect or was refused",
        len(archive) == len(ledger) + len(refused),
        f"{len(archive)} events = {len(ledger)} effects + {len(refused)} refused",
    )
    proof.that(
        "the effects are those of an undisturbed run",
        keys == Counter(entry["key"] for entry in whole_ledger),
        f"{len(whole_ledger)} there",
    )

    print("\nThe archive is that of an undisturbed run.")
    same = (work / "killed.archive.jsonl").read_bytes() == (work / "whole.archive.jsonl").read_bytes()
    proof.that("byte for byte", same, f"{len(archive)} lines")

    print("\nThe dead letters are the faults that were planted.")
    found = Counter((letter["node"], letter["class"], fault_of(letter)) for letter in letters)
    print(f"       {'node':12} {'class':10} {'letters':>7} {'planted':>7}  fault")
    for (node, kind, fault), number in sorted(found.items()):
        print(f"       {node:12} {kind:10} {number:7} {planted.faults.get(fault, 0):7}  {fault}")
    proof.that("as many of each", Counter(map(fault_of, letters)) == Counter(planted.faults))
    return proof.failed


def timed(what: str, work: Callable[[], Any]) -> Any:
    """Do something and say how long it took."""
    begun = time.monotonic()
    result = work()
    print(f"{what} ({time.monotonic() - begun:.1f} s)")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=HERE / "work", help="emptied first")
    parser.add_argument("--detections", type=int, default=generate.DETECTIONS)
    given = parser.parse_args()
    shutil.rmtree(given.work, ignore_errors=True)
    given.work.mkdir(parents=True)
    planted = timed(
        f"{given.detections} detections generated",
        lambda: generate.write(given.work / "detections.jsonl", given.detections),
    )
    report, answers = timed("run, killed and resumed to the end", lambda: killed_and_resumed(given.work))
    timed("the same without a kill, for comparison", lambda: undisturbed(given.work))
    failed = prove(given.work, planted, report, answers)
    print(f"\n{failed} statements are false" if failed else "\nall of it holds")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
