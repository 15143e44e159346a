"""Put the files of a pack together: the base, its parts, and the entry of each part in the table of offers.

Takes:   answers.
Gives:   `whole`, all files of a new pack; `part`, those of one more node, policy, channel kind or contract; `entered`.
Ignores: where the files go, and what is there already (`tree.py`, `update.py`).
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from penstock_templates.answers import KINDS, Answers
from penstock_templates.render import TEMPLATES, filling, printed

_TABLES = {"transform": "NODES", "source": "NODES", "sink": "NODES", "policy": "POLICIES", "channel": "CHANNELS"}
_ROOMS = {"NODES": "nodes", "POLICIES": "policies", "CHANNELS": "channels"}
_SUFFIXES = {"pack": {"sink": "-files", "policy": "-steady"}}  # kind -> part -> what its id ends in


def whole(answers: Answers, added: list[tuple[str, str]], templates: Path = TEMPLATES) -> dict[str, bytes]:
    """Path -> bytes of the pack as its template makes it; `added` are parts and ids that it was grown by since."""
    files = printed(["base"], filling(answers, answers.id), templates)
    for kind, id in [*parts_of(answers), *added]:
        files |= part(answers, kind, id, templates)
        files = entered(files, answers, kind, id)
    return dict(sorted(files.items()))


def parts_of(answers: Answers) -> list[tuple[str, str]]:
    """The parts of a new pack of this kind, each with its id."""
    suffixes = _SUFFIXES.get(answers.kind, {})
    return [(kind, answers.id + suffixes.get(kind, "")) for kind in KINDS[answers.kind]]


def part(answers: Answers, kind: str, id: str, templates: Path = TEMPLATES) -> dict[str, bytes]:
    """The files of one node, policy, channel kind or contract."""
    return printed([kind], filling(answers, id), templates)


def table_of(answers: Answers) -> str:
    """Path of the module with the table of offers."""
    return f"src/{answers.package}/__init__.py"


def entered(files: dict[str, bytes], answers: Answers, kind: str, id: str) -> dict[str, bytes]:
    """The same files, with the entry of a part in the table; a contract needs none."""
    table = _TABLES.get(kind)
    if table is None:
        return files
    words = filling(answers, id)
    path = table_of(answers)
    text = with_entry(files[path].decode("utf-8"), table, f"{_ROOMS[table]}.{words['module']}:{words['cls']}")
    assert text is not None  # the base has both tables, and it is ours
    return {**files, path: text.encode("utf-8")}


def entry_of(answers: Answers, kind: str, id: str) -> tuple[str, str] | None:
    """The table in which a part is entered, and its entry; None for a contract."""
    table = _TABLES.get(kind)
    words = filling(answers, id)
    return None if table is None else (table, f"{_ROOMS[table]}.{words['module']}:{words['cls']}")


def with_entry(text: str, table: str, entry: str) -> str | None:
    """The module with one more entry in a table; None when its author has made something else of the table.

    >>> print(with_entry("NODES: list[str] = []", "NODES", "nodes.a:A"))
    NODES: list[str] = [
        "nodes.a:A",
    ]
    """
    found = re.search(rf"^{table}(?:: [^=\n]+)? = (\[[^\[\]]*\])", text, re.MULTILINE)
    if found is None:
        return None
    try:
        entries = ast.literal_eval(found[1])
    except (ValueError, SyntaxError):
        return None
    if entry in entries:
        return text
    lines = "".join(f'    "{each}",\n' for each in (*entries, entry))
    return f"{text[: found.start(1)]}[\n{lines}]{text[found.end(1) :]}"
