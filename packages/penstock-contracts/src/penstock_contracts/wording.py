"""Say in plain words what a schema, or one of its keywords, allows.

Takes:   parsed schemas.
Gives:   `allowed`: a schema in a phrase; `said`: a group of keywords in a phrase; `listed`.
Ignores: whether anything changed (`walk`), and verdicts (`inquiry`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock_contracts.exact import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SHORT = 60  # characters of a value that a phrase quotes
_MANY = 8  # values that a phrase lists
_TYPES = {
    "array": "a list",
    "boolean": "`true` or `false`",
    "integer": "a whole number",
    "null": "`null`",
    "number": "a number",
    "object": "an object",
    "string": "text",
}


def allowed(schema: Any) -> str:
    """The schema as a phrase: what kind of value, and its most telling limits.

    >>> allowed({"type": "integer", "minimum": 1}), allowed(True), allowed({"$ref": "#/$defs/Pet"})
    ('a whole number, at least 1', 'anything', 'what `#/$defs/Pet` says')
    """
    if schema is True or schema == {}:
        return "anything"
    if schema is False:
        return "nothing"
    if not isinstance(schema, dict):
        return quoted(schema)
    if isinstance(schema.get("$ref"), str):
        return f"what `{schema['$ref']}` says"
    parts = [_kind(schema)] if "enum" not in schema and "const" not in schema else []
    parts += [said(group, schema) for group in _TELLING if any(key in schema for key in _SAYINGS[group][0])]
    parts += _described(schema) if not parts[1:] else []
    for key, word in (("anyOf", "one of {} alternatives"), ("oneOf", "exactly one of {} alternatives")):
        if isinstance(schema.get(key), list):
            parts.append(word.format(len(schema[key])))
    return ", ".join(part for part in parts if part) or "anything"


def said(group: str, schema: Any) -> str:
    """What the keywords of a group say in that schema, or that they say nothing.

    >>> said("least", {"exclusiveMinimum": 0}), said("least", {}), said("values", {"enum": ["a", 1]})
    ('more than 0', 'no lower bound', 'one of `"a"`, `1`')
    """
    keywords, without, phrase = _SAYINGS.get(group, ((), "no limit", None))
    if not isinstance(schema, dict) or not any(keyword in schema for keyword in keywords):
        return without
    try:
        return phrase(schema) if phrase is not None else without
    except (TypeError, ValueError, AttributeError):  # a keyword of a kind that it cannot have; `lint` says so
        return quoted({keyword: schema[keyword] for keyword in keywords if keyword in schema})


def quoted(value: Any) -> str:
    """The value as JSON between backticks, not too long."""
    text = text_of(value)
    return f"`{text if len(text) <= _SHORT else text[: _SHORT - 3] + '...'}`".replace("\n", " ")


def listed(values: Iterable[str]) -> str:
    """Names between backticks, not too many."""
    names = list(values)
    shown = ", ".join(f"`{name}`" for name in names[:_MANY])
    return shown + (f" and {len(names) - _MANY} more" if len(names) > _MANY else "") if names else "nothing"


def _described(schema: dict[str, Any]) -> list[str]:
    """Its properties: what one or two of them are, the names of more."""
    named = schema.get("properties")
    properties = named if isinstance(named, dict) else {}
    needed = [name for name in schema.get("required") or () if isinstance(name, str)]
    parts = [f"with {listed(needed)}"] if needed else []
    if len(properties) <= 2 and not any(
        isinstance(inner, dict) and "properties" in inner for inner in properties.values()
    ):
        return parts + [
            f"`{name}` is {allowed(inner)}" for name, inner in properties.items() if inner not in (True, {})
        ]
    rest = [name for name in properties if name not in needed]
    return parts + ([f"perhaps with {listed(rest)}"] if rest else [])


def _kind(schema: dict[str, Any]) -> str:
    said = schema.get("type")
    return _types(said) if said is not None else ""


def _types(said: Any) -> str:
    names = [said] if isinstance(said, str) else list(said)
    words = [_TYPES.get(name, f"`{name}`") for name in names]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def _values(schema: dict[str, Any]) -> str:
    if "const" in schema:
        return f"only {quoted(schema['const'])}"
    values = schema["enum"]
    shown = ", ".join(quoted(value) for value in values[:_MANY])
    more = f" and {len(values) - _MANY} more" if len(values) > _MANY else ""
    return f"one of {shown}{more}" if len(values) != 1 else f"only {shown}"


def _bound(inclusive: str, exclusive: str, words: tuple[str, str]) -> Callable[[dict[str, Any]], str]:
    def phrase(schema: dict[str, Any]) -> str:
        low, strict = schema.get(inclusive), schema.get(exclusive)
        if strict is True:  # draft 4
            return f"{words[1]} {text_of(low)}"
        parts = [f"{words[0]} {text_of(low)}"] if low is not None else []
        parts += [f"{words[1]} {text_of(strict)}"] if strict is not None and strict is not False else []
        return " and ".join(parts)

    return phrase


def _count(keyword: str, words: str) -> tuple[tuple[str, ...], str, Callable[[dict[str, Any]], str]]:
    limit = "no lower limit" if keyword.startswith("min") else "no upper limit"
    return (keyword,), limit, lambda schema: words.format(text_of(schema[keyword]))


def _others(keyword: str) -> tuple[tuple[str, ...], str, Callable[[dict[str, Any]], str]]:
    def phrase(schema: dict[str, Any]) -> str:
        inner = schema[keyword]
        return (
            "no others"
            if inner is False
            else "others may be there"
            if inner is True
            else f"others are {allowed(inner)}"
        )

    return (keyword,), "others may be there", phrase


def _contains(schema: dict[str, Any]) -> str:
    low, high = schema.get("minContains", 1), schema.get("maxContains")
    many = f"at least {low}" + (f" and at most {high}" if high is not None else "")
    return f"{many} of {allowed(schema.get('contains', True))}"


def _members(keyword: str, word: str) -> tuple[tuple[str, ...], str, Callable[[dict[str, Any]], str]]:
    return (keyword,), "none", lambda schema: f"{word.format(len(schema[keyword]))}"


def _condition(schema: dict[str, Any]) -> str:
    parts = [f"if {allowed(schema.get('if', True))}"]
    parts += [f"{key} {allowed(schema[key])}" for key in ("then", "else") if key in schema]
    return ", ".join(parts)


_SAYINGS: dict[str, tuple[tuple[str, ...], str, Callable[[dict[str, Any]], str] | None]] = {
    "type": (("type",), "any type", lambda schema: _types(schema["type"])),
    "values": (("enum", "const"), "any value", _values),
    "least": (("minimum", "exclusiveMinimum"), "no lower bound", _bound("minimum", "exclusiveMinimum", ("at least", "more than"))),
    "most": (("maximum", "exclusiveMaximum"), "no upper bound", _bound("maximum", "exclusiveMaximum", ("at most", "less than"))),
    "multipleOf": (("multipleOf",), "any step", lambda schema: f"a multiple of {text_of(schema['multipleOf'])}"),
    "minLength": _count("minLength", "at least {} characters"),
    "maxLength": _count("maxLength", "at most {} characters"),
    "pattern": (("pattern",), "any text", lambda schema: f"text in which `{schema['pattern']}` is found"),
    "format": (("format",), "no format", lambda schema: f"the format `{schema['format']}`"),
    "additionalProperties": _others("additionalProperties"),
    "unevaluatedProperties": _others("unevaluatedProperties"),
    "propertyNames": (("propertyNames",), "any name", lambda schema: f"names are {allowed(schema['propertyNames'])}"),
    "minProperties": _count("minProperties", "at least {} properties"),
    "maxProperties": _count("maxProperties", "at most {} properties"),
    "dependentRequired": (("dependentRequired",), "none", lambda schema: quoted(schema["dependentRequired"])),
    "dependencies": (("dependencies",), "none", lambda schema: quoted(schema["dependencies"])),
    "items": (("items",), "any elements", lambda schema: _elements(schema["items"])),
    "prefixItems": (("prefixItems",), "any first elements", lambda schema: _elements(schema["prefixItems"])),
    "additionalItems": (("additionalItems",), "more elements may follow", lambda schema: _elements(schema["additionalItems"])),
    "unevaluatedItems": (("unevaluatedItems",), "more elements may follow", lambda schema: _elements(schema["unevaluatedItems"])),
    "minItems": _count("minItems", "at least {} elements"),
    "maxItems": _count("maxItems", "at most {} elements"),
    "uniqueItems": (
        ("uniqueItems",),
        "elements may repeat",
        lambda schema: "no element twice" if schema["uniqueItems"] else "elements may repeat",
    ),
    "contains": (("contains", "minContains", "maxContains"), "no element in particular", _contains),
    "allOf": _members("allOf", "all of {} rules"),
    "anyOf": _members("anyOf", "at least one of {} alternatives"),
    "oneOf": _members("oneOf", "exactly one of {} alternatives"),
    "not": (("not",), "nothing is ruled out", lambda schema: f"not {allowed(schema['not'])}"),
    "condition": (("if", "then", "else"), "no condition", _condition),
}  # fmt: skip
_TELLING = ("values", "least", "most", "multipleOf", "minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems")  # fmt: skip


def _elements(schema: Any) -> str:
    if isinstance(schema, list):
        return f"{len(schema)} first elements: " + ", ".join(allowed(one) for one in schema[:_MANY])
    return "no more elements" if schema is False else f"elements are {allowed(schema)}"
