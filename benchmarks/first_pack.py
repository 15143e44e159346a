"""An author's first minutes: commands, files to edit and seconds from an empty folder to a green test run on an installed pack.

Run:     python benchmarks/first_pack.py [--rounds N]      needs an index to install from; takes some minutes
Against: the Meltano SDK's tap template (singer-sdk) and kedro's project template, in the same run.
Bars:    ours: at most 3 commands, 0 files to edit, and fewer seconds than each peer.
How:     each in a fresh environment of its own.  `tool` is what its documentation has installed first; the steps are
         the commands after that, word for word, with builds and downloads as they come (pip's cache is warm: a first
         round is not counted).  The median of the rounds counts.  Where a template is not green as it comes, the smallest
         edit that makes it so is made by this program, costs no time here, and is counted as files to edit.
Left out: datasette's `datasette-plugin` and kedro's starters: their templates are only to be had from a git host.
Ignores: what the tests are worth; ours are about twenty, kedro's is one, the Meltano SDK's about as many as ours.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))
from machine import print_facts, table

ROOT = Path(__file__).resolve().parents[1]
OURS = ("findings", "contracts", "", "standard", "testkit", "templates")


@dataclass
class Author:
    """Somebody who makes a first plugin. Words of a step begin with a program of the environment."""

    name: str
    tool: list[str]  # what pip installs first
    steps: list[list[str]]
    folder: str  # where the steps after the first are taken
    edits: dict[str, Callable[[str], str]] = field(default_factory=dict)  # file -> how it has to change


def packed(into: Path) -> Path:
    """Wheels of this tree, as an index would have them."""
    names = [str(ROOT / "packages" / ("penstock" + (f"-{name}" if name else ""))) for name in OURS]
    words = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(into), *names]
    subprocess.run(words, check=True, capture_output=True)
    return into


def fetched(into: Path) -> Path:
    """The tap template: it is in the source distribution of singer-sdk, and in no wheel."""
    words = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-binary",
        "singer-sdk",
        "--dest",
        str(into),
    ]
    subprocess.run([*words, "singer-sdk"], check=True, capture_output=True)
    (archive,) = into.glob("singer_sdk-*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(into, filter="data")
    return into / archive.name.removesuffix(".tar.gz") / "cookiecutter" / "tap-template"


def with_config(text: str) -> str:
    return text.replace(
        "    # TODO: Initialize minimal tap config\n", '    "auth_token": "x",\n    "project_ids": ["1"],\n'
    )


def with_records(text: str) -> str:
    start = text.index("        errmsg =")
    return text[:start] + '        yield {"id": "1", "name": "a", "modified": "2026-01-01T00:00:00Z"}\n'


def authors(wheels: Path, template: Path) -> list[Author]:
    return [
        Author(
            "penstock",
            [f"{wheel}[authors]" if "templates" in wheel.name else str(wheel) for wheel in sorted(wheels.iterdir())],
            [
                ["penstock", "pack", "new", "transform", "--name", "acme-first", "--no-input"],
                ["pip", "install", "--quiet", "-e", "."],
                ["pytest", "-q"],
            ],
            "acme-first",
        ),
        Author(
            "singer-sdk",
            ["cookiecutter"],
            [
                ["cookiecutter", "--no-input", str(template), "source_name=Acme", "stream_type=Other", "auth_method=Custom or N/A"],
                ["pip", "install", "--quiet", "-e", ".", "pytest>=9", "singer-sdk[testing]"],
                ["pytest", "-q"],
            ],
            "tap-acme",
            {"tests/test_core.py": with_config, "tap_acme/client.py": with_records},
        ),
        Author(
            "kedro",
            ["kedro"],
            [
                ["kedro", "new", "--name", "acme", "--tools", "test", "--example", "no", "--telemetry", "no"],
                ["pip", "install", "--quiet", "-e", ".[dev]"],
                ["pytest", "-q"],
            ],
            "acme",
        ),
    ]  # fmt: skip  # a command reads better in one line


def run(words: list[str], home: Path, folder: Path, name: str) -> float:
    """Seconds that a command takes in an environment; it has to succeed."""
    environment = {
        **os.environ, "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}", "VIRTUAL_ENV": str(home),
        "DO_NOT_TRACK": "1", "KEDRO_DISABLE_TELEMETRY": "1",
    }  # fmt: skip  # where, and what not to send
    environment.pop("PYTHONPATH", None)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    ran = subprocess.run(
        [str(home / "bin" / words[0]), *words[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.perf_counter() - began
    if ran.returncode:
        raise SystemExit(
            f"{name}: {' '.join(words)} ended with {ran.returncode}\n{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}"
        )
    return took


def once(author: Author, place: Path) -> list[float]:
    """Seconds of the tool's installation, and of each step, in an empty folder and a fresh environment."""
    shutil.rmtree(place, ignore_errors=True)
    home, desk = place / "env", place / "desk"
    venv.create(home, with_pip=True)
    desk.mkdir()
    took = [run(["pip", "install", "--quiet", *author.tool], home, desk, author.name)]
    for number, step in enumerate(author.steps):
        folder = desk if number == 0 else desk / author.folder
        took.append(run(step, home, folder, author.name))
        if number == 0:
            for path, edit in author.edits.items():
                file = desk / author.folder / path
                before = file.read_text()
                assert edit(before) != before, path
                file.write_text(edit(before))
    return took


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print_facts()
    with tempfile.TemporaryDirectory(prefix="first-pack-") as beside:
        folder = Path(beside)
        wheels, source = folder / "wheels", folder / "source"
        source.mkdir()
        everybody = authors(packed(wheels), fetched(source))
        times: dict[str, list[list[float]]] = {author.name: [] for author in everybody}
        for number in range(rounds + 1):
            for author in everybody:
                took = once(author, folder / author.name)
                if number:
                    times[author.name].append(took)
        report(everybody, times)


def report(everybody: list[Author], times: dict[str, list[list[float]]]) -> None:
    head = ["", "commands", "edits", "make s", "install s", "test s", "all steps s", "tool s", "with tool s"]
    rows, steps, whole = [head], {}, {}
    for author in everybody:
        rounds = times[author.name]
        middle = [median(one) for one in zip(*rounds, strict=True)]
        steps[author.name] = median(sum(one[1:]) for one in rounds)
        whole[author.name] = median(sum(one) for one in rounds)
        figures = [*middle[1:], steps[author.name], middle[0], whole[author.name]]
        counts = [str(len(author.steps)), str(len(author.edits))]
        rows.append([author.name, *counts, *(f"{figure:.1f}" for figure in figures)])
    table(rows)
    ours, peers = everybody[0], everybody[1:]
    missed = [f"more than 3 commands: {len(ours.steps)}"] * (len(ours.steps) > 3)
    missed += [f"{len(ours.edits)} files to edit"] * bool(ours.edits)
    for peer in peers:
        if steps[ours.name] >= steps[peer.name]:
            missed.append(f"the steps take {steps[ours.name]:.1f} s, those of {peer.name} {steps[peer.name]:.1f} s")
        if whole[ours.name] >= whole[peer.name]:
            missed.append(f"with the tool it takes {whole[ours.name]:.1f} s, {peer.name} {whole[peer.name]:.1f} s")
    print("all bars are met" if not missed else "missed: " + "; ".join(missed))
    raise SystemExit(bool(missed))


if __name__ == "__main__":
    main()
