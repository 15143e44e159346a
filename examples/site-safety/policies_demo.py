"""Run one graph under three policy files while the uplink is dead, and change the policy of a run in the middle of that.

Takes:   nothing; everything goes into `work/policies/` beside this file.
Gives:   the proof, line by line, and exit code 1 when one of its statements is false.
Ignores: what the policies do inside; `penstock run --policy` and `penstock policies apply` do it.

Every run is a process of its own, with a store and a backend of its own. An hour of the files is four seconds here,
and the input is paced by a policy as well, so that there is a middle to act in.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import generate
from backend import Backend
from demo import GRAPH, HERE, PENSTOCK, Proof, dead_letters, lines, listening, timed

POLICIES = HERE / "policies"
PACE = POLICIES / "pace.policy.yaml"
FILES = ("retry-forever", "quarantine", "shed-load")
DETECTIONS = 6_000
DEAD_FOR = 6.0  # seconds from the first knock at the door: an hour and a half of the policy files
PATIENCE = 60.0  # seconds for what has to happen at all


@dataclass
class Run:
    """One process that runs the graph, with the backend that it sends to."""

    name: str
    work: Path
    backend: Backend
    policies: Sequence[Path]
    report: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def store(self) -> Path:
        return self.work / f"{self.name}.store"

    @property
    def archive(self) -> Path:
        return self.work / f"{self.name}.archive.jsonl"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "SITE_DATA": str(self.work / "detections.jsonl"),
            "SITE_ARCHIVE": str(self.archive),
            "UPLINK_URL": self.backend.url,
        }

    def start(self) -> None:
        """Begin to run the graph."""
        bound = [word for path in self.policies for word in ("--policy", str(path))]
        command = (*PENSTOCK, "run", str(GRAPH), "--store", str(self.store), *bound, "--until-idle", "--json")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, env=self.environment)

    def finish(self) -> None:
        """Wait for the end and take the report."""
        assert self.process is not None
        output, _ = self.process.communicate(timeout=PATIENCE)
        if self.process.returncode != 0:
            raise SystemExit(f"penstock run ended with {self.process.returncode} under {self.name}")
        self.report = json.loads(output)

    @property
    def uplink(self) -> dict[str, Any]:
        """The counts of the group that the uplink reads."""
        link: dict[str, Any] = self.report["links"]["events@uplink"]
        return link

    @property
    def effects(self) -> list[Any]:
        """What the backend took."""
        return lines(self.work / f"{self.name}.ledger.jsonl")

    @property
    def given_up(self) -> Counter[str]:
        """Dead letters of the uplink, by reason."""
        return Counter(letter["reason"] for letter in dead_letters(self.store) if letter["node"] == "uplink")


def told(*words: str, environment: dict[str, str] | None = None) -> str:
    """What a command prints."""
    done = subprocess.run((*PENSTOCK, *words), stdout=subprocess.PIPE, env=environment, check=False, text=True)
    if done.returncode != 0:
        raise SystemExit(f"penstock {' '.join(words)} ended with {done.returncode}\n{done.stdout}")
    return done.stdout


def until(what: str, holds: Callable[[], bool]) -> None:
    """Wait for something that has to happen."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise SystemExit(f"waited {PATIENCE:.0f} s in vain until {what}")
        time.sleep(0.02)


@contextmanager
def running(work: Path, name: str, *policies: Path, dead: bool = True) -> Iterator[Run]:
    """A run that has begun, and whose backend is dead or not."""
    with listening(work / f"{name}.ledger.jsonl") as backend:
        backend.dead = dead
        run = Run(name, work, backend, policies)
        run.start()
        try:
            yield run
        finally:
            if run.process is not None and run.process.poll() is None:
                run.process.kill()
                run.process.wait()


def outages(work: Path) -> list[Run]:
    """The same outage under each policy file, all at once."""
    with ExitStack() as stack:
        runs = [stack.enter_context(running(work, name, PACE, POLICIES / f"{name}.policy.yaml")) for name in FILES]
        for run in runs:
            until("a run knocks at the dead uplink", lambda run=run: run.backend.counts["dead"] > 0)
        time.sleep(DEAD_FOR)
        for run in runs:
            run.backend.dead = False
        for run in runs:
            run.finish()
        return runs


def exchanged(work: Path) -> tuple[Run, str]:
    """Begin with one hour; while the uplink is dead give it all the time in the world. The run, and what was said."""
    after = (str(PACE), str(POLICIES / "retry-forever.policy.yaml"))
    with running(work, "exchanged", PACE, POLICIES / "quarantine.policy.yaml") as run:
        until("the run knocks at the dead uplink", lambda: run.backend.counts["dead"] > 0)
        said = told("policies", "apply", *after, "--store", str(run.store), environment=run.environment)
        time.sleep(DEAD_FOR)
        run.backend.dead = False
        run.finish()
        return run, said


def explained(run: Run) -> str:
    """What holds at the uplink under the policies of a run, without what is settled by default."""
    bound = [word for path in run.policies for word in ("--policy", str(path.relative_to(HERE)))]
    text = told("explain-policy", "uplink", "--graph", GRAPH.name, *bound, environment=run.environment)
    policies = text.partition("Policies")[2].partition("\n\n")[0]
    return "\n".join(f"       {line}" for line in policies.splitlines()[1:] if not line.endswith(" default"))


def prove(runs: list[Run], swapped: Run, said: str) -> int:
    """Print every statement; how many are false."""
    proof = Proof()
    forever, quarantine, shed = runs

    print("\nThree policy files, one graph.")
    for run in runs:
        print(f"\n       {run.name}\n{explained(run)}")
    print(
        f"\n       {'policy file':15} {'events':>6} {'delivered':>9} {'refused':>7} {'quarantined':>11} {'dropped':>7}"
    )
    for run in (*runs, swapped):
        link, up = run.uplink, run.given_up
        row = (link["offered"], len(run.effects), up["permanent"], up["elapsed"], sum(link["dropped"].values()))
        print("       {:15} {:6} {:9} {:7} {:11} {:7}".format(run.name, *row))
    print()
    digests = {run.report["graph_digest"] for run in (*runs, swapped)}
    proof.that("the graph has the same digest under all of them", len(digests) == 1, " ".join(digests)[:23])
    for run in (*runs, swapped):
        holds = all(link["conserved"] and not link["in_flight"] for link in run.report["links"].values())
        proof.that(f"every record is accounted for under {run.name}", holds)
        keys = Counter(effect["key"] for effect in run.effects)
        proof.that("  and no effect happened twice", max(keys.values(), default=1) == 1, f"{len(keys)} effects")
        archive = len(lines(run.archive))
        proof.that("  and the archive, which nothing was bound to, has every event", archive == run.uplink["offered"])

    print("\nWhat an outage of an hour and a half came to.")
    proof.that(
        "retry forever gave up nothing", not forever.uplink["dropped"] and set(forever.given_up) <= {"permanent"}
    )
    proof.that("one hour, then quarantine: what waited longer is kept", quarantine.given_up["elapsed"] > 0)
    proof.that("  and what came later was delivered", len(quarantine.effects) > 0)
    proof.that("shed load dropped what was stale, and named it", shed.uplink["dropped"].get("stale", 0) > 0)
    knocks = {run.name: run.backend.counts["dead"] for run in runs}
    proof.that(
        "a breaker knocks less often at a closed door",
        max(knocks["retry-forever"], knocks["shed-load"]) < knocks["quarantine"],
        ", ".join(f"{name} {n}" for name, n in knocks.items()),
    )

    print("\nThe policy was exchanged in the middle of the outage.")
    print("".join(f"       {line}\n" for line in said.splitlines()), end="")
    notes = json.loads(told("policies", "list", "--store", str(swapped.store), "--json"))
    began, changed = notes
    proof.that(
        "the history says from what to what", began["new"] == changed["old"] != changed["new"], changed["new"][:23]
    )
    proof.that("nothing was quarantined, because the hour was lifted in time", swapped.given_up["elapsed"] == 0)
    events = Counter(json.dumps(line["payload"], sort_keys=True) for line in lines(swapped.archive))
    taken = Counter(json.dumps(effect["event"], sort_keys=True) for effect in swapped.effects)
    refused = swapped.given_up["permanent"]
    proof.that(
        "every event had its effect once, or was refused",
        taken <= events and taken.total() + refused == events.total(),
        f"{events.total()} events = {taken.total()} effects + {refused} refused",
    )
    return proof.failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=HERE / "work" / "policies", help="emptied first")
    given = parser.parse_args()
    work: Path = given.work.resolve()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    os.chdir(HERE)
    generate.write(work / "detections.jsonl", DETECTIONS)
    runs = timed("the same outage under three policy files", lambda: outages(work))
    swapped, said = timed("an outage with a change of policy in the middle", lambda: exchanged(work))
    failed = prove(runs, swapped, said)
    print(f"\n{failed} statements are false" if failed else "\nall of it holds")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
