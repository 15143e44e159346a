"""The labelled corpus: pairs of schemas of which people have said how they lie to each other, as questions.

Takes:   `tests/corpus/*.json`: `a`, `b`, how they lie (`is`), one line why, and for every break a value that shows it.
Gives:   `pairs()`, `questions()`: a question is one direction of a pair in one draft.
Ignores: who is asked.

A pair says of `a`, as a set of values, that it `is`: `same`, `narrower` (inside `b`, and smaller), `wider`, or `apart`
(neither is inside the other).  `only_a` is valid under `a` and not under `b`; `only_b` the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adversary.exact import loads
from adversary.judge import DRAFTS, Judge

FOLDER = Path(__file__).resolve().parents[2] / "corpus"
INSIDE = {"same": (True, True), "narrower": (True, False), "wider": (False, True), "apart": (False, False)}
NOTHING = object()


@dataclass(frozen=True, slots=True)
class Question:
    """Is every instance of `a` an instance of `b`?"""

    name: str
    a: Any
    b: Any
    expected: bool
    why: str
    witness: Any = NOTHING  # for a break: valid under `a`, not under `b`
    formats: str = "annotation"
    store: Mapping[str, Any] = field(default_factory=dict)

    def judges(self) -> tuple[Judge, Judge]:
        """The reference validator for `a` and for `b`."""
        formats = self.formats == "assertion"
        a, b = (Judge(each, formats=formats, store=self.store) for each in (self.a, self.b))
        return a, b


def pairs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every pair with its name: file and number, from 1."""
    for path in sorted(FOLDER.glob("*.json")):
        for number, pair in enumerate(loads(path.read_text(encoding="utf-8")), 1):
            yield f"{path.stem}-{number}", pair


def questions() -> list[Question]:
    """Both directions of every pair, in each of its drafts."""
    return [question for name, pair in pairs() for question in asked(name, pair)]


def asked(name: str, pair: dict[str, Any]) -> Iterator[Question]:
    """The questions of one pair."""
    right, left = INSIDE[pair["is"]]
    rest = {"why": pair["why"], "formats": pair.get("formats", "annotation"), "store": pair.get("store", {})}
    for draft in pair.get("drafts", ["7", "2020-12"]):
        a, b = (_in_draft(pair[side], draft) for side in "ab")
        yield Question(f"{name} {draft} a<b", a, b, right, witness=pair.get("only_a", NOTHING), **rest)
        yield Question(f"{name} {draft} b<a", b, a, left, witness=pair.get("only_b", NOTHING), **rest)


def _in_draft(schema: Any, draft: str) -> Any:
    """The schema, saying its draft; `mixed` pairs say it themselves."""
    if draft == "mixed" or isinstance(schema, bool):
        return schema
    return {"$schema": DRAFTS[draft], **schema}
