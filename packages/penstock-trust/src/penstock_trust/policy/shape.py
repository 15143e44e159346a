"""Hold a file of ours against the shape that its reader accepts.

Takes:   a document and its `Field`.
Gives:   `misfits`: findings T302 to T305 with line, column and the nearest name, all at once.
Ignores: sense beyond the shape, such as whether a name is defined elsewhere; `checks` asks that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from penstock_findings.finding import Finding
from penstock_findings.pointers import join
from penstock_findings.spelling import hint_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from penstock_findings.document import Document

_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "flag": (bool,),
    "table": (dict,),
    "list": (list,),
}
_NAMES = {
    "text": "text",
    "integer": "a whole number",
    "flag": "`true` or `false`",
    "table": "a table",
    "list": "a list",
}
LONGEST = 4096  # characters of a text
HIGHEST = (1 << 53) - 1  # of a whole number; what is remembered of it goes through JSON


@dataclass(frozen=True, slots=True)
class Field:
    """What one value may be: of one of `kinds`, separated by `|`; "any" is not looked at.

    `members` close a table, `values` describe those of an open one, `items` those of a list.
    """

    kinds: str = "any"
    required: bool = False
    choices: tuple[str, ...] = ()
    pattern: str = ""
    like: str = ""  # an example of what fits the pattern
    low: int | None = None
    members: Mapping[str, Field] = field(default_factory=dict)
    values: Field | None = None
    items: Field | None = None


def misfits(document: Document, wanted: Field) -> Iterator[Finding]:
    """Everything about the document that does not have the shape."""
    return _misfits(document.value, wanted, document, "")


def misfits_at(document: Document, value: Any, wanted: Field, pointer: str) -> Iterator[Finding]:
    """The same for one value in it."""
    return _misfits(value, wanted, document, pointer)


def unknown_keys(document: Document, wanted: Field) -> Iterator[Finding]:
    """The keys that the shape does not know (T302)."""
    return (finding for finding in misfits(document, wanted) if finding.code == "T302")


def wrong_values(document: Document, wanted: Field) -> Iterator[Finding]:
    """Everything else that does not have the shape (T303 to T305)."""
    return (finding for finding in misfits(document, wanted) if finding.code != "T302")


def _misfits(value: Any, wanted: Field, document: Document, pointer: str) -> Iterator[Finding]:
    if wanted.kinds != "any" and not any(_is(value, kind) for kind in wanted.kinds.split("|")):
        names = " or ".join(_NAMES[kind] for kind in wanted.kinds.split("|"))
        yield Finding("T304", f"{_subject(pointer)} has to be {names}", document.at(pointer))
        return
    if isinstance(value, str):
        yield from _text(value, wanted, document, pointer)
    elif isinstance(value, dict):
        yield from _members(value, wanted, document, pointer)
    elif isinstance(value, list) and wanted.items is not None:
        for place, inner in enumerate(value):
            yield from _misfits(inner, wanted.items, document, join(pointer, place))
    elif wanted.low is not None and value < wanted.low:
        yield Finding("T305", f"{_subject(pointer)} cannot be lower than {wanted.low}", document.at(pointer))
    elif wanted.low is not None and value > HIGHEST:
        yield Finding("T305", f"{_subject(pointer)} cannot be higher than {HIGHEST}", document.at(pointer))


def _text(value: str, wanted: Field, document: Document, pointer: str) -> Iterator[Finding]:
    if wanted.choices and value not in wanted.choices:
        hint = hint_for(value, wanted.choices)
        yield Finding("T305", f"{_subject(pointer)} cannot be `{value[:60]}`", document.at(pointer), hint=hint)
    elif len(value) > LONGEST or (wanted.pattern and re.fullmatch(wanted.pattern, value) is None):
        hint = f"write it like `{wanted.like}`" if wanted.like else None
        yield Finding("T305", f"{_subject(pointer)} cannot be `{value[:60]}`", document.at(pointer), hint=hint)


def _members(value: dict[str, Any], wanted: Field, document: Document, pointer: str) -> Iterator[Finding]:
    for name, inner in value.items():
        at = join(pointer, name)
        if name in wanted.members:
            yield from _misfits(inner, wanted.members[name], document, at)
        elif wanted.values is not None:
            yield from _misfits(inner, wanted.values, document, at)
        elif wanted.members:
            hint = hint_for(name, wanted.members)
            yield Finding("T302", f"the key `{name[:60]}` is not known here", document.key_at(at), hint=hint)
    for name, member in wanted.members.items():
        if member.required and name not in value:
            yield Finding("T303", f"{_subject(pointer)} needs `{name}`", document.at(pointer), hint=f"add `{name}`")


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "flag"
    return isinstance(value, _TYPES[kind])


def _subject(pointer: str) -> str:
    return f"`{pointer}`" if pointer else "the file"
