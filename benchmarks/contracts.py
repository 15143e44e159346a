"""How fast and how right the contracts engine is, on the labelled corpus, beside its peers and on a large real schema.

Run:     python benchmarks/contracts.py [--no-peers] [--every N] [--folder DIR]    (or `nox -s bench -- benchmarks/contracts.py`)
Bars:    median 0.5 ms, p95 10 ms, at most 2 s a question; 5 times as fast in the median as jsonsubschema and 20 times as
         npm json-schema-diff; more right answers than jsoncompat; two releases of vega-lite's schema (1.8 MB) in 5 s.
How:     every direction of every pair is a question, in drafts 7 and 2020-12, asked once. Each peer runs in a process of
         its own, which is ended after a time-out. What counts is the processor's time within the call, so that a busy
         machine slows nobody. Questions that no peer has words for (asserted formats, other files) are left out for all.
Peers:   are installed from the registries into a folder; one that cannot be installed is said so. They are asked without
         `$schema`, which some of them refuse, in the words of the draft.
Ignores: start-up (`startup.py`), and how the engine does it.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import machine

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "packages/penstock-contracts/tests/laws"))

from adversary.corpus import Question, questions  # noqa: E402 - after the path
from adversary.exact import dumps  # noqa: E402 - after the path

import penstock_contracts as contracts  # noqa: E402 - after the path

OURS = "penstock-contracts"
PYTHON_PEERS = {"jsonsubschema": "jsonsubschema==0.0.8", "jsoncompat": "jsoncompat"}
NODE_PEERS = {"json-schema-diff": "json-schema-diff@1.0.0", "is-json-schema-subset": "is-json-schema-subset@1.1.33"}
VEGA = ("5.16.3", "5.20.1")
PATIENCE = 5.0  # seconds that a peer may think about a question


# -- answers ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Score:
    """What one contender answered."""

    name: str
    right: int = 0
    false_compatible: int = 0
    false_breaking: int = 0
    undecided: int = 0
    crash: int = 0  # errors and time-outs
    seconds: list[float] = field(default_factory=list)
    late: int = 0
    newest: int = 0  # right ones in draft 2020-12: some peers know no other

    def add(self, question: Question, says: object, seconds: float) -> None:
        """One answer: true, false, "undecided", or what went wrong."""
        if isinstance(says, bool):
            self.seconds.append(seconds)
            if says == question.expected:
                self.right += 1
                self.newest += " 2020-12 " in question.name
            elif says:
                self.false_compatible += 1
            else:
                self.false_breaking += 1
        elif says == "undecided":
            self.seconds.append(seconds)
            self.undecided += 1
        else:
            self.crash += 1
            self.late += says == "time-out"

    def row(self) -> list[str]:
        """For the table."""
        middle = f"{median(self.seconds) * 1e3:.2f} ms" if self.seconds else "-"
        crash = f"{self.crash} ({self.late} late)" if self.late else str(self.crash)
        counts = (self.right, self.newest, self.false_compatible, self.false_breaking, self.undecided)
        return [self.name, *map(str, counts), crash, middle]


def ours(question: Question) -> tuple[object, float]:
    """Our answer, and how long it took; nothing is kept from earlier questions but the patterns that were read."""
    begun = time.process_time()
    verdict = contracts.includes(question.a, question.b)
    took = time.process_time() - begun
    return "undecided" if isinstance(verdict, contracts.Undecided) else isinstance(verdict, contracts.Proven), took


class Peer:
    """A peer in a process of its own."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name, self.command = name, command
        self.process: subprocess.Popen[str] | None = None

    def ask(self, question: Question) -> tuple[object, float]:
        """Its answer, or what went wrong; a process that thinks too long is ended."""
        process = self.process = self.process or subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(dumps({"a": plain(question.a), "b": plain(question.b)}) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            self.end()
            return "error: gone", 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(PATIENCE):
                self.end()
                return "time-out", PATIENCE
        line = process.stdout.readline()
        if not line:
            self.end()
            return "error: gone", 0.0
        answer = json.loads(line)
        return answer["says"], answer["seconds"]

    def end(self) -> None:
        """End the process; the next question starts another."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = None


def plain(schema: Any) -> Any:
    """The schema without `$schema` at the top."""
    return {word: value for word, value in schema.items() if word != "$schema"} if isinstance(schema, dict) else schema


# -- peers -----------------------------------------------------------------------------------------------------------


def installed(folder: Path) -> tuple[list[Peer], list[str]]:
    """The peers that could be installed, and for each other one why not."""
    peers, sorry = [], []
    python = folder / "python/bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "python")], check=True)
    for name, wanted in PYTHON_PEERS.items():
        if _works([str(python), "-c", f"import {name}"]) or _works([str(python), "-m", "pip", "install", "-q", wanted]):
            command = [str(python), "-c", f"import importlib.metadata as m; print(m.version({name!r}))"]
            version = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
            peers.append(Peer(f"{name} {version}", [str(python), str(HERE / "peers/ask.py"), name]))
        else:
            sorry.append(f"{wanted} cannot be installed from PyPI here")
    for name, wanted in NODE_PEERS.items():
        where = folder / name  # its own: npm removes what it does not know from a shared one
        where.mkdir(parents=True, exist_ok=True)
        there = (where / "node_modules" / name).is_dir()
        if there or _works(["npm", "install", "--silent", "--no-save", "--prefix", str(where), wanted]):
            version = wanted.rpartition("@")[2]
            peers.append(Peer(f"{name} {version}", ["node", str(HERE / "peers/ask.js"), str(where), name]))
        else:
            sorry.append(f"{wanted} cannot be installed from npm here")
    return peers, sorry


def _works(command: list[str]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def vega(folder: Path) -> list[Any]:
    """The schemas of two releases of vega-lite; empty when npm has them not."""
    found = []
    for version in VEGA:
        where = folder / f"vega-lite-{version}"
        schema = where / "package/build/vega-lite-schema.json"
        if not schema.exists():
            where.mkdir(parents=True, exist_ok=True)
            if not _works(["npm", "pack", "--silent", "--pack-destination", str(where), f"vega-lite@{version}"]):
                return []
            shutil.unpack_archive(next(where.glob("*.tgz")), where)
        found.append(json.loads(schema.read_text("utf-8")))
    return found


# -- bars ------------------------------------------------------------------------------------------------------------


class Bars:
    """What was promised, and whether it is kept."""

    def __init__(self) -> None:
        self.rows = [["bar", "measured", "wanted", ""]]
        self.missed = 0

    def judge(self, what: str, measured: float, wanted: float, unit: str, *, at_least: bool = False) -> None:
        """One figure against its bar."""
        kept = measured >= wanted if at_least else measured <= wanted
        self.missed += not kept
        sign = ">=" if at_least else "<="
        self.rows.append([what, f"{measured:,.2f} {unit}", f"{sign} {wanted:g} {unit}", "kept" if kept else "MISSED"])

    def skip(self, what: str, why: str) -> None:
        """A bar that cannot be judged here."""
        self.rows.append([what, why, "", "not judged"])


def measure(name: str, asked: Iterable[Question], ask: Callable[[Question], tuple[object, float]]) -> Score:
    """Ask one contender everything."""
    score = Score(name)
    for question in asked:
        score.add(question, *ask(question))
    return score


def large(folder: Path, bars: Bars) -> None:
    """Two releases of a real schema of 1.8 MB."""
    schemas = vega(folder)
    if not schemas:
        bars.skip("vega-lite, diff of two releases", "npm does not give it here")
        return
    for what, ask in (
        ("vega-lite, includes", lambda: contracts.includes(*schemas, options=contracts.Options(seconds=10))),
        (
            "vega-lite, includes, back",
            lambda: contracts.includes(*schemas[::-1], options=contracts.Options(seconds=10)),
        ),
        ("vega-lite, diff of two releases", lambda: contracts.diff(*schemas)),
    ):
        begun = time.process_time()
        answer = ask()
        bars.judge(what, time.process_time() - begun, 5, "s")
        if isinstance(answer, contracts.Undecided):
            bars.skip(what, f"undecided ({answer.reason})")
            bars.missed += 1


def main() -> int:
    """Measure, judge, print; 0 when every bar that could be judged was kept."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--every", type=int, default=1, help="ask only every N-th question")
    parser.add_argument("--folder", type=Path, help="where peers are installed and kept (default: a temporary folder)")
    chosen = parser.parse_args()
    machine.print_facts()
    asked = [each for each in questions() if " 7 " in each.name or " 2020-12 " in each.name]
    asked = [each for each in asked if each.formats == "annotation" and not each.store][:: chosen.every]
    bars = Bars()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (chosen.folder or Path(temporary)).resolve()
        mine = measure(OURS, asked, ours)
        times = sorted(mine.seconds)
        bars.judge("a question, median", median(times) * 1e3, 0.5, "ms")
        bars.judge("a question, p95", times[int(len(times) * 0.95)] * 1e3, 10, "ms")
        bars.judge("a question, at most", times[-1], 2, "s")
        bars.judge("wrong answers", mine.false_compatible + mine.false_breaking + mine.crash, 0, "")
        bars.judge("decided", 100 * (1 - mine.undecided / len(asked)), 99, "%", at_least=True)
        scores, sorry = [mine], []
        if not chosen.no_peers:
            peers, sorry = installed(folder)
            for peer in peers:
                scores.append(measure(peer.name, asked, peer.ask))
                peer.end()
            beside(bars, mine, {score.name.split()[0]: score for score in scores})
        large(folder, bars)
    inclusions, newest = sum(each.expected for each in asked), sum(" 2020-12 " in each.name for each in asked)
    print(f"{len(asked)} questions, {inclusions} of them inclusions, {newest} in draft 2020-12\n")
    head = ["", "right", "in 2020-12", "false compatible", "false breaking", "undecided", "crash", "median"]
    machine.table([head, *(score.row() for score in scores)])
    for line in sorry:
        print(line)
    machine.table(bars.rows)
    return 1 if bars.missed else 0


def beside(bars: Bars, mine: Score, scores: dict[str, Score]) -> None:
    """The bars that speak of peers."""
    for name, times in (("jsonsubschema", 5), ("json-schema-diff", 20)):
        if name in scores and scores[name].seconds:
            bars.judge(
                f"faster than {name}", median(scores[name].seconds) / median(mine.seconds), times, "x", at_least=True
            )
        else:
            bars.skip(f"faster than {name}", "not installed")
    if "jsoncompat" in scores:
        bars.judge("right answers beyond jsoncompat's", mine.right - scores["jsoncompat"].right, 1, "", at_least=True)
    else:
        bars.skip("right answers beyond jsoncompat's", "not installed")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    raise SystemExit(main())
