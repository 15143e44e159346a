"""Check a value against a JSON Schema of the plain kind in which we write our own file formats.

Takes:   a schema made of type, enum, pattern, minimum, required, properties, additionalProperties, items and $ref to
         its own $defs; any other keyword but title and description is refused when the schema is compiled.
Gives:   `compiled(schema)`: a function that lists complaints, each with its place, and nearest names for unknown keys.
Why not: a validator for all of JSON Schema: importing one takes longer than reading a hundred manifests.
Ignores: meaning; two nodes of one id are a matter for `read`.
"""

from __future__ import annotations

import re

from penstock_findings import pointers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    Rule: TypeAlias = "Callable[[Any, str, list[Complaint]], None]"

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
}
_NAMES = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "boolean": "true or false",
    "integer": "an integer",
}
_SAYS_NOTHING = {"$schema", "$id", "$defs", "title", "description"}


class Complaint:
    """What is wrong with one value: `kind` is type, value, missing or unknown; for the last, the pointer is to the key."""

    __slots__ = ("hint", "kind", "message", "pointer")

    def __init__(self, kind: str, pointer: str, message: str, hint: str | None = None) -> None:
        self.kind = kind
        self.pointer = pointer
        self.message = message
        self.hint = hint


def compiled(schema: Any) -> Callable[[Any], list[Complaint]]:
    """The schema as a function from a value to all complaints about it; none means that the value is valid."""
    definitions: dict[str, Rule] = {}
    for name, definition in schema.get("$defs", {}).items():
        definitions[name] = _rule(definition, definitions)
    rule = _rule(schema, definitions)

    def complaints(value: Any) -> list[Complaint]:
        found: list[Complaint] = []
        rule(value, "", found)
        return found

    return complaints


def _rule(schema: Any, definitions: dict[str, Rule]) -> Rule:
    """One rule for one sub-schema; definitions may refer to those above them."""
    known = {"$ref", "type", "enum", "pattern", "minimum", "required", "properties", "additionalProperties", "items"}
    foreign = schema.keys() - known - _SAYS_NOTHING
    if foreign:
        raise ValueError(f"a schema of ours cannot say {sorted(foreign)}: teach `shape` first")
    if "$ref" in schema:
        return definitions[schema["$ref"].removeprefix("#/$defs/")]
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    allowed = tuple(python for kind in kinds for python in _TYPES[kind])
    wanted = " or ".join(_NAMES[kind] for kind in kinds)
    inner = _inner(schema, kinds, definitions)
    bool_too = bool in allowed
    integer = "integer" in kinds

    def rule(value: Any, pointer: str, found: list[Complaint]) -> None:
        if isinstance(value, allowed) and (bool_too or value.__class__ is not bool):
            if inner is not None:
                inner(value, pointer, found)
        elif integer and isinstance(value, float) and value.is_integer():  # in JSON, 1.0 is an integer
            rule(int(value), pointer, found)
        else:
            found.append(Complaint("type", pointer, f"this is {wanted}, not {_kind(value)}"))

    return rule


def _inner(schema: Any, kinds: list[str], definitions: dict[str, Rule]) -> Rule | None:
    if "object" in kinds and ("properties" in schema or "additionalProperties" in schema):
        return _object(schema, definitions)
    if "array" in kinds:
        return _array(_rule(schema["items"], definitions))
    if "enum" in schema:
        return _enum(schema["enum"])
    if "pattern" in schema:
        return _pattern(schema["pattern"])
    if "minimum" in schema:
        return _minimum(schema["minimum"])
    return None


def _object(schema: Any, definitions: dict[str, Rule]) -> Rule:
    members = {key: _rule(member, definitions) for key, member in schema.get("properties", {}).items()}
    required = frozenset(schema.get("required", ()))
    more = schema.get("additionalProperties", True)
    others = _rule(more, definitions) if isinstance(more, dict) else None

    def rule(value: Any, pointer: str, found: list[Complaint]) -> None:
        keys = value.keys()
        if not required <= keys:
            found += [
                Complaint("missing", pointer, f"`{key}` is missing", f"add `{key}`") for key in sorted(required - keys)
            ]
        for key, member in value.items():
            check = members.get(key, others)
            if check is not None:
                check(member, pointer + "/" + key if key.isidentifier() else pointers.join(pointer, key), found)
            elif more is False:
                found.append(_unknown(key, members, keys, pointer))

    return rule


def _unknown(key: str, members: Any, present: Any, pointer: str) -> Complaint:
    from penstock_findings.spelling import hint_for

    free = [name for name in members if name not in present]
    return Complaint("unknown", pointers.join(pointer, key), f"unknown key `{key}`", hint_for(key, free or members))


def _array(item: Rule) -> Rule:
    def rule(value: Any, pointer: str, found: list[Complaint]) -> None:
        for place, member in enumerate(value):
            item(member, f"{pointer}/{place}", found)

    return rule


def _enum(allowed: list[Any]) -> Rule:
    def rule(value: Any, pointer: str, found: list[Complaint]) -> None:
        if value not in allowed:
            from penstock_findings.spelling import hint_for

            known = [str(one) for one in allowed]
            found.append(
                Complaint("value", pointer, f"`{_shown(value)}` is not known here", hint_for(str(value), known))
            )

    return rule


def _pattern(pattern: str) -> Rule:
    if not (pattern.startswith("^") and pattern.endswith("$")):
        raise ValueError(f"a pattern of ours speaks of the whole text, {pattern!r} does not")
    matches = re.compile(pattern[1:-1]).fullmatch  # not `$`, which lets a final newline pass

    def rule(value: Any, pointer: str, found: list[Complaint]) -> None:
        if matches(value) is None:
            found.append(Complaint("value", pointer, f"`{_shown(value)}` is not of the form `{pattern}`"))

    return rule


def _minimum(least: int) -> Rule:
    def rule(value: Any, pointer: str, found: list[Complaint]) -> None:
        if value < least:
            found.append(Complaint("value", pointer, f"{_shown(value)} is less than {least}"))

    return rule


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "a number with a fraction"
    return next(name for kind, name in _NAMES.items() if isinstance(value, _TYPES[kind]))


def _shown(value: Any) -> str:
    text = str(value) if not isinstance(value, int) or value.bit_length() < 2000 else hex(value)
    return text if len(text) <= 80 else text[:77] + "..."
