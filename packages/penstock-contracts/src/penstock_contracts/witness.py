"""Make a witness small, have the reference validator confirm it, and say where it is decided.

Takes:   a value that the solver found, and the two sides of the question.
Gives:   `shrink`, `Reference.valid`, `Reference.refusal`.
Ignores: how the value was found. `jsonschema` is the reference, with numbers that are exact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import cache
from typing import Any

from attrs import fields
from jsonschema import (
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
    FormatChecker,
)
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from jsonschema_specifications import REGISTRY
from referencing import Resource
from referencing.jsonschema import (
    DRAFT4,
    DRAFT6,
    DRAFT7,
    DRAFT201909,
    DRAFT202012,
)

from penstock_contracts.budget import CannotDecide
from penstock_contracts.dialect import dialect_of
from penstock_contracts.document import decimals, plain
from penstock_contracts.formula import freeze
from penstock_contracts.regular.budget import Steps
from penstock_contracts.regular.language import parse
from penstock_contracts.resolve import Scope, Side

CHECKER = FormatChecker()


def conforms(name: str, text: str) -> bool:
    """Whether a text has a format, as the reference validator sees it."""
    return CHECKER.conforms(text, name)


def _exact_multiple(validator: Any, factor: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "number") and Fraction(instance) % Fraction(factor):
        yield ValidationError(f"{instance!r} is not a multiple of {factor}")


def _additional_items(validator: Any, child: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    listed = schema.get("items")
    if validator.is_type(instance, "array") and isinstance(listed, list):  # the original stumbles over a boolean here
        for index in range(len(listed), len(instance)):
            yield from validator.descend(instance[index], child, path=index)


def _found(pattern: str, text: str) -> bool:
    """Whether ECMA-262 finds a pattern in a text."""
    return parse(pattern).contains(text, Steps(_STEPS))


def _found_by_python(pattern: str, text: str) -> bool:
    """Whether Python's `re` does; where it could go on for ever, ECMA-262 is asked instead, whose engine here cannot."""
    if len(text) > _LONG and _REPEATED.search(pattern):
        return _found(pattern, text)
    return re.search(pattern, text) is not None


_LONG = 20  # characters
_STEPS = 20_000  # for one pattern and one text: about a second of the dearest ones
_REPEATED = re.compile(r"\)[*+{]|(?:[*+}].*){4}", re.DOTALL)  # repeated groups, or many repetitions


def _patterns(found: Callable[[str, str], bool]) -> dict[str, Any]:
    """The keywords that look at patterns."""

    def pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if validator.is_type(instance, "string") and not found(pattern, instance):
            yield ValidationError(f"{instance!r} does not match {pattern!r}")

    def pattern_properties(validator: Any, named: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if validator.is_type(instance, "object"):
            for pattern, child in named.items():
                for name, member in instance.items():
                    if found(pattern, name):
                        yield from validator.descend(member, child, path=name, schema_path=pattern)

    def additional_properties(validator: Any, child: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if not validator.is_type(instance, "object"):
            return
        named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        for name, member in instance.items():
            if name not in named and not any(found(pattern, name) for pattern in patterns):
                if child is False:
                    yield ValidationError(f"{name!r} was unexpected")
                else:
                    yield from validator.descend(member, child, path=name)

    return {"pattern": pattern, "patternProperties": pattern_properties, "additionalProperties": additional_properties}


_CLASSES = {
    4: (Draft4Validator, DRAFT4),
    6: (Draft6Validator, DRAFT6),
    7: (Draft7Validator, DRAFT7),
    2019: (Draft201909Validator, DRAFT201909),
    2020: (Draft202012Validator, DRAFT202012),
}


@cache
def _validator(number: int, ecma: bool) -> Any:
    keywords = {"multipleOf": _exact_multiple, **_patterns(_found if ecma else _found_by_python)}
    if number < 2020:
        keywords["additionalItems"] = _additional_items
    made = extend(_CLASSES[number][0], keywords)  # type: ignore[no-untyped-call]  # it has no types
    names = [(field.name, field.alias) for field in fields(made) if field.init]

    def evolve(self: Any, **changes: Any) -> Any:
        """The original goes back to the original class, without our keywords, where a schema names its dialect."""
        schema = changes.setdefault("schema", self.schema)
        named = schema.get("$schema") if isinstance(schema, dict) else None
        dialect = dialect_of(named) if isinstance(named, str) else None
        for name, parameter in names:
            if parameter not in changes:
                changes[parameter] = getattr(self, name)
        return (made if dialect is None else _validator(dialect.number, ecma))(**changes)

    made.evolve = evolve
    return made


class Reference:
    """The reference validator for one side; `pointer` leads to the sub-schema that is asked about."""

    def __init__(self, side: Side, pointer: str = "", *, assert_formats: bool = False) -> None:
        self.side = side
        self.pointer = pointer
        self.checker = CHECKER if assert_formats else None
        self._made: dict[bool, Any] = {}
        self._document: Any = None
        self._asked: dict[Any, Any] = {}

    def _ready(self, ecma: bool) -> Any:
        made = self._made.get(ecma)
        if made is None:
            scope = self.side.root
            number = scope.dialect.number
            root = scope.resource.root
            if self._document is None:
                self._document = decimals(root) if self.side.survey.floats else root
            registry: Any = REGISTRY
            specification = _CLASSES[number][1]
            given = {**self.side.store, **self.side.aliases}
            if given:
                registry = registry.with_resources(
                    (uri, Resource.from_contents(decimals(held), default_specification=specification))
                    for uri, held in given.items()
                    if isinstance(held, dict | bool)
                )
            base = scope.resource.uri
            document = self._document
            if base or self.pointer:
                base = base or "urn:penstock:document"
                registry = registry.with_resource(base, specification.create_resource(document))
                document = {"$ref": base + "#" + _quoted(self.pointer)}
                if number == 2019 or number == 2020:
                    document["$schema"] = scope.dialect.uri
            made = self._made[ecma] = _validator(number, ecma)(document, registry=registry, format_checker=self.checker)
        return made

    def valid(self, instance: Any, *, ecma: bool = False) -> bool:
        """Whether the value (with exact numbers) is valid; with `ecma`, patterns are read as ECMA-262 does.

        May raise anything that the reference raises on what it cannot read.
        """
        key = ("valid", freeze(instance), ecma)
        if key not in self._asked:
            self._asked[key] = bool(self._ready(ecma).is_valid(plain(instance, floats=False)))
        return bool(self._asked[key])

    def refusal(self, instance: Any, *, ecma: bool = False) -> tuple[str, str, tuple[Any, ...]] | None:
        """Where the value is refused: (pointer into the schema, keyword, path into the value); None if it is valid."""
        key = ("refusal", freeze(instance), ecma)
        if key not in self._asked:
            self._asked[key] = self._refusal(instance, ecma)
        found: tuple[str, str, tuple[Any, ...]] | None = self._asked[key]
        return found

    def _refusal(self, instance: Any, ecma: bool) -> tuple[str, str, tuple[Any, ...]] | None:
        validator = self._ready(ecma)
        error = _telling(validator.iter_errors(plain(instance, floats=False)))
        if error is None:
            return None
        return self._placed(error.absolute_schema_path), str(error.validator or ""), tuple(error.absolute_path)

    def _placed(self, path: Iterable[Any]) -> str:
        """The path of an error as a pointer into the document; it does not name the references that it went through."""
        try:
            schema, scope = self.side.at(self.pointer)
            place: _Place = (schema, scope, self.pointer)
            for token in path:
                for _ in range(50):
                    target = None if isinstance(place[0], dict) and token in place[0] else _target(place)
                    if target is None:
                        break
                    place = target
                place = _member(place, token)
        except CannotDecide:
            return ""
        return place[2]


def _telling(errors: Iterable[ValidationError]) -> ValidationError | None:
    """The error to tell: of several, a plain one; of the branches of a choice, the one that went deepest into the value."""
    found = min(errors, key=lambda error: (error.validator in _CHOICES, len(error.schema_path)), default=None)
    while found is not None and found.context:
        deepest = max(found.context, key=_depth)
        if _depth(deepest) == 0 and len(found.context) != 1:
            break
        found = deepest
    return found


_CHOICES = ("anyOf", "oneOf", "not", "if")


def _depth(error: ValidationError) -> int:
    """How many steps into the value an error of a choice lies, that of its own choices included."""
    return len(error.relative_path) + max((_depth(inner) for inner in error.context or ()), default=0)


def _quoted(pointer: str) -> str:
    return pointer.replace("%", "%25")


def counterpart(side: Side, path: Iterable[Any], keyword: str) -> str:
    """Where the other schema speaks of the same place of the value; the nearest schema above it if it does not."""
    schema, scope = side.at("")
    place: _Place = (schema, scope, "")
    try:
        for token in path:
            step = _into(place, token, 0)
            if step is None:
                return place[2]
            place = step
        for _ in range(20):
            schema = place[0]
            target = _target(place)
            if target is None or (isinstance(schema, dict) and keyword in schema):
                break
            place = target
    except CannotDecide:
        return place[2]
    if isinstance(place[0], dict) and keyword in place[0]:
        return f"{place[2]}/{keyword}"
    return place[2]


_Place = tuple[Any, Scope, str]  # a schema, its scope, its pointer in the main document


def _member(place: _Place, token: Any) -> _Place:
    schema, scope, pointer = place
    try:
        inner = schema[token]
    except (KeyError, IndexError, TypeError):
        inner = None
    return inner, scope.into(schema) if isinstance(schema, dict) else scope, f"{pointer}/{_token(token)}"


def _target(place: _Place) -> _Place | None:
    """Where a reference to a place in the main document leads."""
    schema, scope, _ = place
    if not isinstance(schema, dict):
        return None
    scope = scope.into(schema)
    name = schema.get("$ref")
    if not isinstance(name, str) or not (name == "#" or name.startswith("#/")):
        return None
    if scope.resource is not scope.side.root.resource:
        return None
    return (*scope.side.follow(name, scope), name[1:])


def _into(place: _Place, token: Any, depth: int) -> _Place | None:
    """Where a schema speaks of one member of a value."""
    schema, scope, pointer = place
    if not isinstance(schema, dict) or depth > 20:
        return None
    scope = scope.into(schema)
    if isinstance(token, str):
        named = schema.get("properties")
        if isinstance(named, dict) and token in named:
            return named[token], scope, f"{pointer}/properties/{_token(token)}"
        patterns = schema.get("patternProperties")
        if isinstance(patterns, dict):
            for pattern, child in patterns.items():
                if _matches(pattern, token):
                    return child, scope, f"{pointer}/patternProperties/{_token(pattern)}"
    else:
        for keyword in ("prefixItems", "items"):
            held = schema.get(keyword)
            if isinstance(held, list) and token < len(held):
                return held[token], scope, f"{pointer}/{keyword}/{token}"
    inner: list[_Place] = []
    target = _target(place)
    if target is not None:
        inner.append(target)
    for keyword in ("allOf", "anyOf", "oneOf"):
        if isinstance(schema.get(keyword), list):
            inner += [(child, scope, f"{pointer}/{keyword}/{index}") for index, child in enumerate(schema[keyword])]
    inner += [(schema.get(keyword), scope, f"{pointer}/{keyword}") for keyword in ("then", "else")]
    for each in inner:
        found = _into(each, token, depth + 1)
        if found is not None:
            return found
    for keyword in ("additionalProperties",) if isinstance(token, str) else ("items", "additionalItems"):
        if isinstance(schema.get(keyword), dict):
            return schema[keyword], scope, f"{pointer}/{keyword}"
    return None


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return False


def _token(name: Any) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")


# ---------------------------------------------------------------- smaller


def shrink(value: Any, still: Callable[[Any], bool], *, tries: int = 200) -> Any:
    """A smaller value for which `still` is true: members left out, the big ones first; at most so many tries."""
    left = [min(tries, _WORK // (1 + _size(value)))]

    def good(candidate: Any) -> bool:
        left[0] -= 1
        try:
            return left[0] >= 0 and still(candidate)
        except CannotDecide:  # no time left for beauty
            left[0] = 0
            return False

    inner = next((each for each in _members(value) if type(each) is type(value) and good(each)), None)
    while inner is not None:
        value = inner
        inner = next((each for each in _members(value) if type(each) is type(value) and good(each)), None)
    progress = True
    while progress and left[0] > 0:
        progress = False
        for path in _paths(value):
            candidate = _without(value, path)
            if candidate is not None and good(candidate):
                value = candidate
                progress = True
    return value


_WORK = 100_000  # members that may be looked at again and again while a value is made smaller


def _size(value: Any) -> int:
    """How many members there are, those of members too."""
    return sum(1 + _size(each) for each in _all_members(value))


def _all_members(value: Any) -> Iterable[Any]:
    return value.values() if type(value) is dict else value if type(value) is list else ()


def _members(value: Any) -> list[Any]:
    return list(value.values()) if type(value) is dict else value[:10] if type(value) is list else []


def _paths(value: Any) -> list[tuple[Any, ...]]:
    """The places of all members of members, those near the top first; in a list the last one first."""
    found: list[tuple[Any, ...]] = []
    level: list[tuple[tuple[Any, ...], Any]] = [((), value)]
    while level and len(found) < 1_000:
        below = []
        for path, container in level:
            keys = list(container) if type(container) is dict else range(len(container) - 1, -1, -1)
            for key in keys[:1_000]:
                found.append((*path, key))
                if type(container[key]) in (dict, list):
                    below.append(((*path, key), container[key]))
        level = below
    return found


def _without(value: Any, path: tuple[Any, ...]) -> Any:
    """A copy without the member at a place; None if there is none any more."""
    key = path[0]
    if not (key in value if type(value) is dict else type(value) is list and type(key) is int and key < len(value)):
        return None
    if len(path) > 1:
        inner = _without(value[key], path[1:]) if type(value[key]) in (dict, list) else None
        if inner is None:
            return None
        return {**value, key: inner} if type(value) is dict else [*value[:key], inner, *value[key + 1 :]]
    if type(value) is dict:
        return {name: member for name, member in value.items() if name != key}
    return value[:key] + value[key + 1 :]
