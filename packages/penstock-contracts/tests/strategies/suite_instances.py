"""Draw instances of every schema of the official JSON-Schema-Test-Suite, and ask the reference validator about each.

Run:     python suite_instances.py FOLDER [--only TEXT] [--examples 60]
Gives:   how many schemas were drawn from, refused and found empty; fails on an invalid value, on a failing health check, on a
         schema that is refused as empty though the suite has an instance, and when too few of the ways to be valid came up.
How:     a way to be valid is what can be seen of an instance at the top of its schema: its type, which of the alternatives
         and conditions it meets, which of the described properties it has. Each way that an instance of the suite shows
         must be one that a drawn value shows.
Ignores: formats, which are annotations here; schemas of dialects that are not drafts.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "laws"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from adversary.exact import loads
from adversary.judge import DRAFTS
from hypothesis.errors import FailedHealthCheck
from sampled import drawn
from suite import files, remotes

from penstock_contracts.strategies import CannotDraw, NoInstance, instances
from penstock_contracts.strategies.subject import Judge

BAR = 0.97  # of the ways to be valid


class Case:
    """One schema of the suite, with what the suite says about it."""

    def __init__(self, case: dict[str, Any], draft: str, store: dict[str, Any]) -> None:
        schema = case["schema"]
        if isinstance(schema, dict) and "$schema" not in schema:
            schema = {"$schema": DRAFTS[draft], **schema}
        self.schema, self.draft, self.store = schema, draft, store
        self.valid = [test["data"] for test in case["tests"] if test["valid"]]
        self.judge = Judge(schema, DRAFTS[draft], False, store)

    def drawn(self, examples: int) -> list[Any]:
        """Values by chance."""
        return drawn(instances(self.schema, dialect=DRAFTS[self.draft], documents=self.store), examples)

    def way(self, value: Any) -> tuple[Any, ...]:
        """What can be seen of a value at the top of the schema."""
        seen: list[Any] = [type(value).__name__ if not isinstance(value, float) else "int"]
        if isinstance(self.schema, dict):
            for keyword in ("anyOf", "oneOf"):
                seen += [self._meets(child, value) for child in self.schema.get(keyword, [])]
            if "if" in self.schema:
                seen.append(self._meets(self.schema["if"], value))
            if isinstance(value, dict) and isinstance(self.schema.get("properties"), dict):
                seen += [name in value for name in list(self.schema["properties"])[:4]]
        return tuple(seen)

    def _meets(self, child: Any, value: Any) -> bool | None:
        try:
            return bool(self.judge.validator.evolve(schema=child).is_valid(value))
        except Exception:  # the reference validator stumbles over this schema
            return None


def main() -> int:
    """Draw from all; 0 when nothing was wrong and enough was reached."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="files whose path holds this text")
    parser.add_argument("--examples", type=int, default=60)
    chosen, _ = parser.parse_known_args()  # the session hands the same words to the suite of the laws
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for name, draft, path in files(chosen.folder):
        if chosen.only not in str(path):
            continue
        store = plain(remotes(chosen.folder, name))
        for index, raw in enumerate(loads(path.read_text("utf-8"))):
            words = f"{draft}/{path.name}[{index}] {raw['description']}"
            case = Case(plain(raw), draft, store)
            try:
                values = case.drawn(chosen.examples)
            except NoInstance:
                counts["empty"] += 1
                if case.valid:
                    wrong.append(f"{words}: refused as empty, but {case.valid[0]!r} is valid")
                continue
            except CannotDraw as error:
                counts["refused"] += 1
                print(f"{words}: {error}")
                continue
            except FailedHealthCheck as error:
                wrong.append(f"{words}: {str(error)[:100]}")
                continue
            counts["schemas"] += 1
            counts["values"] += len(values)
            wrong += [f"{words}: {value!r} is invalid" for value in values if case.judge.accepts(value) is False]
            known = {case.way(value) for value in values}
            ways = {case.way(value) for value in case.valid}
            counts["ways"] += len(ways)
            counts["reached"] += len(ways & known)
            for way in ways - known:
                print(f"{words}: not reached {way}")
    print(dict(counts), *wrong, sep="\n")
    return 1 if wrong or counts["reached"] < BAR * counts["ways"] else 0


def plain(value: Any) -> Any:
    """The value with floats, as a program that reads JSON has it."""
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    return value if value is None or isinstance(value, str | bool | int) else float(value)


if __name__ == "__main__":
    sys.exit(main())
