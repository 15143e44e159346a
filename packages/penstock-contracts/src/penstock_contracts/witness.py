"""Make a witness small, have the reference validator confirm it, and say where it is decided.

Takes:   a value that the solver found, and the two sides of the question.
Gives:   `shrink`, `Reference.valid`, `Reference.refusal`.
Ignores: how the value was found. `jsonschema` is the reference, with numbers that are exact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

from jsonschema import (
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
    FormatChecker,
)
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend
from jsonschema_specifications import REGISTRY
from referencing import Registry, Resource
from referencing.jsonschema import (
    DRAFT4,
    DRAFT6,
    DRAFT7,
    DRAFT201909,
    DRAFT202012,
)

from penstock_contracts.document import decimals, plain
from penstock_contracts.regular.budget import Steps
from penstock_contracts.regular.language import parse
from penstock_contracts.resolve import Side

CHECKER = FormatChecker()


def conforms(name: str, text: str) -> bool:
    """Whether a text has a format, as the reference validator sees it."""
    return CHECKER.conforms(text, name)


def _exact_multiple(validator: Any, factor: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "number") and Fraction(instance) % Fraction(factor):
        yield ValidationError(f"{instance!r} is not a multiple of {factor}")


def _found(pattern: str, text: str) -> bool:
    return parse(pattern).contains(text, Steps(100_000))


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string") and not _found(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, named: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object"):
        for pattern, child in named.items():
            for name, member in instance.items():
                if _found(pattern, name):
                    yield from validator.descend(member, child, path=name, schema_path=pattern)


def _additional(validator: Any, child: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object"):
        for name, member in instance.items():
            if name not in schema.get("properties", {}) and not any(
                _found(pattern, name) for pattern in schema.get("patternProperties", {})
            ):
                for error in validator.descend(member, child, path=name):
                    error.validator = None  # so that the caller fills in this keyword, not the one below
                    yield ValidationError(f"{name!r} was unexpected", path=[name])


_CLASSES = {
    4: (Draft4Validator, DRAFT4),
    6: (Draft6Validator, DRAFT6),
    7: (Draft7Validator, DRAFT7),
    2019: (Draft201909Validator, DRAFT201909),
    2020: (Draft202012Validator, DRAFT202012),
}


@lru_cache(maxsize=None)
def _validator(number: int, ecma: bool) -> Any:
    keywords: dict[str, Any] = {"multipleOf": _exact_multiple}
    if ecma:
        keywords.update(pattern=_pattern, patternProperties=_pattern_properties, additionalProperties=_additional)
    return extend(_CLASSES[number][0], keywords)


class Reference:
    """The reference validator for one side; `pointer` leads to the sub-schema that is asked about."""

    def __init__(self, side: Side, pointer: str = "", *, assert_formats: bool = False) -> None:
        self.side = side
        self.pointer = pointer
        self.checker = CHECKER if assert_formats else None
        self._made: dict[bool, Any] = {}
        self._document: Any = None

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
            if self.side.store:
                registry = registry.with_resources(
                    (uri, Resource.from_contents(decimals(held), default_specification=specification))
                    for uri, held in self.side.store.items()
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
        return bool(self._ready(ecma).is_valid(plain(instance, floats=False)))

    def refusal(self, instance: Any, *, ecma: bool = False) -> tuple[str, str, tuple[Any, ...]]:
        """Where the value is refused: (pointer into the schema, keyword, path into the value)."""
        validator = self._ready(ecma)
        error = best_match(validator.iter_errors(plain(instance, floats=False)), key=_telling)
        if error is None:
            return "", "", ()
        path = list(error.absolute_schema_path)
        if validator.schema is not self._document and path[:1] == ["$ref"]:
            path = path[1:]
        return self._placed(path), str(error.validator or ""), tuple(error.absolute_path)

    def _placed(self, path: Iterable[Any]) -> str:
        """The path of an error as a pointer into the document, references followed."""
        try:
            schema, scope = self.side.at(self.pointer)
        except Exception:  # noqa: BLE001 - a place is a courtesy, never a reason to fail
            return ""
        pointer = self.pointer
        for token in path:
            if token in ("$ref", "$dynamicRef", "$recursiveRef") and isinstance(schema, dict):
                name = schema.get(token)
                if token == "$ref" and isinstance(name, str) and (name == "#" or name.startswith("#/")):
                    schema, scope = self.side.follow(name, scope)
                    pointer = name[1:]
                    continue
            pointer += "/" + str(token).replace("~", "~0").replace("/", "~1")
            try:
                schema = schema[token]
            except (KeyError, IndexError, TypeError):
                schema = None
            if isinstance(schema, dict):
                scope = scope.into(schema)
        return pointer


def _telling(error: ValidationError) -> Any:
    """The error to tell first: deep ones say more; those of a branch that was not meant say less."""
    return (len(error.path), error.validator in ("anyOf", "oneOf", "not", "if"), -len(error.schema_path))


def _quoted(pointer: str) -> str:
    return pointer.replace("%", "%25")


def counterpart(side: Side, path: Iterable[Any], keyword: str) -> str:
    """Where the other schema speaks of the same place of the value; the nearest schema above it if it does not."""
    schema, scope = side.at("")
    pointer = ""
    for token in path:
        step = _into(schema, scope, pointer, token, 0)
        if step is None:
            return pointer
        schema, scope, pointer = step
    while isinstance(schema, dict) and "$ref" in schema and keyword not in schema:
        name = schema["$ref"]
        if not (isinstance(name, str) and (name == "#" or name.startswith("#/"))) or pointer == name[1:]:
            break
        schema, scope = side.follow(name, scope)
        pointer = name[1:]
    if isinstance(schema, dict) and keyword in schema:
        return f"{pointer}/{keyword}"
    return pointer


def _into(schema: Any, scope: Any, pointer: str, token: Any, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > 20:
        return None
    scope = scope.into(schema)
    if isinstance(token, str):
        named = schema.get("properties")
        if isinstance(named, dict) and token in named:
            return named[token], scope, f"{pointer}/properties/{token.replace('~', '~0').replace('/', '~1')}"
        patterns = schema.get("patternProperties")
        for pattern in patterns if isinstance(patterns, dict) else ():
            try:
                found = re.search(pattern, token)
            except re.error:
                continue
            if found:
                return (
                    patterns[pattern],
                    scope,
                    f"{pointer}/patternProperties/{pattern.replace('~', '~0').replace('/', '~1')}",
                )
    else:
        for keyword in ("prefixItems", "items"):
            held = schema.get(keyword)
            if isinstance(held, list) and token < len(held):
                return held[token], scope, f"{pointer}/{keyword}/{token}"
    name = schema.get("$ref")
    if isinstance(name, str) and (name == "#" or name.startswith("#/")):
        found = _into(*scope.side.follow(name, scope), name[1:], token, depth + 1)
        if found is not None:
            return found
    for keyword in ("allOf", "anyOf", "oneOf"):
        for index, child in enumerate(schema[keyword] if isinstance(schema.get(keyword), list) else ()):
            found = _into(child, scope, f"{pointer}/{keyword}/{index}", token, depth + 1)
            if found is not None:
                return found
    for keyword in ("then", "else"):
        found = _into(schema.get(keyword), scope, f"{pointer}/{keyword}", token, depth + 1)
        if found is not None:
            return found
    for keyword in ("additionalProperties",) if isinstance(token, str) else ("items", "additionalItems"):
        if isinstance(schema.get(keyword), dict):
            return schema[keyword], scope, f"{pointer}/{keyword}"
    return None


# ---------------------------------------------------------------- smaller


def shrink(value: Any, still: Callable[[Any], bool], *, tries: int = 150) -> Any:
    """A smaller value for which `still` is true: members left out, texts and numbers replaced by plainer ones."""
    left = [tries]

    def good(candidate: Any) -> bool:
        left[0] -= 1
        return left[0] >= 0 and still(candidate)

    progress = True
    while progress and left[0] > 0:
        progress = False
        for candidate in _smaller(value):
            if left[0] <= 0:
                break
            if good(candidate):
                value = candidate
                progress = True
                break
    return value


def _smaller(value: Any) -> Iterator[Any]:
    kind = type(value)
    if kind is dict or kind is list:
        for member in value.values() if kind is dict else value[:10]:
            if type(member) is kind:
                yield member
    if kind is dict:
        for name in value:
            yield {other: member for other, member in value.items() if other != name}
        for name, member in value.items():
            for less in _smaller(member):
                yield {**value, name: less}
    elif kind is list:
        for index in range(len(value)):
            if index < 40:
                yield value[:index] + value[index + 1 :]
        for index, member in enumerate(value):
            if index < 40:
                for less in _smaller(member):
                    yield [*value[:index], less, *value[index + 1 :]]
