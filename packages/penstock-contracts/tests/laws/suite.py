"""Every schema of the official JSON-Schema-Test-Suite against every other one of its file.

Run:     python suite.py FOLDER [--options]    (FOLDER is the suite; `nox -s contracts-suite` fetches and names it)
Gives:   how many of the questions were decided, and every answer that one of the suite's own instances contradicts.
How:     an instance is inside a schema when the suite says so, or else when the reference validator says so; a schema of
         which the reference validator contradicts the suite is judged by the suite's own tests alone.
Ignores: `refRemote` questions whose documents are not in the suite, and formats, which are annotations here.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from adversary.exact import canonical, dumps, exactly, loads
from adversary.judge import DRAFTS, Judge

import penstock_contracts as contracts

FOLDERS = {"draft4": "4", "draft6": "6", "draft7": "7", "draft2019-09": "2019-09", "draft2020-12": "2020-12"}
BAR = 0.98


class Member:
    """One schema of a file, and what is known to be inside it."""

    def __init__(
        self, schema: Any, tests: list[dict[str, Any]], draft: str, store: dict[str, Any], optional: bool
    ) -> None:
        self.schema, self.values = schema, [exactly(test["data"]) for test in tests]
        self.told = {canonical(exactly(test["data"])): bool(test["valid"]) for test in tests}
        self.judge: Judge | None = None
        try:
            judge = Judge(schema, draft, store=store)
            if all(judge.accepts(exactly(test["data"])) == test["valid"] for test in tests):
                self.judge = judge
            elif optional:
                self.judge, self.told = judge, {}  # both readings are allowed; ours is the reference validator's
        except Exception:  # the reference validator cannot read it: then the suite's own word has to do
            self.judge = None

    def holds(self, value: Any) -> bool | None:
        """Whether a value is inside; None when nobody can say."""
        told = self.told.get(canonical(value))
        if told is not None:
            return told
        try:
            return self.judge.accepts(value) if self.judge else None
        except Exception:  # the reference validator stumbles over this value
            return None


def remotes(folder: Path, name: str) -> dict[str, Any]:
    """The documents that the suite says are served at localhost, by address: those of no draft and those of this one."""
    found = {}
    for path in sorted((folder / "remotes").rglob("*.json")):
        place = path.relative_to(folder / "remotes")
        if not place.parts[0].startswith("draft") or place.parts[0] == name:
            text = path.read_text("utf-8")
            if "$dynamicAnchor" not in text or name == "draft2020-12":  # older drafts stumble over its name
                found[f"http://localhost:1234/{place.as_posix()}"] = loads(text)
    return found


def members(path: Path, draft: str, store: dict[str, Any]) -> list[Member]:
    """The schemas of one file."""
    made = []
    for case in loads(path.read_text("utf-8")):
        schema = case["schema"]
        if isinstance(schema, dict) and "$schema" not in schema:
            schema = {"$schema": DRAFTS[draft], **schema}
        made.append(Member(schema, case["tests"], draft, store, path.parent.name == "optional"))
    return made


def files(folder: Path) -> Iterator[tuple[str, str, Path]]:
    """Name, draft and path of every file that is about validation."""
    for name, draft in FOLDERS.items():
        base = folder / "tests" / name
        for path in sorted([*base.glob("*.json"), *(base / "optional").glob("*.json")]):
            yield name, draft, path


def cross(one: Member, other: Member, probes: list[Any], options: contracts.Options) -> tuple[str, str]:
    """What the engine says of a pair, and what contradicts it."""
    verdict = contracts.includes(one.schema, other.schema, options=options)
    if isinstance(verdict, contracts.Undecided):
        return f"undecided ({verdict.reason})", ""
    if isinstance(verdict, contracts.Refuted):
        witness = exactly(verdict.witness)
        bad = one.holds(witness) is False or other.holds(witness) is True
        return "refuted", f"the witness {dumps(witness)} is none" if bad else ""
    for value in probes:
        if one.holds(value) is True and other.holds(value) is False:
            return "proven", f"{dumps(value)} is inside the one and not the other"
    return "proven", ""


def main() -> int:
    """Ask all questions; 0 when enough were decided and none was wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="files whose path holds this text")
    parser.add_argument("--show", type=int, default=0, help="how many undecided questions to print")
    chosen = parser.parse_args()
    counts: Counter[str] = Counter()
    wrong, open_questions, slow = [], [], []
    for name, draft, path in files(chosen.folder):
        if chosen.only not in str(path):
            continue
        store = remotes(chosen.folder, name)
        made = members(path, draft, store)
        probes = list({canonical(value): value for each in made for value in each.values}.values())
        options = contracts.Options(store=store, dialect=DRAFTS[draft])
        for i, one in enumerate(made):
            for j, other in enumerate(made):
                words = f"{draft}/{path.name}[{i}]<[{j}]"
                begun = time.perf_counter()
                try:
                    kind, contradiction = cross(one, other, probes, options)
                except Exception as error:  # a crash is the worst answer, and the others shall be asked all the same
                    kind, contradiction = "crash", f"{type(error).__name__}: {error}"
                slow.append((time.perf_counter() - begun, words))
                counts[kind] += 1
                if contradiction:
                    wrong.append(f"{words} {kind}: {contradiction}: {dumps(one.schema)} < {dumps(other.schema)}")
                elif kind.startswith("undecided"):
                    open_questions.append(f"{words} {kind}: {dumps(one.schema)} < {dumps(other.schema)}")
    asked = sum(counts.values())
    decided = (counts["proven"] + counts["refuted"]) / asked
    for line in (*wrong, *open_questions[: chosen.show]):
        print(line)
    print(f"asked {asked}: {dict(counts)}")
    print(
        f"decided {decided:.2%} (bar {BAR:.0%}), wrong {len(wrong)} (bar 0), slowest {max(slow)[0]:.2f} s {max(slow)[1]}"
    )
    return 0 if decided >= BAR and not wrong else 1


if __name__ == "__main__":
    raise SystemExit(main())
