"""Hold a file of one of our formats against the shape that its reader accepts.

Takes:   a value, its `Field`, the source for places.
Gives:   `misfits`: findings with line, column and the nearest name, all at once.
Ignores: what a schema inside of the file says (`lint`), and sense beyond the shape; each reader has its own.
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

    from penstock_contracts.contract import Source

_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "flag": (bool,),
    "object": (dict,),
    "list": (list,),
    "schema": (dict, bool),
}
_NAMES = {
    "text": "text",
    "integer": "a whole number",
    "flag": "`true` or `false`",
    "object": "an object",
    "list": "a list",
    "schema": "a JSON Schema",
}


@dataclass(frozen=True, slots=True)
class Field:
    """What one value may be. `members` close an object, `values` describe those of a map, `items` those of a list."""

    kind: str = "any"
    required: bool = False
    choices: tuple[str, ...] = ()
    pattern: str = ""
    like: str = ""  # an example of what fits the pattern
    members: Mapping[str, Field] = field(default_factory=dict)
    values: Field | None = None
    items: Field | None = None
    is_open: bool = False  # whether members that are not listed are passed over


def misfits(value: Any, wanted: Field, source: Source, pointer: str = "") -> Iterator[Finding]:
    """Everything about the value that does not have the shape."""
    if wanted.kind != "any" and not _is(value, wanted.kind):
        yield Finding("K110", f"{_subject(pointer)} has to be {_NAMES[wanted.kind]}", source.at(pointer))
        return
    if wanted.choices and value not in wanted.choices:
        hint = hint_for(str(value), wanted.choices)
        yield Finding("K113", f"{_subject(pointer)} cannot be `{value}`", source.at(pointer), hint=hint)
    if wanted.pattern and re.fullmatch(wanted.pattern, value) is None:
        hint = f"write it like `{wanted.like}`"
        yield Finding("K113", f"{_subject(pointer)} cannot be `{value}`", source.at(pointer), hint=hint)
    if isinstance(value, dict):
        yield from _members(value, wanted, source, pointer)
    elif isinstance(value, list) and wanted.items is not None:
        for place, inner in enumerate(value):
            yield from misfits(inner, wanted.items, source, join(pointer, place))


def _members(value: dict[str, Any], wanted: Field, source: Source, pointer: str) -> Iterator[Finding]:
    for name, inner in value.items():
        at = join(pointer, name)
        if name in wanted.members:
            yield from misfits(inner, wanted.members[name], source, at)
        elif wanted.values is not None:
            yield from misfits(inner, wanted.values, source, at)
        elif wanted.members and not wanted.is_open:
            hint = hint_for(name, wanted.members)
            yield Finding("K111", f"the key `{name}` is not known here", source.key_at(at), hint=hint)
    for name, member in wanted.members.items():
        if member.required and name not in value:
            yield Finding("K112", f"{_subject(pointer)} needs `{name}`", source.at(pointer), hint=f"add `{name}`")


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool) and kind == "integer":
        return False
    return isinstance(value, _TYPES[kind])


def _subject(pointer: str) -> str:
    return f"`{pointer}`" if pointer else "the file"
