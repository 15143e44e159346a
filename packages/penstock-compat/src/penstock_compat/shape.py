"""Hold a file of one of our formats against the shape that its reader accepts.

Takes:   a value, its `Field`, the document for places.
Gives:   `misfits`: findings with the nearest name, all at once; `schema_of`: the same shape as JSON Schema.
Ignores: sense beyond the shape; each reader has its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from penstock_findings.finding import Finding
from penstock_findings.pointers import join
from penstock_findings.spelling import hint_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_findings.document import Document

_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "number": (int, float),
    "flag": (bool,),
    "object": (dict,),
    "list": (list,),
}
_NAMES = {
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "flag": "`true` or `false`",
    "object": "an object",
    "list": "a list",
}
_IN_SCHEMAS = {"text": "string", "flag": "boolean", "list": "array"}


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
    is_null: bool = False  # whether it may be null as well
    least: int | None = None
    says: str = ""  # for the schema


def misfits(value: Any, wanted: Field, document: Document, pointer: str = "") -> Iterator[Finding]:
    """Everything about the value that does not have the shape."""
    if value is None and wanted.is_null:
        return
    if wanted.kind != "any" and not _is(value, wanted.kind):
        yield Finding("C110", f"{_subject(pointer)} has to be {_NAMES[wanted.kind]}", document.at(pointer))
        return
    if wanted.choices and value not in wanted.choices:
        hint = hint_for(str(value), wanted.choices)
        yield Finding("C113", f"{_subject(pointer)} cannot be `{_short(value)}`", document.at(pointer), hint=hint)
    if wanted.pattern and re.fullmatch(wanted.pattern, value) is None:
        hint = f"write it like `{wanted.like}`"
        yield Finding("C113", f"{_subject(pointer)} cannot be `{_short(value)}`", document.at(pointer), hint=hint)
    if wanted.least is not None and value < wanted.least:
        hint = f"write {wanted.least} or more"
        yield Finding("C113", f"{_subject(pointer)} cannot be `{value}`", document.at(pointer), hint=hint)
    if isinstance(value, dict):
        yield from _members(value, wanted, document, pointer)
    elif isinstance(value, list) and wanted.items is not None:
        for place, inner in enumerate(value):
            yield from misfits(inner, wanted.items, document, join(pointer, place))


def fits(value: Any, wanted: Field) -> bool:
    """Whether `misfits` would find nothing; it does not say where, and takes a fifth of the time."""
    if value is None and wanted.is_null:
        return True
    if wanted.kind != "any" and (
        not isinstance(value, _TYPES[wanted.kind]) or (isinstance(value, bool) and wanted.kind != "flag")
    ):
        return False
    if wanted.choices and value not in wanted.choices:
        return False
    if wanted.pattern and re.fullmatch(wanted.pattern, value) is None:
        return False
    if wanted.least is not None and value < wanted.least:
        return False
    if isinstance(value, dict):
        members, values = wanted.members, wanted.values
        for name, inner in value.items():
            member = members.get(name, values)
            if member is None:
                if members:
                    return False
            elif not fits(inner, member):
                return False
        return all(name in value for name, member in members.items() if member.required)
    if isinstance(value, list) and wanted.items is not None:
        items = wanted.items
        return all(fits(inner, items) for inner in value)
    return True


def _members(value: dict[str, Any], wanted: Field, document: Document, pointer: str) -> Iterator[Finding]:
    for name, inner in value.items():
        at = join(pointer, name)
        if name in wanted.members:
            yield from misfits(inner, wanted.members[name], document, at)
        elif wanted.values is not None:
            yield from misfits(inner, wanted.values, document, at)
        elif wanted.members:
            hint = hint_for(name, wanted.members)
            yield Finding("C111", f"the key `{_short(name)}` is not known here", document.key_at(at), hint=hint)
    for name, member in wanted.members.items():
        if member.required and name not in value:
            yield Finding("C112", f"{_subject(pointer)} needs `{name}`", document.at(pointer), hint=f"add `{name}`")


def schema_of(wanted: Field) -> dict[str, Any]:
    """The shape as a JSON Schema of draft 2020-12, without `$schema`."""
    schema: dict[str, Any] = {"description": wanted.says} if wanted.says else {}
    if wanted.kind != "any":
        name = _IN_SCHEMAS.get(wanted.kind, wanted.kind)
        schema["type"] = [name, "null"] if wanted.is_null else name
    if wanted.choices:
        schema["enum"] = list(wanted.choices)
    if wanted.pattern:
        schema["pattern"] = f"^({wanted.pattern})$"
    if wanted.least is not None:
        schema["minimum"] = wanted.least
    if wanted.members:
        schema["properties"] = {name: schema_of(member) for name, member in wanted.members.items()}
        schema["additionalProperties"] = False if wanted.values is None else schema_of(wanted.values)
        needed = [name for name, member in wanted.members.items() if member.required]
        if needed:
            schema["required"] = needed
    elif wanted.values is not None:
        schema["additionalProperties"] = schema_of(wanted.values)
    if wanted.items is not None:
        schema["items"] = schema_of(wanted.items)
    return schema


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool) and kind != "flag":
        return False
    return isinstance(value, _TYPES[kind])


def _subject(pointer: str) -> str:
    return f"`{pointer}`" if pointer else "the file"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."
