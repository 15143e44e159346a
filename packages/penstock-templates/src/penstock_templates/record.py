"""What a pack remembers of the template that it was made from: `.penstock-template.json`.

Takes:   answers, and the files as the template made them.
Gives:   `Record`, `read_record`, `text_of`.
Ignores: what the author has made of the files since.

The files themselves are kept, as text: an update needs what the template said then, and nothing else knows it without a
network and the history of somebody else's repository.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock_findings import Location, PenstockError
from penstock_findings.load import load
from penstock_templates.answers import Answers, checked, wrong_with_id

FILE = ".penstock-template.json"
FORMAT = 1
_LIMIT = 4 << 20  # bytes


class NoRecord(PenstockError):
    """The folder holds no pack that was made from a template, or what it remembers of it cannot be read."""

    code = "W201"


@dataclass(frozen=True, slots=True)
class Record:
    """The answers, what the pack was grown by, which templates, and the files as those made them."""

    answers: Answers
    added: tuple[tuple[str, str], ...]  # part, id
    templates: str  # digest of the templates
    files: dict[str, str]  # path -> text


def text_of(record: Record) -> bytes:
    """Canonical JSON, to be committed."""
    value = {
        "format": FORMAT,
        "answers": record.answers.as_dict(),
        "added": [list(each) for each in record.added],
        "templates": record.templates,
        "files": record.files,
    }
    return (json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8")


def read_record(folder: Path) -> Record:
    """What the pack in a folder remembers; raises `NoRecord`."""
    path = folder / FILE
    if not path.is_file():
        hint = "name the folder of a pack that `penstock pack new` has made"
        raise NoRecord(f"there is no `{FILE}` in `{folder}`", at=Location(str(path)), hint=hint)
    parsed = load(str(path), limit=_LIMIT)
    if parsed.document is None or parsed.findings:
        raise NoRecord(f"`{path}` cannot be read", findings=parsed.findings, sources={str(path): parsed.text})
    value: Any = parsed.document.value
    wrong = _wrong(value)
    if wrong:
        raise NoRecord(f"`{path}` is no record of a template: {wrong}", at=Location(str(path)))
    answers, findings = checked(value["answers"], here=frozenset([value["answers"].get("name", "")]))
    if answers is None:
        raise NoRecord(f"`{path}` holds answers that cannot be", findings=findings)
    return Record(answers, tuple((kind, id) for kind, id in value["added"]), value["templates"], dict(value["files"]))


def _wrong(value: Any) -> str:
    """What is wrong with the shape of a record; nothing when it is sound."""
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        return f"`format` is to be {FORMAT}"
    if set(value) != {"format", "answers", "added", "templates", "files"} or not isinstance(value["answers"], dict):
        return "it has other keys"
    added, files = value["added"], value["files"]
    pairs = isinstance(added, list) and all(
        isinstance(each, list) and len(each) == 2 and all(isinstance(word, str) for word in each) for each in added
    )
    if not pairs or any(wrong_with_id(id) for _, id in added):
        return "`added` is to be a list of parts with their ids"
    if not isinstance(files, dict) or not all(
        isinstance(text, str) and is_inside(path) for path, text in files.items()
    ):
        return "`files` is to hold texts by path"
    return "" if isinstance(value["templates"], str) else "`templates` is to be a digest"


def is_inside(path: str) -> bool:
    """Whether a path stays inside the folder that it is put in, on every system."""
    parts = path.split("/")
    return bool(path) and "\\" not in path and ":" not in path and all(part not in ("", ".", "..") for part in parts)
