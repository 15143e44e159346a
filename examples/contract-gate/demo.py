"""Change the event contract of the site-safety example as people do, and let the gate say what that breaks.

Takes:   nothing; everything goes into `work/` beside this file: a git repository of its own, and the reports.
Gives:   what the gate prints, then a proof of it, line by line, and exit code 1 when one of its statements is false.
Ignores: how it is decided; `penstock-contracts` does it. Payloads are held against both versions with `jsonschema`, which
         knows nothing of the gate.

From 0.2 to 0.3: `zone` becomes required, `class` may be `DOG`, `track_id` is needed for everything and no longer only for
a `PERSON`, and the numbers of `bbox` need not be whole.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema

HERE = Path(__file__).resolve().parent
GATE = (sys.executable, "-m", "penstock_contracts")
EVENT = "schemas/event.schema.json"
TODAY = "2026-11-22"  # so that waivers do not depend on the day on which this is run
DIFF = ("diff", "--against", "v0.2.0", "--mode", "full", "--today", TODAY, EVENT)


class Proof:
    """Statements, each printed with its evidence and remembered."""

    def __init__(self) -> None:
        self.failed = 0

    def that(self, statement: str, holds: bool, evidence: str = "") -> None:
        """State something."""
        self.failed += not holds
        print(f"  {'yes' if holds else 'NO '}  {statement}{f': {evidence}' if evidence else ''}")


class Repository:
    """A scratch repository, and the gate run inside of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        who = {
            f"GIT_{role}_{what}": text
            for role in ("AUTHOR", "COMMITTER")
            for what, text in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))
        }
        self.environment = {
            **os.environ,
            **who,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "NO_COLOR": "1",
        }
        (folder / "schemas").mkdir(parents=True)

    def git(self, *words: str) -> None:
        """Run git."""
        subprocess.run(["git", *words], cwd=self.folder, env=self.environment, check=True)

    def gate(self, *words: str, quiet: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the gate and show what it prints."""
        done = subprocess.run(
            [*GATE, *words], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        if not quiet:
            print(f"$ penstock-contracts {' '.join(words)}\n{done.stdout}{done.stderr}$ echo $?\n{done.returncode}\n")
        return done


def told(repository: Repository, *words: str) -> list[dict[str, Any]]:
    """The comparisons of a run, as programs get them."""
    report: dict[str, Any] = json.loads(repository.gate(*words, "--json", quiet=True).stdout)
    comparisons: list[dict[str, Any]] = report["comparisons"]
    return comparisons


def breaks(comparison: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Direction, message and payload of every break."""
    for change in comparison["changes"]:
        for answer in change["answers"]:
            if answer["effect"] == "breaks" and change["standing"] != "compatible":
                yield answer["direction"], change["message"], answer["witness"]


def changed(work: Path, proof: Proof) -> Repository:
    """Act one: 0.3 against 0.2, in three formats."""
    repository = Repository(work / "site")
    print("A repository with version 0.2 of the contract, tagged v0.2.0; then version 0.3 in the working tree.\n")
    shutil.copy(HERE / "event-0.2.schema.json", repository.folder / EVENT)
    repository.git("init", "--quiet", "--initial-branch=main")
    repository.git("add", ".")
    repository.git("commit", "--quiet", "--message=Say what an event is")
    repository.git("tag", "v0.2.0")
    shutil.copy(HERE / "event-0.3.schema.json", repository.folder / EVENT)

    reports = ("--report", "sarif=../event.sarif", "--report", "markdown=../event.md", "--report", "html=../event.html")
    done = repository.gate(*DIFF, *reports)
    (run,) = json.loads((work / "event.sarif").read_text("utf-8"))["runs"]
    errors = [result for result in run["results"] if result["level"] == "error"]
    print(
        f"The SARIF, {len(run['results'])} results; the first that is an error:\n\n{json.dumps(errors[0], indent=2)}\n"
    )
    comment = (work / "event.md").read_text("utf-8")
    print(f"The comment in Markdown:\n\n{comment}\nThe same as a page: {work / 'event.html'}\n")

    old, new = (
        jsonschema.Draft202012Validator(json.loads((HERE / f"event-{v}.schema.json").read_text("utf-8")))
        for v in ("0.2", "0.3")
    )
    print("What the gate said is so.")
    proof.that("it failed", done.returncode == 1, f"exit code {done.returncode}")
    (comparison,) = told(repository, *DIFF)
    found = list(breaks(comparison))
    proof.that(
        "it found the four changes, two in each direction",
        sorted(d for d, _, _ in found) == ["backward"] * 2 + ["forward"] * 2,
    )
    for direction, message, payload in found:
        accepts, refuses = (old, new) if direction == "backward" else (new, old)
        proof.that(
            f"{direction}, {message}", accepts.is_valid(payload) and not refuses.is_valid(payload), json.dumps(payload)
        )
    proof.that("each is an error of the SARIF, at its line", len(errors) == 4, ", ".join(map(place_of, errors)))
    proof.that("the comment has a folded payload for each", comment.count("<summary>a payload") == 4)
    proof.that("the step of the version is major", comparison["bump"] == "major")
    return repository


def place_of(result: dict[str, Any]) -> str:
    """The line and column of a SARIF result."""
    region = result["locations"][0]["physicalLocation"]["region"]
    return f"{region['startLine']}:{region['startColumn']}"


def waived(repository: Repository, proof: Proof) -> None:
    """Act two: somebody takes it upon themselves."""
    print("\nEverybody who reads or writes events is deployed together, so somebody lets it pass, for a while.\n")
    stanzas = repository.gate(*DIFF, "--suggest-waivers", quiet=True).stdout
    stanzas = re.sub(r"^reason = .*$", 'reason = "site and uplink are deployed together"', stanzas, flags=re.MULTILINE)
    stanzas = re.sub(r"^owner = .*$", 'owner = "ada@example.org"', stanzas, flags=re.MULTILINE)
    (repository.folder / "penstock-waivers.toml").write_text(stanzas, "utf-8")
    print(f"penstock-waivers.toml, begun with `--suggest-waivers`:\n\n{stanzas}")
    done = repository.gate(*DIFF)
    late = repository.gate(*(word if word != TODAY else "2027-01-01" for word in DIFF), quiet=True)
    print("What the gate said is so.")
    proof.that(
        "it passed, and shows what it let pass",
        done.returncode == 0 and done.stdout.count("\n  waived by ada@example.org until ") == 4,
    )
    proof.that("next year it fails again", late.returncode == 1 and "K401" in late.stdout, late.stdout.splitlines()[-1])


def queued(repository: Repository, proof: Proof) -> None:
    """Act three: records of the old version are still on their way."""
    print("\nThe same change, while records of 0.2 are still queued: who wrote them is not deployed with anybody.\n")
    done = repository.gate(*DIFF, "--queued", "v0.2.0")
    print("What the gate said is so.")
    proof.that("it failed, in spite of the waivers", done.returncode == 1, done.stdout.splitlines()[-1])
    change, queue = told(repository, *DIFF, "--queued", "v0.2.0")
    proof.that("the change itself is let pass", change["standing"] == "compatible")
    new = jsonschema.Draft202012Validator(json.loads((HERE / "event-0.3.schema.json").read_text("utf-8")))
    lost = [payload for direction, _, payload in breaks(queue) if direction == "backward"]
    proof.that(
        "records such as these would be dead letters",
        bool(lost) and not any(map(new.is_valid, lost)),
        " and ".join(map(json.dumps, lost)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=HERE / "work", help="emptied first")
    given = parser.parse_args()
    shutil.rmtree(given.work, ignore_errors=True)
    work = given.work.resolve()
    work.mkdir(parents=True)
    proof = Proof()
    repository = changed(work, proof)
    waived(repository, proof)
    queued(repository, proof)
    print(f"\n{proof.failed} statements are false" if proof.failed else "\nall of it holds")
    raise SystemExit(1 if proof.failed else 0)


if __name__ == "__main__":
    main()
