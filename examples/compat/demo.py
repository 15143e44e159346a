"""Find out where two packs work, publish it, ask it questions, and find the version of a dependency that broke one.

Takes:   nothing, and no network: a folder of wheels stands for the index, one of them is bad. Everything goes into `work/`
         beside this file.
Gives:   what the commands print, then a proof of it, line by line, and exit code 1 when one of its statements is false.
Ignores: how cells are run; `penstock-compat` does it. The packs are tested with `unittest`, and build their wheels themselves,
         so that nothing has to be downloaded.

`gauge` measures and `relay` hands on; both need `ruler`, of which there are nine versions. Since 1.6 `ruler.length` wants a
unit; that is the planted mistake. A result of another operating system was recorded before; here it is merged.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from penstock_compat.facts import Cause, Failure, Rung, State
from penstock_compat.formats import read_results

sys.path.insert(0, str(Path(__file__).resolve().parent))
from wheelwright import wheel

HERE = Path(__file__).resolve().parent
MATRIX = (sys.executable, "-m", "penstock_compat")
RECORDED = HERE / "darwin.compat.json"
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
BAD = "1.6"
VERSIONS = tuple(f"1.{minor}" for minor in range(9))


class Proof:
    """Statements, each printed with its evidence and remembered."""

    def __init__(self) -> None:
        self.failed = 0

    def that(self, statement: str, holds: bool, evidence: str = "") -> None:
        """State something."""
        self.failed += not holds
        print(f"  {'yes' if holds else 'NO '}  {statement}{f': {evidence}' if evidence else ''}")


def index(folder: Path) -> None:
    """The wheels that stand for an index: nine versions of `ruler`, the planted mistake in the later ones."""
    folder.mkdir()
    for version in VERSIONS:
        minor = int(version.partition(".")[2])
        wants = "unit" if minor >= int(BAD.partition(".")[2]) else "unit='m'"
        text = f"VERSION = {version!r}\n\n\ndef length(value, {wants}):\n    return f'{{value}} {{unit}}'\n"
        wheel(folder, "ruler", version, {"ruler.py": text})


def pack(folder: Path, name: str, code: str, test: str) -> None:
    """A pack with one module and one test, which can build its own wheel."""
    (folder / "tests").mkdir(parents=True)
    shutil.copy(HERE / "wheelwright.py", folder)
    (folder / "NAME").write_text(f"{name} 1.0 ruler>=1.1\n", "utf-8")
    (folder / f"{name}.py").write_text(code, "utf-8")
    (folder / "tests" / f"test_{name}.py").write_text(
        f"import unittest\n\nimport {name}\n\n\nclass Works(unittest.TestCase):\n    def test_it(self):\n        {test}\n",
        "utf-8",
    )
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "wheelwright"\nbackend-path = ["."]\n\n'
        f'[project]\nname = "{name}"\nversion = "1.0"\nrequires-python = ">=3.10"\ndependencies = ["ruler>=1.1"]\n',
        "utf-8",
    )


def site(work: Path) -> None:
    """The two packs, their axes and the index."""
    index(work / "index")
    pack(
        work / "gauge",
        "gauge",
        "import ruler\n\n\ndef measure(value):\n    return ruler.length(value)\n",
        "self.assertEqual(gauge.measure(3), '3 m')",
    )
    pack(
        work / "relay",
        "relay",
        "import ruler\n\n\ndef hand_on(value):\n    return ruler.length(value, 'cm')\n",
        "self.assertEqual(relay.hand_on(3), '3 cm')",
    )
    (work / "axes.toml").write_text(
        f'format = 1\npythons = ["{PYTHON}"]\ndeps = ["lowest", "newest"]\nwheels = ["index"]\noffline = true\n\n'
        f'[interpreters]\n"{PYTHON}" = {json.dumps(sys.executable)}\n\n'
        '[test]\nrequires = []\ncommand = ["python", "-m", "unittest", "discover", "-s", "tests"]\ntimeout = "1m"\n',
        "utf-8",
    )


class Shell:
    """A folder in which `penstock-compat` is typed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def type(self, *words: str, shown: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command, and show what it prints."""
        environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "120"}
        done = subprocess.run(
            [*MATRIX, *words], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        output = (done.stdout if shown is None else shown) + done.stderr
        print(f"$ penstock-compat {' '.join(words)}\n{output}$ echo $?\n{done.returncode}\n")
        return done


def cells_are_run(shell: Shell, proof: Proof) -> None:
    """Act one: a plan, and a small run of it."""
    print("Two packs, this Python, the lowest and the newest of what they need, on this machine.\n")
    axes = ("--axes", "axes.toml")
    shell.type("plan", "gauge", "relay", *axes)
    run = ("run", "gauge", "relay", *axes, "--state", "state", "--by", "the demo", "--origin", "this machine")
    done = shell.type(*run, "--output", "here.compat.json")
    states = {(r.cell.pack, r.cell.deps): r.state for r in read_results(shell.folder / "here.compat.json").results}
    print("What was found is so.")
    proof.that("the run says that something does not pass", done.returncode == 1, f"exit code {done.returncode}")
    expected = {
        ("gauge", "lowest"): State.PASSED,
        ("gauge", "newest"): State.FAILED,
        ("relay", "lowest"): State.PASSED,
        ("relay", "newest"): State.PASSED,
    }
    proof.that(
        "only gauge with the newest ruler is broken",
        states == expected,
        ", ".join(f"{p} {d}: {s}" for (p, d), s in sorted(states.items())),
    )
    again = shell.type(*run, "--output", "here.compat.json")
    proof.that("nothing changed, so nothing is run again", "4 known from before" in again.stderr + again.stdout)


def results_are_merged_and_told(shell: Shell, proof: Proof) -> None:
    """Act two: with the recorded result of another system, into reports."""
    print("\nThe job of another system has sent its results; nothing of a pack is run to merge or to tell them.\n")
    shutil.copy(RECORDED, shell.folder / "darwin.compat.json")
    shell.type("merge", "here.compat.json", "darwin.compat.json", "--output", "all.compat.json")
    reports = ("--report", "html=index.html", "--report", "json=report.json", "--report", "badge=badge.json")
    told = shell.type("report", "all.compat.json", *reports, "--report", "markdown=report.md", "--label", "demo")
    first = (shell.folder / "index.html").read_bytes()
    merged = read_results(shell.folder / "all.compat.json")
    print(f"{(shell.folder / 'report.md').read_text('utf-8')}\nThe same as a page: {shell.folder / 'index.html'}\n")
    print("What was told is so.")
    origins = {result.origin for result in merged.results}
    proof.that("both systems are in it, each marked", len(origins) == 2, " and ".join(sorted(origins)))
    page = first.decode("utf-8")
    proof.that(
        "the page needs nothing from anywhere", "src=" not in page and "://" not in page, f"{len(first):,} bytes"
    )
    shell.type("merge", "darwin.compat.json", "all.compat.json", "here.compat.json", "--output", "again.compat.json")
    shell.type("report", "again.compat.json", *reports[:2], "--label", "demo")
    proof.that(
        "merged in another order, some of it twice, it is the same page",
        (shell.folder / "index.html").read_bytes() == first,
    )
    contradiction = json.loads((shell.folder / "darwin.compat.json").read_text("utf-8"))
    contradiction["results"][0]["state"] = "failed"
    contradiction["results"][0]["cause"] = "pack"
    (shell.folder / "liar.compat.json").write_text(json.dumps(contradiction), "utf-8")
    done = shell.type("merge", "all.compat.json", "liar.compat.json", "--output", "never.compat.json")
    proof.that("a contradiction is refused", done.returncode == 1 and "C301" in done.stderr and told.returncode == 0)
    proof.that("and nothing is written then", not (shell.folder / "never.compat.json").exists())


def questions_are_answered(shell: Shell, proof: Proof) -> None:
    """Act three: what people and scripts ask."""
    print("\nQuestions.\n")
    results = ("--results", "all.compat.json")
    fine = shell.type("can-i-run", "relay", "--python", PYTHON, "--os", sys.platform, *results)
    no = shell.type("can-i-run", "gauge", "--python", PYTHON, "--os", sys.platform, "--deps", "newest", *results)
    never = shell.type("can-i-run", "relay", "--python", "3.14", *results)
    blocks = shell.type("what-blocks", "--deps", "newest", *results)
    best = shell.type("best", "relay", "--python", PYTHON, "--os", sys.platform, *results)
    print("The answers are so.")
    proof.that("relay is proven here", fine.returncode == 0, fine.stdout.splitlines()[-1])
    proof.that("gauge does not work with the newest ruler", no.returncode == 1, no.stdout.splitlines()[-1].strip())
    proof.that("of Python 3.14 nothing is known, and that is no yes", never.returncode == 3)
    proof.that("what stands in the way is named", "gauge" in blocks.stdout and "unit" in blocks.stdout)
    proof.that("the best version is alone on its line", best.stdout == "1.0\n")


def the_bad_version_is_found(shell: Shell, proof: Proof) -> None:
    """Act four: a bisection over the versions of the dependency."""
    print("\nWhich version of ruler broke gauge?\n")
    words = ("--axes", "axes.toml", "--state", "state", "--deps", "newest", "--dependency", "ruler")
    done = shell.type("bisect", "gauge", *words)
    print("What was found is so.")
    proof.that(
        f"it is ruler {BAD}, where the mistake was planted",
        f"ruler {BAD}" in done.stdout + done.stderr and done.returncode == 1,
    )


def record(work: Path) -> None:
    """Make the result of another system anew: what this machine found, as it would have been found there."""
    from dataclasses import replace

    from penstock_compat.facts import Results
    from penstock_compat.formats import write_results

    told = []
    for result in read_results(work / "here.compat.json").results:
        cell = replace(result.cell, os="darwin", arch="arm64", python="3.12")
        assert result.evidence is not None
        interpreter = {
            "implementation": "CPython",
            "version": "3.12.7",
            "build": "main",
            "platform": "macOS-15.1-arm64",
        }
        proof = replace(
            result.evidence, interpreter=interpreter, at="2026-11-21T18:04:00+00:00", by="the demo's Mac", seconds=0.5
        )
        made = replace(result, cell=cell, evidence=proof, origin="a Mac")
        if (cell.pack, cell.deps) == ("relay", "lowest"):
            made = replace(
                made,
                state=State.UNKNOWN,
                rung=Rung.RESOLVES,
                cause=Cause.NONE,
                evidence=None,
                failure=None,
                reasons=("left out by the budget of 1 minute",),
            )
        assert made.failure is None or isinstance(made.failure, Failure)
        told.append(made)
    write_results(Results("penstock-compat 0.1.0", tuple(told)), RECORDED)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, default=HERE / "work", help="emptied first")
    parser.add_argument("--record", action="store_true", help="make darwin.compat.json anew, and stop")
    given = parser.parse_args()
    shutil.rmtree(given.work, ignore_errors=True)
    work = given.work.resolve()
    work.mkdir(parents=True)
    site(work)
    proof, shell = Proof(), Shell(work)
    cells_are_run(shell, proof)
    if given.record:
        record(work)
        return
    results_are_merged_and_told(shell, proof)
    questions_are_answered(shell, proof)
    the_bad_version_is_found(shell, proof)
    print(f"\n{proof.failed} statements are false" if proof.failed else "\nall of it holds")
    raise SystemExit(1 if proof.failed else 0)


if __name__ == "__main__":
    main()
