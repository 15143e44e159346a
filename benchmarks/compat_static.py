"""Hold static verdicts against real imports: real plugins of a real host, over many releases of that host.

Measures: for each cell (one Singer tap, one release of `singer-sdk`) what a reading of the sources says about the use of
          the host's surface, and what really happens when the tap is imported in an environment with that release.
Counts:   a false verdict is `broken` where the import succeeds, or `ok` where it fails for the host's sake. An import that
          fails in or for want of a third distribution is told apart, by its exception and the frame that raised it.
Needs:    uv, and the network once; everything that is fetched goes to a folder outside the repository (`--cache`).
Run:      python benchmarks/compat_static.py [--cache FOLDER] [--table benchmarks/compat_static.md]
Bars:     at least 500 cells and 8 releases, and no false verdict; the exit code is 1 when one is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from penstock_compat.static.declared import applies, declared, names_of
from penstock_compat.static.judging import roots_of, uses_of
from penstock_compat.static.metadata import metadata_of
from penstock_compat.static.surface import Surface, normal
from penstock_compat.static.target import target
from penstock_compat.static.tree import open_tree
from penstock_compat.static.verdict import Verdict, of

HOST = "singer-sdk"
PYTHON = "3.11"  # of which all these releases have wheels or sources that build
RELEASES = ["0.14.0", "0.17.0", "0.19.0", "0.21.0", "0.24.0", "0.27.0", "0.30.0", "0.32.0", "0.34.1", "0.36.1", "0.38.0", "0.40.0", "0.42.1", "0.44.3", "0.45.12", "0.47.4", "0.50.2", "0.54.9"]
TAPS = ["tap-aftership==0.0.4", "tap-airbyte==0.0.2", "tap-airlines-arg==1.0.1", "tap-airtable==0.1.0", "tap-bexio==0.0.1", "tap-brevo==0.0.5", "tap-canvas==0.0.27", "tap-checkly==0.5.7", "tap-clerk==0.0.2", "tap-clockify==1.0.7", "tap-dbt==0.17.0", "tap-dbt-artifacts==0.0.5", "tap-delighted==0.0.1", "tap-erpnext==0.2.12", "tap-exact==0.7.1", "tap-exactonline==0.2.24", "tap-fabdb==0.0.2", "tap-feed==1.1.1", "tap-forem==0.5.4", "tap-gainsightpx==1.0.8", "tap-getpocket==1.1.0", "tap-gladly==0.4.1", "tap-google-play==0.6.5", "tap-googleads==0.1.7", "tap-hotmart==1.0.0", "tap-instagram==0.4.6", "tap-jsonl==0.3.1", "tap-linear==0.1.1", "tap-megaphone==0.1.2", "tap-canvas-blank==0.0.5", "tap-cea-googlesheet==0.0.4", "tap-dimdate==0.1.0", "tap-filesanywhere==0.0.1", "tap-formbricks==0.0.3", "tap-getcensus==0.0.2", "tap-getresponse==0.0.2", "tap-googlemeet==0.0.2", "tap-indeed==0.0.24", "tap-instantly-ai==0.0.1", "tap-kiotviet==0.0.1"]
# The host's own old releases do not survive newer versions of these; they are no business of the taps.
HELD_BACK = ("setuptools<81",)

IMPORTS = """
import importlib, json, os, sys, traceback
host, taps = sys.argv[1], json.loads(sys.argv[2])
importlib.import_module(host)
def frame_of(error, own):
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.filename for f in reversed(frames) if f.filename.startswith("/") and "importlib" not in f.filename), "")
for name, (folders, roots) in taps.items():
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        sys.path += folders
        said = {"ok": True}
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, 1), os.dup2(devnull, 2)
        try:
            for root in roots:
                importlib.import_module(root)
        except BaseException as error:
            said = {"ok": False, "type": type(error).__name__, "text": str(error)[:300], "name": getattr(error, "name", "") or "",
                    "frame": frame_of(error, folders)}
        os.write(write, json.dumps(said).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    print(json.dumps([name, json.loads(answer or b'{"ok": false, "type": "crash", "text": "", "name": "", "frame": ""}')]), flush=True)
"""


@dataclass(frozen=True)
class Tap:
    """One plugin, fetched: its own files, and what it needs beside the host."""

    name: str
    version: str
    own: Path
    beside: Path


@dataclass(frozen=True)
class Cell:
    """What was said and what happened."""

    tap: str
    release: str
    verdict: str
    uses: int
    reasons: tuple[str, ...]
    declared: bool
    outcome: str  # imports, host, other
    error: str
    milliseconds: float

    @property
    def false(self) -> bool:
        """Whether the verdict is refuted by what happened."""
        return (self.verdict == "broken" and self.outcome == "imports") or (
            self.verdict == "ok" and self.outcome == "host"
        )


def uv(*args: str) -> None:
    done = subprocess.run(("uv", *args), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"uv {' '.join(args[:3])}: {done.stderr.strip()[-600:]}")


def fetched(folder: Path, *what: str, deps: bool = True) -> Path:
    """Install into a folder of its own, unless that was done before."""
    if not (folder / ".done").exists():
        words = ["pip", "install", "--quiet", "--python", str(python_of(folder.parent.parent)), "--target", str(folder)]
        uv(*words, *(() if deps else ("--no-deps",)), *what)
        (folder / ".done").touch()
    return folder


def python_of(cache: Path) -> Path:
    base = cache / "python"
    if not (base / "bin/python").exists():
        uv("venv", "--quiet", "--python", PYTHON, str(base))
    return base / "bin/python"


def environment(cache: Path, release: str) -> Path:
    base = cache / "environments" / release
    if not (base / ".done").exists():
        uv("venv", "--quiet", "--clear", "--python", str(python_of(cache)), str(base))
        uv("pip", "install", "--quiet", "--python", str(base / "bin/python"), f"{HOST}=={release}", *HELD_BACK)
        (base / ".done").touch()
    return base / "bin/python"


def fetch_tap(cache: Path, line: str) -> Tap | str:
    name, _, version = line.partition("==")
    where = target(PYTHON)
    try:
        own = fetched(cache / "taps" / name, line, deps=False)
        said = metadata_of(open_tree(own))
        needs = [each for each in said.requires if applies(each, where) and normal(Requirement(each).name) != HOST]
        beside = fetched(cache / "beside" / name, *needs) if needs else own
    except RuntimeError as error:
        return f"{line}: {error}"
    return Tap(name, version, own, beside)


def real(python: Path, taps: list[Tap]) -> dict[str, dict[str, object]]:
    """Import every tap beside one release of the host, each in a process of its own."""
    asked = {}
    for tap in taps:
        tree = open_tree(tap.own)
        asked[tap.name] = ([str(tap.own), str(tap.beside)], roots_of(tree, metadata_of(tree)))
    words = (str(python), "-I", "-c", IMPORTS, HOST.replace("-", "_"), json.dumps(asked))
    done = subprocess.run(words, capture_output=True, text=True, timeout=900)
    answers = dict(json.loads(line) for line in done.stdout.splitlines())
    if not answers:
        raise RuntimeError(f"the control failed: {done.stderr.strip().splitlines()[-1]}")
    return answers


def outcome_of(answer: dict[str, object], tap: Tap) -> str:
    """Whose the failure is: the host's, when the tap or the host raised it and no third module is missing."""
    if answer["ok"]:
        return "imports"
    frame, missing = str(answer["frame"]), str(answer["name"]).partition(".")[0]
    host = HOST.replace("-", "_")
    ours = frame.startswith(str(tap.own)) or f"/{host}/" in frame
    if answer["type"] in ("ModuleNotFoundError", "ImportError") and missing and missing != host:
        return "other"
    return "host" if ours else "other"


def study(cache: Path) -> tuple[list[Cell], list[str]]:
    notes: list[str] = []
    python_of(cache)
    with ThreadPoolExecutor(2) as pool:
        fetched_taps = list(pool.map(lambda line: fetch_tap(cache, line), TAPS))
    taps = [each for each in fetched_taps if isinstance(each, Tap)]
    notes += [each for each in fetched_taps if isinstance(each, str)]
    cells: list[Cell] = []
    where = target(PYTHON)
    for release in RELEASES:
        try:
            python = environment(cache, release)
            answers = real(python, taps)
        except RuntimeError as error:
            notes.append(f"{HOST} {release}: left out, {error}")
            continue
        core = open_tree(fetched(cache / "hosts" / release, f"{HOST}=={release}", deps=False))
        surface = Surface(core, where, names_of(metadata_of(core), where))
        for tap in taps:
            cells.append(one(tap, release, surface, answers[tap.name]))
        print(release, Counter((each.verdict, each.outcome) for each in cells if each.release == release), flush=True)
    return cells, notes


def one(tap: Tap, release: str, surface: Surface, answer: dict[str, object]) -> Cell:
    where = target(PYTHON)
    tree = open_tree(tap.own)
    said = metadata_of(tree)
    began = time.perf_counter()
    reading = uses_of(tree, said, surface, where)
    took = (time.perf_counter() - began) * 1000
    verdict = of(reading.reasons).verdict
    refused = any(each.verdict is Verdict.BROKEN for each in declared(said, where, HOST, release))
    error = "" if answer["ok"] else f"{answer['type']}: {answer['text']}"
    reasons = tuple(str(each) for each in reading.reasons if each.verdict is verdict)
    return Cell(
        tap.name, release, verdict.value, reading.uses, reasons, not refused, outcome_of(answer, tap), error, took
    )


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "penstock-compat-study")
    ask.add_argument("--table", type=Path)
    ask.add_argument("--json", type=Path, help="every cell, for looking closer")
    words = ask.parse_args()
    words.cache.mkdir(parents=True, exist_ok=True)
    cells, notes = study(words.cache.resolve())
    if words.json:
        words.json.write_text(json.dumps([[getattr(c, f) for f in Cell.__dataclass_fields__] for c in cells], indent=1))
    text = table(cells, notes)
    print(text)
    if words.table:
        words.table.write_text(text, encoding="utf-8")
    false = [each for each in cells if each.false]
    return int(bool(false) or len(cells) < 500 or len({each.release for each in cells}) < 8)


def table(cells: list[Cell], notes: list[str]) -> str:
    """The whole study as Markdown."""
    releases = list(dict.fromkeys(each.release for each in cells))
    counted = Counter((each.verdict, each.outcome) for each in cells)
    false = [each for each in cells if each.false]
    speed = sorted(each.milliseconds for each in cells)
    lines = [
        "# Static verdicts against real imports",
        "",
        f"Made by `benchmarks/compat_static.py`: {len({c.tap for c in cells})} Singer taps x {len(releases)} releases of `{HOST}`, "
        f"{len(cells)} cells, CPython {PYTHON}. **False verdicts: {len(false)}.**",
        "",
        "| static verdict | imports | fails for the host's sake | fails for want of, or in, another distribution |",
        "|---|---|---|---|",
    ]
    for verdict in ("ok", "broken", "unknown"):
        row = [counted[verdict, outcome] for outcome in ("imports", "host", "other")]
        lines.append(f"| {verdict} | {row[0]} | {row[1]} | {row[2]} |")
    host = sum(count for (_, outcome), count in counted.items() if outcome == "host")
    if cells:
        lines += [
            "",
            f"Of {host} imports that fail for the host's sake, {counted['broken', 'host']} were seen beforehand. A verdict takes "
            f"{speed[len(speed) // 2]:.0f} ms (median; the slowest, which reads the host for the first time, {speed[-1]:.0f} ms). "
            f"{sum(each.uses for each in cells)} uses of the host's surface were looked at.",
        ]
    lines += ["", *(f"* {note.splitlines()[0]}" for note in notes), ""] if notes else [""]
    lines += [
        "Each cell: `o` ok, `B` broken, `?` unknown; then `+` imports, `-` fails for the host's sake, `.` fails for another's.",
        "",
    ]
    lines += ["| tap | " + " | ".join(releases) + " |", "|---|" + "---|" * len(releases)]
    signs = {"ok": "o", "broken": "B", "unknown": "?", "imports": "+", "host": "-", "other": "."}
    by = {(each.tap, each.release): each for each in cells}
    for tap in dict.fromkeys(each.tap for each in cells):
        row = [f"{signs[by[tap, r].verdict]}{signs[by[tap, r].outcome]}" if (tap, r) in by else "" for r in releases]
        lines.append(f"| {tap} | " + " | ".join(row) + " |")
    lines += ["", "What was seen beforehand, each kind once:", ""]
    seen: dict[str, str] = {}
    for each in cells:
        if each.verdict == "broken":
            seen.setdefault(each.reasons[0].partition(": ")[2], f"`{each.tap}` with {each.release}: {each.error}")
    lines += [f"* {said} ({really})" for said, really in seen.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
