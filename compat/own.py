"""Run the matrix of this repository's own packages, publish its reports, and compare them with what is committed.

    python compat/own.py             run every cell, write compat/reports
    python compat/own.py --small     run one locked cell of this Python only, and compare its state with the committed one
    python compat/own.py --report    make the reports again from the committed results, without running anything
    python compat/own.py --check     tell, without writing, whether the reports are those of the committed results

Takes:   the packages of the tree, `axes.toml`, the pins of constraints.txt.
Gives:   `reports/own.compat.json`, and what is made of it: `report.json`, `report.md`, `badge.json`, `index.html`, and the
         JSON Schemas of the first two.
Why so:  the packages are not published, so their wheels are built from the tree, and a cell takes them from nowhere else.
         The small form takes locked versions: what somebody releases tomorrow must not change what it comes to.
Ignores: how cells are run; `penstock-compat` does it, as anybody else would use it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from penstock_compat import formats
from penstock_compat.facts import Results
from penstock_compat.formats import RESULTS_SCHEMA, read_results, write_results
from penstock_compat.merge import merge
from penstock_compat.report import compile_report, text_of
from penstock_compat.report.json_format import SCHEMA
from penstock_compat.run.interpreters import this_platform

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
REPORTS = HERE / "reports"
RESULTS = REPORTS / "own.compat.json"
SCHEMAS = Path(formats.__file__).parent / "schemas"
PACKS = (  # not penstock-templates: its wheel is made of templates/, which is outside of its folder
    "penstock-findings",
    "penstock",
    "penstock-contracts",
    "penstock-standard",
    "penstock-testkit",
)
SMALL = ("penstock-findings",)  # what the small form tests
FORMATS = {"json": "report.json", "markdown": "report.md", "badge": "badge.json", "html": "index.html"}
PYTEST_INI = """\
[pytest]
addopts = --import-mode=importlib -m "not deep and not slow and not crash"
markers =
    deep: long
    crash: kills processes
    slow: more than five seconds
"""
_NO_COPIES = shutil.ignore_patterns("__pycache__", "*.pyc", ".hypothesis", ".pytest_cache", "dist", "build")


def staged(names: Iterable[str], folder: Path) -> list[str]:
    """Copies of the packages as their own repositories would have them: with their pins and the settings of their tests."""
    paths = []
    for name in names:
        copy = folder / name
        shutil.copytree(ROOT / "packages" / name, copy, ignore=_NO_COPIES)
        shutil.copy(ROOT / "conftest.py", copy)
        shutil.copy(ROOT / "constraints.txt", copy)
        (copy / "pytest.ini").write_text(PYTEST_INI, "utf-8")
        paths.append(str(copy))
    return paths


def wheels(folder: Path) -> None:
    """The wheels of all packages, built from the tree."""
    sources = [str(ROOT / "packages" / name) for name in PACKS]
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder))
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, *sources], check=True)


def run(names: Sequence[str], output: Path, *options: str) -> Results:
    """The results of the packages' cells; that some do not pass is a result too."""
    with tempfile.TemporaryDirectory(prefix="penstock-compat-own-") as scratch:
        built = Path(scratch, "wheels")
        wheels(built)
        command = [sys.executable, "-m", "penstock_compat", "run", *staged(names, Path(scratch, "packages"))]
        command += ["--axes", str(HERE / "axes.toml"), "--wheels", str(built), "--output", str(output)]
        state = os.environ.get("PENSTOCK_COMPAT_STATE")
        command += ["--state", state] if state else []
        done = subprocess.run([*command, "--by", "nox -s compat", *options], check=False)
        if not output.exists():
            raise SystemExit(done.returncode)
    return read_results(output)


def published(results: Results) -> Results:
    """The results without what is this machine's own: paths of interpreters."""
    kept = []
    for result in results.results:
        if result.evidence is not None:
            interpreter = {k: v for k, v in result.evidence.interpreter.items() if k != "executable"}
            result = replace(result, evidence=replace(result.evidence, interpreter=interpreter))
        kept.append(result)
    return replace(results, results=tuple(kept))


def texts() -> dict[Path, str]:
    """Every report of the committed results, as it has to be."""
    report = compile_report(read_results(RESULTS), label="own packages")
    schemas = {REPORTS / path.name: path.read_text("utf-8") for path in (SCHEMAS / RESULTS_SCHEMA, SCHEMAS / SCHEMA)}
    return {**{REPORTS / name: text_of(report, fmt) for fmt, name in FORMATS.items()}, **schemas}


def outdated() -> list[Path]:
    """The committed reports that are not those of the committed results."""
    return [path for path, text in texts().items() if not path.exists() or path.read_text("utf-8") != text]


def write() -> None:
    """Write every report."""
    for path, text in texts().items():
        path.write_text(text, "utf-8")
        print(f"{path.relative_to(ROOT)}: written")


def differing(fresh: Results) -> list[str]:
    """What cells of a small run came to, where that is not what is committed."""
    known = {result.cell.id: result for result in read_results(RESULTS).results}
    told = []
    for result in fresh.results:
        before = known.get(result.cell.id)
        was = "not there" if before is None else str(before.state)
        if was != str(result.state):
            why = f": {result.failure.summary}" if result.failure is not None else ""
            told.append(f"{result.cell.id}: {was} in {RESULTS.name}, {result.state} now{why}")
    return told


def is_comparable(python: str) -> bool:
    """Whether what is committed says anything about that Python on a machine like this one."""
    here = (*this_platform(), python)
    return any((r.cell.os, r.cell.arch, r.cell.python) == here for r in read_results(RESULTS).results)


def small() -> int:
    """Run the locked cells of this Python, and say where they differ from what is committed."""
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if not is_comparable(python):
        print(
            f"nothing is committed about Python {python} on {' '.join(this_platform())}, so there is nothing to compare"
        )
        return 3
    with tempfile.TemporaryDirectory(prefix="penstock-compat-small-") as scratch:
        fresh = run(SMALL, Path(scratch, "small.compat.json"), "--python", python, "--deps", "locked")
    told = differing(fresh)
    print("\n".join(told) if told else f"{len(fresh.results)} cells came to what is committed")
    return int(bool(told))


def main() -> int:
    """Do what the words say; the exit code is 1 when something differs from what is committed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--small", action="store_true", help="run little, and compare")
    chosen.add_argument("--report", action="store_true", help="run nothing, make the reports again")
    chosen.add_argument("--check", action="store_true", help="run nothing, compare the reports")
    parser.add_argument("--pack", action="append", choices=PACKS, help="only this one; the others' results are kept")
    parser.add_argument("options", nargs="*", help="more words for `penstock-compat run`, after `--`")
    given = parser.parse_args()
    if given.small:
        return small()
    if given.check:
        told = outdated()
        print("".join(f"{path.relative_to(ROOT)}: out of step; run `python compat/own.py --report`\n" for path in told))
        return int(bool(told))
    if not given.report:
        REPORTS.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="penstock-compat-all-") as scratch:
            fresh = run(given.pack or PACKS, Path(scratch, "all.compat.json"), *given.options)
        again = {result.cell for result in fresh.results}
        kept = [one for one in (read_results(RESULTS).results if RESULTS.exists() else ()) if one.cell not in again]
        write_results(merge(published(fresh), replace(fresh, results=tuple(kept))), RESULTS)
    write()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
