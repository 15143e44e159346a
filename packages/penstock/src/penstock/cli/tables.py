"""Lay rows out in columns, for people.

Takes:   rows of text.
Gives:   `table`, `facts`, `json_text`.
Ignores: colour; columns are enough.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Container[str] = ()) -> str:
    """Columns as wide as their widest cell, the last one as it is; control characters are shown as escapes.

    The columns that `numbers` names stand at the right.

    >>> print(table(["name", "what"], [["a", "first"], ["bcdefg", "second"]]), end="")
    NAME    WHAT
    a       first
    bcdefg  second
    """
    lines = [[cell.upper() for cell in head], *([_shown(cell) for cell in row] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    right = [name in numbers for name in head]
    return "".join(
        "  ".join(
            cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(line, widths, right, strict=True)
        ).rstrip()
        + "\n"
        for line in lines
    )


def facts(rows: Iterable[tuple[str, str]], indent: int = 0) -> str:
    """A name and a value on each line; rows without a value are left out.

    >>> print(facts([("id", "cooldown"), ("deprecated", ""), ("role", "transform")]), end="")
    id    cooldown
    role  transform
    """
    known = [(name, value) for name, value in rows if value]
    width = max((len(name) for name, _ in known), default=0)
    return "".join(f"{' ' * indent}{name:<{width}}  {_shown(value)}\n" for name, value in known)


def json_text(value: Any) -> str:
    """The value for programs: one JSON document, keys in the order in which they were given."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n"


def _shown(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
