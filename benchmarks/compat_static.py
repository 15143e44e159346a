"""Hold static verdicts against real imports: real plugins of a real host, over many releases of that host.

Measures: for each cell (one plugin, such as a Singer tap; one release of its host, such as `singer-sdk`) what a reading of
          the sources says about the use of the host's surface, and what really happens when the plugin is imported in an
          environment with that release.
Counts:   a false verdict is `broken` where the import succeeds, or `ok` where it fails for the host's sake. An import that
          fails in or for want of a third distribution is told apart, by its exception and the frame that raised it.
Needs:    uv, and the network once; everything that is fetched goes to a folder outside the repository (`--cache`).
Run:      python benchmarks/compat_static.py [--cache FOLDER] [--host NAME] [--table benchmarks/compat_static.md]
Bars:     at least 500 cells and 8 releases, and no false verdict; the exit code is 1 when one is missed.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from penstock_compat.static.declared import applies, names_of
from penstock_compat.static.judging import roots_of, uses_of
from penstock_compat.static.metadata import metadata_of
from penstock_compat.static.surface import Surface, normal
from penstock_compat.static.target import target
from penstock_compat.static.tree import open_tree
from penstock_compat.static.verdict import of


def words(*lines: str) -> tuple[str, ...]:
    """Words that are written on several lines."""
    return tuple(" ".join(lines).split())


@dataclass(frozen=True)
class Study:
    """One host, releases of it, and plugins of it."""

    host: str
    releases: tuple[str, ...]
    plugins: tuple[str, ...]
    held_back: tuple[str, ...] = (
        "setuptools<81",
    )  # what old releases of the host do not survive; no plugin's business

    @property
    def module(self) -> str:
        """What the host is imported as."""
        return self.host.replace("-", "_")


PYTHON = "3.11"  # of which all these releases have wheels or sources that build
STUDIES = (
    Study(
        "singer-sdk",
        words(
            "0.14.0 0.17.0 0.19.0 0.21.0 0.24.0 0.27.0 0.30.0 0.32.0 0.34.1 0.36.1 0.38.0 0.40.0 0.42.1 0.44.3",
            "0.45.12 0.47.4 0.50.2 0.54.9",
        ),
        words(
            "tap-aftership==0.0.4 tap-airbyte==0.0.2 tap-airlines-arg==1.0.1 tap-airtable==0.1.0 tap-bexio==0.0.1",
            "tap-brevo==0.0.5 tap-canvas==0.0.27 tap-checkly==0.5.7 tap-clerk==0.0.2 tap-clockify==1.0.7",
            "tap-dbt==0.17.0 tap-dbt-artifacts==0.0.5 tap-delighted==0.0.1 tap-erpnext==0.2.12 tap-exact==0.7.1",
            "tap-exactonline==0.2.24 tap-fabdb==0.0.2 tap-feed==1.1.1 tap-forem==0.5.4 tap-gainsightpx==1.0.8",
            "tap-getpocket==1.1.0 tap-gladly==0.4.1 tap-google-play==0.6.5 tap-googleads==0.1.7",
            "tap-hotmart==1.0.0 tap-instagram==0.4.6 tap-jsonl==0.3.1 tap-linear==0.1.1 tap-megaphone==0.1.2",
            "tap-canvas-blank==0.0.5 tap-cea-googlesheet==0.0.4 tap-dimdate==0.1.0 tap-filesanywhere==0.0.1",
            "tap-formbricks==0.0.3 tap-getcensus==0.0.2 tap-getresponse==0.0.2 tap-googlemeet==0.0.2",
            "tap-indeed==0.0.24 tap-instantly-ai==0.0.1 tap-kiotviet==0.0.1",
        ),
    ),
    Study(
        "datasette",
        words(
            "0.59.4 0.60.2 0.61.1 0.62 0.63.3 0.64.8 0.65.5 1.0a13 1.0a19",
        ),
        words(
            "datasette-auth-github==1.0 datasette-auth-tokens==0.3 datasette-auth-passwords==1.1.1",
            "datasette-block-robots==1.1.1 datasette-cluster-map==0.18.2 datasette-configure-fts==1.1.4",
            "datasette-copyable==0.3.2 datasette-cors==1.0.1 datasette-dateutil==0.3 datasette-edit-schema==0.7.1",
            "datasette-graphql==2.2 datasette-insert==0.8 datasette-json-html==1.0.1 datasette-leaflet==0.2.2",
            "datasette-atom==0.9 datasette-ics==0.5.2 datasette-indieauth==1.2.2 datasette-import-table==0.3",
            "datasette-edit-templates==0.4.3 datasette-enrichments==0.5.1 datasette-explain==0.2.2",
            "datasette-haversine==0.2.1 datasette-auth-headers==0.1.0 datasette-geojson==0.4.0",
        ),
    ),
)

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
class Plugin:
    """One plugin, fetched: its own files, and what it needs beside the host."""

    name: str
    own: Path
    beside: Path


@dataclass(frozen=True)
class Cell:
    """What was said and what happened."""

    host: str
    plugin: str
    release: str
    verdict: str
    uses: int
    reasons: tuple[str, ...]
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
        print(done.stderr.strip()[-2000:], file=sys.stderr)
        raise RuntimeError(f"uv {' '.join(args[:2])} failed")


def fetched(folder: Path, *what: str, deps: bool = True) -> Path:
    """Install into a folder of its own, unless that was done before."""
    if not (folder / ".done").exists():
        command = [
            "pip",
            "install",
            "--quiet",
            "--python",
            str(python_of(folder.parent.parent)),
            "--target",
            str(folder),
        ]
        uv(*command, *(() if deps else ("--no-deps",)), *what)
        (folder / ".done").touch()
    return folder


def python_of(cache: Path) -> Path:
    base = cache / "python"
    if not (base / "bin/python").exists():
        uv("venv", "--quiet", "--python", PYTHON, str(base))
    return base / "bin/python"


def environment(cache: Path, study: Study, release: str) -> Path:
    """The interpreter of an environment with one release of the host and what it asks for."""
    base = cache / "environments" / release
    if not (base / ".done").exists():
        uv("venv", "--quiet", "--clear", "--python", str(python_of(cache)), str(base))
        uv(
            "pip",
            "install",
            "--quiet",
            "--python",
            str(base / "bin/python"),
            f"{study.host}=={release}",
            *study.held_back,
        )
        (base / ".done").touch()
    return base / "bin/python"


def fetch_plugin(cache: Path, study: Study, line: str) -> Plugin | str:
    name = line.partition("==")[0]
    where = target(PYTHON)
    try:
        own = fetched(cache / "taps" / name, line, deps=False)
        said = metadata_of(open_tree(own))
        needs = [
            each for each in said.requires if applies(each, where) and normal(Requirement(each).name) != study.host
        ]
        beside = fetched(cache / "beside" / name, *needs) if needs else own
    except RuntimeError as error:
        return f"{line}: {error}"
    return Plugin(name, own, beside)


def real(python: Path, study: Study, plugins: list[Plugin]) -> dict[str, dict[str, object]]:
    """Import every plugin beside one release of the host, each in a process of its own."""
    asked = {}
    for plugin in plugins:
        tree = open_tree(plugin.own)
        asked[plugin.name] = ([str(plugin.own), str(plugin.beside)], roots_of(tree, metadata_of(tree)))
    command = (str(python), "-I", "-c", IMPORTS, study.module, json.dumps(asked))
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    answers = dict(json.loads(line) for line in done.stdout.splitlines())
    if not answers:
        raise RuntimeError(f"the control failed: {done.stderr.strip().splitlines()[-1]}")
    return answers


def outcome_of(answer: dict[str, object], study: Study, plugin: Plugin) -> str:
    """Whose the failure is: the host's, when the plugin or the host raised it and no third module is missing."""
    if answer["ok"]:
        return "imports"
    frame, missing = str(answer["frame"]), str(answer["name"]).partition(".")[0]
    ours = frame.startswith(str(plugin.own)) or f"/{study.module}/" in frame
    if answer["type"] in ("ModuleNotFoundError", "ImportError") and missing and missing != study.module:
        return "other"
    return "host" if ours else "other"


def studied(study: Study, cache: Path) -> tuple[list[Cell], list[str]]:
    python_of(cache)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda line: fetch_plugin(cache, study, line), study.plugins))
    plugins = [each for each in found if isinstance(each, Plugin)]
    notes = [f"left out: {each}" for each in found if isinstance(each, str)]
    cells: list[Cell] = []
    where = target(PYTHON)
    for release in study.releases:
        try:
            answers = real(environment(cache, study, release), study, plugins)
        except RuntimeError as error:
            notes.append(f"left out: {study.host} {release}: {error}")
            continue
        core = open_tree(fetched(cache / "hosts" / release, f"{study.host}=={release}", deps=False))
        surface = Surface(core, where, names_of(metadata_of(core), where))
        cells += [one(study, plugin, release, surface, answers[plugin.name]) for plugin in plugins]
        print(study.host, release, Counter((c.verdict, c.outcome) for c in cells if c.release == release), flush=True)
    return cells, notes


def one(study: Study, plugin: Plugin, release: str, surface: Surface, answer: dict[str, object]) -> Cell:
    tree = open_tree(plugin.own)
    said = metadata_of(tree)
    began = time.perf_counter()
    reading = uses_of(tree, said, surface, target(PYTHON))
    took = (time.perf_counter() - began) * 1000
    verdict = of(reading.reasons).verdict
    error = "" if answer["ok"] else re.sub(r" \(/[^)]*\)", "", f"{answer['type']}: {answer['text']}")
    reasons = tuple(str(each) for each in reading.reasons if each.verdict is verdict)
    outcome = outcome_of(answer, study, plugin)
    return Cell(study.host, plugin.name, release, verdict.value, reading.uses, reasons, outcome, error, took)


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "penstock-compat-study")
    ask.add_argument("--host", action="append", help="study this host only")
    ask.add_argument("--table", type=Path, help="write the table there")
    ask.add_argument("--json", type=Path, help="every cell, for looking closer")
    given = ask.parse_args()
    cells: list[Cell] = []
    parts: list[str] = []
    for study in STUDIES:
        if not given.host or study.host in given.host:
            cache = given.cache.resolve() / study.host
            cache.mkdir(parents=True, exist_ok=True)
            found, notes = studied(study, cache)
            cells += found
            parts.append(table(study, found, notes))
    if given.json:
        given.json.write_text(json.dumps([[getattr(c, f) for f in Cell.__dataclass_fields__] for c in cells], indent=1))
    text = f"{heading(cells)}\n" + "\n".join(parts)
    print(text)
    if given.table:
        given.table.write_text(text, encoding="utf-8")
    return int(any(each.false for each in cells) or len(cells) < 500 or len({each.release for each in cells}) < 8)


def heading(cells: list[Cell]) -> str:
    """What all studies say together."""
    counted = Counter((each.verdict, each.outcome) for each in cells)
    speed = sorted(each.milliseconds for each in cells)
    host = sum(count for (_, outcome), count in counted.items() if outcome == "host")
    lines = [
        "# Static verdicts against real imports",
        "",
        f"Made by `benchmarks/compat_static.py` on CPython {PYTHON}: {len(cells)} cells, each one plugin beside one release of its host. "
        f"**False verdicts: {sum(each.false for each in cells)}.**",
        "",
        "| static verdict | imports | fails for the host's sake | fails for want of, or in, another distribution |",
        "|---|---|---|---|",
    ]
    for verdict in ("ok", "broken", "unknown"):
        row = [counted[verdict, outcome] for outcome in ("imports", "host", "other")]
        lines.append(f"| {verdict} | {row[0]} | {row[1]} | {row[2]} |")
    lines += [
        "",
        f"Of {host} imports that fail for the host's sake, {counted['broken', 'host']} were seen beforehand. A verdict takes "
        f"{speed[len(speed) // 2]:.0f} ms in the median; the slowest, which reads a host for the first time, {speed[-1]:.0f} ms. "
        f"{sum(each.uses for each in cells)} uses of a host's surface were looked at.",
        "",
        "In the tables: `o` ok, `B` broken, `?` unknown; then `+` imports, `-` fails for the host's sake, `.` for another's.",
        "",
    ]
    return "\n".join(lines)


def table(study: Study, cells: list[Cell], notes: list[str]) -> str:
    """One study as Markdown."""
    releases = list(dict.fromkeys(each.release for each in cells))
    plugins = list(dict.fromkeys(each.plugin for each in cells))
    lines = [f"## {study.host}: {len(plugins)} plugins x {len(releases)} releases", ""]
    lines += [f"* {note.splitlines()[0]}" for note in notes] + ([""] if notes else [])
    lines += [f"| plugin | {' | '.join(releases)} |", "|---|" + "---|" * len(releases)]
    signs = {"ok": "o", "broken": "B", "unknown": "?", "imports": "+", "host": "-", "other": "."}
    by = {(each.plugin, each.release): f"{signs[each.verdict]}{signs[each.outcome]}" for each in cells}
    lines += [f"| {plugin} | {' | '.join(by[plugin, release] for release in releases)} |" for plugin in plugins]
    lines += ["", "What was seen beforehand, each kind once, and what happened:", ""]
    seen: dict[str, str] = {}
    for each in cells:
        if each.verdict == "broken":
            seen.setdefault(each.reasons[0].partition(": ")[2], f"`{each.plugin}` with {each.release}: {each.error}")
    lines += [f"* {said} ({really})" for said, really in seen.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
