"""Turn durations and sizes of a policy's config, as people write them, into the numbers that the policy wants.

Takes:   the JSON Schema of a config, as the pack's manifest has it, and the config of a file.
Gives:   `in_numbers`: the config with `500ms` as 0.5 where a number stands, and `64KiB` as 65536 where an integer does.
Why so:  seconds are floats and bytes are integers in code, so the schema tells which is meant; a text where a text may
         stand is left alone, and one that is neither is left for the schema to refuse.
Ignores: whether the config fits (`graph/misfits`).
"""

from __future__ import annotations

from penstock.graph.grammar import seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_SIZES = (
    ("KiB", 2**10), ("MiB", 2**20), ("GiB", 2**30), ("TiB", 2**40),
    ("kB", 10**3), ("KB", 10**3), ("MB", 10**6), ("GB", 10**9), ("TB", 10**12), ("B", 1),
)  # fmt: skip  # powers of two in one line, of ten in the other
_DEEPEST = 30  # mappings within each other; what lies deeper is left as it is

QUANTITY_RULE = "durations are written `500ms`, `2s`, `7d`, sizes `64KiB`, `10MB`"


def size(text: str) -> int | None:
    """The bytes in a text such as `64KiB`; None when it is no size.

    >>> size("64KiB"), size("1.5MB"), size("10"), size("1.3B")
    (65536, 1500000, None, None)
    """
    for unit, factor in _SIZES:
        number = text.removesuffix(unit)
        if number != text:
            whole, dot, part = number.partition(".")
            if len(number) > 20 or not _is_digits(whole) or (dot and not _is_digits(part)):
                return None
            of_one = 10 ** len(part)  # 1.5MB is 15 tenths of a MB
            bytes_, rest = divmod(int(whole + part) * factor, of_one)
            return None if rest else int(bytes_)
    return None


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def in_numbers(schema: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the config with its quantities as numbers."""
    definitions = schema.get("$defs") if type(schema) is dict else None
    made = _made(schema, config, definitions if type(definitions) is dict else {}, _DEEPEST)
    return made if type(made) is dict else {}


def _made(schema: Any, value: Any, definitions: Mapping[str, Any], deep: int) -> Any:
    forms = _forms(schema, definitions, deep)
    if type(value) is dict and deep:
        return {key: _made(_member(forms, key), member, definitions, deep - 1) for key, member in value.items()}
    if type(value) is list and deep:
        return [_made(_element(forms), member, definitions, deep - 1) for member in value]
    if type(value) is not str:
        return value
    kinds = {kind for form in forms for kind in _kinds(form)}
    if "string" in kinds or not kinds & {"number", "integer"}:
        return value
    number: float | None = None
    if "integer" in kinds:
        number = size(value)
    if number is None and "number" in kinds:
        number = seconds(value)
    return value if number is None else number


def _forms(schema: Any, definitions: Mapping[str, Any], deep: int) -> list[dict[str, Any]]:
    """The forms that a value may have: the schema without its references and choices."""
    if type(schema) is not dict or deep <= 0:
        return []
    if type(schema.get("$ref")) is str:
        return _forms(definitions.get(schema["$ref"].removeprefix("#/$defs/")), definitions, deep - 1)
    choices = [one for key in ("anyOf", "oneOf") if type(schema.get(key)) is list for one in schema[key]]
    return [schema, *(form for one in choices for form in _forms(one, definitions, deep - 1))]


def _kinds(form: dict[str, Any]) -> list[str]:
    kind = form.get("type", [])
    if not kind and type(form.get("enum")) is list:
        return ["string"] if any(type(one) is str for one in form["enum"]) else []
    return [kind] if type(kind) is str else kind if type(kind) is list else []


def _member(forms: list[dict[str, Any]], key: str) -> Any:
    for form in forms:
        properties = form.get("properties")
        if type(properties) is dict and key in properties:
            return properties[key]
    return next((f["additionalProperties"] for f in forms if type(f.get("additionalProperties")) is dict), None)


def _element(forms: list[dict[str, Any]]) -> Any:
    return next((form["items"] for form in forms if type(form.get("items")) is dict), None)
