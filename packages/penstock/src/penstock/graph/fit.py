"""Decide quickly whether a value surely fits a JSON Schema made of simple keywords.

Takes:   a schema (2020-12) and a JSON value.
Gives:   `surely_fits`: True is a promise; False only means that a real validator has to be asked.
Why own: nearly every config is right and its schema simple, and the real validator takes longer to import than a
         whole check of a graph may take.
Ignores: what is wrong with a value that does not fit (`misfits`).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeAlias

    Rule: TypeAlias = Callable[["_Judge", Any, Any, Mapping[str, Any]], bool]  # judge, argument, value, schema

STEPS = 20_000  # schemas applied to parts of one value; what takes more is left to the real validator
DEPTH = 80  # schemas within each other, so that Python's own stack is never the limit

_SAYS_NOTHING = frozenset(  # `format` is an annotation since draft 2019-09
    (
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "format",
        "$comment",
        "$defs",
    )
)


class _Unsure(Exception):
    """Stop looking: the real validator has to be asked."""


def surely_fits(schema: Any, value: Any) -> bool:
    """Whether the value is certainly valid.

    >>> surely_fits({"type": "integer", "minimum": 1}, 3)
    True
    >>> surely_fits({"pattern": "^a"}, "a")  # true, but not for us to say
    False
    """
    try:
        return _Judge(schema).fits(schema, value)
    except _Unsure:
        return False


class _Judge:
    """One question: the root schema, for references, and the steps that are left."""

    __slots__ = ("_depth", "_left", "_root")

    def __init__(self, root: Any) -> None:
        self._root = root
        self._left = STEPS
        self._depth = 0

    def fits(self, schema: Any, value: Any) -> bool:
        """True when sure; False when it is not valid or not for us to say."""
        if schema is True:
            return True
        if type(schema) is not dict:
            return False
        self._left -= 1
        self._depth += 1
        if self._left < 0 or self._depth > DEPTH:
            raise _Unsure
        fits = self._obeys(schema, value)
        self._depth -= 1
        return fits

    def _obeys(self, schema: Mapping[str, Any], value: Any) -> bool:
        for keyword, argument in schema.items():
            rule = _RULES.get(keyword)
            if rule is not None:
                if not rule(self, argument, value, schema):
                    return False
            elif keyword not in _SAYS_NOTHING and not (keyword == "$schema" and schema is self._root):
                return False
        return True

    def referred(self, reference: Any) -> Any:
        """The schema behind `#/$defs/NAME`; nothing else is followed."""
        if type(self._root) is not dict or type(reference) is not str or not reference.startswith("#/$defs/"):
            raise _Unsure
        name = reference.removeprefix("#/$defs/")
        definitions = self._root.get("$defs")
        if "/" in name or "~" in name or "%" in name or "$id" in self._root or type(definitions) is not dict:
            raise _Unsure
        if name not in definitions:
            raise _Unsure
        return definitions[name]


def _is_number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and value - value == 0)


def _has_type(name: Any, value: Any) -> bool:
    if name == "integer":
        return type(value) is int
    if name == "number":
        return _is_number(value)
    return type(name) is str and name in _PYTHON and type(value) is _PYTHON[name]


_PYTHON = {"string": str, "boolean": bool, "object": dict, "array": list, "null": type(None)}


def _type(judge: _Judge, argument: Any, value: Any, schema: Any) -> bool:
    if type(argument) is list:
        return any(_has_type(name, value) for name in argument)
    return _has_type(argument, value)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON, for plain scalars of one type; 1 and 1.0 and containers are left to others."""
    return type(one) is type(other) and type(one) in (str, int, bool, type(None)) and bool(one == other)


def _enum(judge: _Judge, argument: Any, value: Any, schema: Any) -> bool:
    return type(argument) is list and any(_same(option, value) for option in argument)


def _const(judge: _Judge, argument: Any, value: Any, schema: Any) -> bool:
    return _same(argument, value)


def _bound(holds: Callable[[Any, Any], bool]) -> Rule:
    """A bound on numbers. Anything else passes: saying that it should be a number is `type`'s business."""

    def rule(judge: _Judge, argument: Any, value: Any, schema: Any) -> bool:
        if type(value) not in (int, float):
            return True
        return _is_number(argument) and _is_number(value) and holds(value, argument)

    return rule


def _size(kind: type[str] | type[list[Any]], holds: Callable[[int, int], bool]) -> Rule:
    """A bound on the length of texts (in code points) or lists."""

    def rule(judge: _Judge, argument: Any, value: Any, schema: Any) -> bool:
        if not isinstance(value, kind):
            return True
        return type(argument) is int and argument >= 0 and holds(len(value), argument)

    return rule


def _items(judge: _Judge, argument: Any, value: Any, schema: Mapping[str, Any]) -> bool:
    if type(value) is not list:
        return True
    before = schema.get("prefixItems", [])
    rest = value[len(before) :] if type(before) is list else value
    if argument is False:
        return not rest
    return all(judge.fits(argument, element) for element in rest)


def _prefix_items(judge: _Judge, argument: Any, value: Any, schema: Any) -> bool:
    if type(value) is not list:
        return True
    return type(argument) is list and all(
        judge.fits(inner, element) for inner, element in zip(argument, value, strict=False)
    )


def _properties(judge: _Judge, argument: Any, value: Any, schema: Any) -> bool:
    if type(value) is not dict:
        return True
    return type(argument) is dict and all(judge.fits(argument[key], value[key]) for key in argument if key in value)


def _additional(judge: _Judge, argument: Any, value: Any, schema: Mapping[str, Any]) -> bool:
    if type(value) is not dict:
        return True
    named = schema.get("properties", {})
    if type(named) is not dict:
        return False
    more = [key for key in value if key not in named]
    return not more if argument is False else all(judge.fits(argument, value[key]) for key in more)


def _required(judge: _Judge, argument: Any, value: Any, schema: Any) -> bool:
    return type(value) is not dict or (
        type(argument) is list and all(type(key) is str and key in value for key in argument)
    )


def _any_of(judge: _Judge, argument: Any, value: Any, schema: Any) -> bool:
    return type(argument) is list and any(judge.fits(inner, value) for inner in argument)


def _all_of(judge: _Judge, argument: Any, value: Any, schema: Any) -> bool:
    return type(argument) is list and argument != [] and all(judge.fits(inner, value) for inner in argument)


def _property_names(judge: _Judge, argument: Any, value: Any, schema: Any) -> bool:
    return type(value) is not dict or all(judge.fits(argument, key) for key in value)


def _pattern(judge: _Judge, argument: Any, value: Any, schema: Any) -> bool:
    """Only patterns that are known by heart: Python's expressions and those of JSON Schema differ in small ways."""
    if type(value) is not str:
        return True
    return type(argument) is str and argument in _KNOWN_PATTERNS and _KNOWN_PATTERNS[argument](value)


def _is_pointer(text: str) -> bool:
    """A JSON Pointer (RFC 6901): empty or from a slash on, and every `~` before a 0 or a 1."""
    return text == "" or (text[0] == "/" and all(part[:1] in ("0", "1") for part in text.split("~")[1:]))


_KNOWN_PATTERNS = {"^(/([^/~]|~[01])*)*$": _is_pointer}


def _ref(judge: _Judge, argument: Any, value: Any, schema: Any) -> bool:
    return judge.fits(judge.referred(argument), value)


_RULES: Mapping[str, Rule] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _bound(lambda value, bound: bool(value >= bound)),
    "maximum": _bound(lambda value, bound: bool(value <= bound)),
    "exclusiveMinimum": _bound(lambda value, bound: bool(value > bound)),
    "exclusiveMaximum": _bound(lambda value, bound: bool(value < bound)),
    "minLength": _size(str, lambda length, bound: length >= bound),
    "maxLength": _size(str, lambda length, bound: length <= bound),
    "minItems": _size(list, lambda length, bound: length >= bound),
    "maxItems": _size(list, lambda length, bound: length <= bound),
    "items": _items,
    "prefixItems": _prefix_items,
    "properties": _properties,
    "additionalProperties": _additional,
    "propertyNames": _property_names,
    "required": _required,
    "pattern": _pattern,
    "anyOf": _any_of,
    "allOf": _all_of,
    "$ref": _ref,
}
