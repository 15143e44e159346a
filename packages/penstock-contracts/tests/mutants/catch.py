"""Ask spoilt copies of the engine the questions of a law, and say which of them are caught.

Run:     python catch.py PACKAGE WORK [--share N/M] [--only WORDS] [--all-laws] [--sound]
Gives:   one line of JSON for each planted bug: what is broken, by which law it is caught, and how; "" is not at all.
How:     each copy is asked in a forked process, in which nothing of the engine has been imported yet. What a law finds
         are wrong answers, questions of small domains that stay open, and witnesses that the reference validator denies.
Ignores: what the bugs are (`mutants.py`) and what must be true (`law.py`, the corpus).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "laws")]

from adversary import sample  # noqa: E402, F401 - after the path, and so that every fork has it already
from adversary.corpus import Question, questions  # noqa: E402 - after the path
from adversary.exact import dumps  # noqa: E402 - after the path
from adversary.law import LAWS  # noqa: E402 - after the path
from mutants import MUTANTS, Mutant  # noqa: E402 - after the path

MOST = 1_500  # questions of one law


@cache
def cases(law: str) -> list[Any]:
    """Some of the questions of a law, made before anything is forked: they know nothing of the engine."""
    made = list(LAWS[law]())
    return made[:: max(1, len(made) // MOST) | 1]


@cache
def family(name: str) -> list[Question]:
    """The questions of a part of the corpus."""
    return [question for question in questions() if question.name.startswith(f"{name}-")]


def caught(law: str) -> str:
    """The first thing that a law finds; empty when it finds nothing."""
    from adversary.inquiry import Tally, inquire

    import penstock_contracts as contracts

    if law.startswith("trials "):
        from adversary.trial import trial

        tally = Tally()
        for seed in range(*map(int, law.split()[1:])):
            trial(seed, tally)
            if tally.wrong or tally.odd:
                return (tally.wrong or tally.odd)[0]
        return ""
    if law.startswith("corpus "):
        for question in family(law.removeprefix("corpus ")):
            told = {"formats": question.formats, "store": question.store, "expected": question.expected}
            answer = inquire(question.a, question.b, samples=0, **told)
            if answer.wrong or answer.reason:
                return f"{question.name}: {answer.wrong or answer.reason}"
        return ""
    for a, b, expected in cases(law):
        verdict = contracts.includes(a, b)
        if not isinstance(verdict, contracts.Proven if expected else contracts.Refuted):
            return f"{verdict}: {dumps(a)} < {dumps(b)}"
    return ""


def in_a_fork(source: Path, law: str) -> str:
    """What a law finds about the engine below `source`; a crash is a find as well."""
    if law in LAWS:
        cases(law)
    elif law.startswith("corpus "):
        family(law.removeprefix("corpus "))
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        sys.path.insert(0, str(source))
        try:
            import penstock_contracts

            assert str(penstock_contracts.__file__).startswith(str(source)), penstock_contracts.__file__
            found = caught(law)
        except Exception as error:  # a spoilt engine may raise anything
            found = f"raised {type(error).__name__}: {error}"
        with os.fdopen(writing, "w", encoding="utf-8") as out:
            out.write(found[:1000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as into:
        found = into.read()
    os.waitpid(child, 0)
    return found


def spoilt(package: Path, work: Path, mutant: Mutant | None) -> Path:
    """A folder with a copy of the engine, spoilt if there is a bug to plant."""
    source = work / (mutant.broken.replace(" ", "-") if mutant else "sound")
    shutil.copytree(package, source / "penstock_contracts", ignore=shutil.ignore_patterns("__pycache__"))
    if mutant:
        file = source / "penstock_contracts" / mutant.file
        file.write_text(mutant.planted_in(file.read_text(encoding="utf-8")), encoding="utf-8")
    return source


def results(package: Path, work: Path, chosen: list[Mutant], laws: list[str]) -> Iterator[dict[str, Any]]:
    """Each planted bug, and what its law (or each of `laws`) finds; without bugs, what these find in the sound engine."""
    for mutant in chosen or [None]:
        source = spoilt(package, work, mutant)
        for law in laws or [mutant.law if mutant else ""]:
            yield {"broken": mutant.broken if mutant else "", "law": law, "found": in_a_fork(source, law)}
        shutil.rmtree(source)


def main() -> int:
    """Print one line for each result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("package", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--share", default="0/1", help="the N-th of M shares of the bugs")
    parser.add_argument("--only", default="", help="bugs whose sentence holds these words")
    parser.add_argument("--all-laws", action="store_true", help="let every law try, not only the one that must notice")
    parser.add_argument(
        "--sound", action="store_true", help="plant nothing, and let every law try that has a bug to notice"
    )
    chosen = parser.parse_args()
    first, shares = map(int, chosen.share.split("/"))
    bugs = [each for each in MUTANTS[first::shares] if chosen.only in each.broken]
    laws = sorted({each.law for each in MUTANTS}) if chosen.sound else list(LAWS) if chosen.all_laws else []
    for result in results(chosen.package, chosen.work, [] if chosen.sound else bugs, laws):
        print(json.dumps(result), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
