"""Is this value an instance? The reference validator `jsonschema` says so; four of its habits are mended first.

Takes:   a schema of any draft, and a JSON value.
Gives:   `Judge(schema).accepts(value)`.
Mended:  multiples are exact (it divides binary floats); patterns mean what ECMA-262 says (`$` is the very end, `\\d` is ten
         digits); a `Decimal` may be an integer; `additionalItems` does not stumble over `items: true`.
Ignores: the engine. Formats are annotations, unless `formats=True`.
"""

from __future__ import annotations

import re
import sys
import unicodedata
import warnings
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

import jsonschema
from jsonschema import validators
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.jsonschema import specification_with

DRAFTS = {
    "4": "http://json-schema.org/draft-04/schema#",
    "6": "http://json-schema.org/draft-06/schema#",
    "7": "http://json-schema.org/draft-07/schema#",
    "2019-09": "https://json-schema.org/draft/2019-09/schema",
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
}
_CLASSES = {
    "4": jsonschema.Draft4Validator,
    "6": jsonschema.Draft6Validator,
    "7": jsonschema.Draft7Validator,
    "2019-09": jsonschema.Draft201909Validator,
    "2020-12": jsonschema.Draft202012Validator,
}
_BY_URI = {uri.rstrip("#"): draft for draft, uri in DRAFTS.items()}


def draft_of(schema: Any, default: str = "2020-12") -> str:
    """Which draft a schema says that it is written in."""
    if isinstance(schema, dict) and isinstance(schema.get("$schema"), str):
        return _BY_URI[schema["$schema"].rstrip("#")]
    return default


class Judge:
    """One schema, ready to be asked about many values."""

    def __init__(
        self,
        schema: Any,
        draft: str = "2020-12",
        *,
        formats: bool = False,
        store: Mapping[str, Any] | None = None,
    ) -> None:
        draft = draft_of(schema, draft)
        made = _mended(draft)
        if isinstance(
            schema, dict
        ):  # a root that names its draft would be read unmended when a reference leads back to it
            schema = {word: value for word, value in schema.items() if word != "$schema"}
        resources = [
            (uri, specification_with(DRAFTS[draft]).create_resource(each)) for uri, each in (store or {}).items()
        ]
        checker = _CLASSES[draft].FORMAT_CHECKER if formats else None
        self._validator = made(schema, registry=Registry().with_resources(resources), format_checker=checker)

    def accepts(self, value: Any) -> bool:
        """Whether `value` is an instance."""
        return bool(self._validator.is_valid(value))


@cache
def _mended(draft: str) -> Any:
    base = _CLASSES[draft]
    patched = {
        "multipleOf": _multiple_of,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    }
    if "additionalItems" in base.VALIDATORS:
        patched["additionalItems"] = _additional_items
    types = base.TYPE_CHECKER.redefine("integer", _is_integer).redefine("number", _is_number)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return validators.extend(base, validators=patched, type_checker=types)


def _is_number(_checker: Any, value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _is_integer(checker: Any, value: Any) -> bool:
    return _is_number(checker, value) and (isinstance(value, int) or Fraction(value).denominator == 1)


def _fraction(value: Any) -> Fraction:
    return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)


def _multiple_of(_validator: Any, step: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:
    if _is_number(None, value) and (_fraction(value) / _fraction(step)).denominator != 1:
        yield ValidationError("not a multiple")


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not found(pattern, value):
        yield ValidationError("does not match")


def _pattern_properties(
    validator: Any, patterns: dict[str, Any], value: Any, _schema: Any
) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        for pattern, schema in patterns.items():
            for key, each in value.items():
                if found(pattern, key):
                    yield from validator.descend(each, schema)


def _additional_properties(validator: Any, schema: Any, value: Any, around: Any) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key in around.get("properties", {}) or any(found(p, key) for p in around.get("patternProperties", {})):
                continue
            if schema is False:
                yield ValidationError("is additional")
            elif schema is not True:
                yield from validator.descend(each, schema)


def _additional_items(validator: Any, schema: Any, value: Any, around: Any) -> Iterator[ValidationError]:
    prefix = around.get("items")
    if isinstance(value, list) and isinstance(prefix, list):  # the original asks a boolean for its length
        for item in value[len(prefix) :]:
            yield from validator.descend(item, schema)


def found(pattern: str, text: str) -> bool:
    """Whether an ECMA-262 pattern is found in a text."""
    return compiled(pattern).search(text) is not None


_TOKEN = re.compile(r"\\[pP]\{[^}]*\}|\\u\{[0-9a-fA-F]+\}|\\.|\[\^?|\]|\$|\.|\(\?<(?![=!])|.", re.DOTALL)
_SPACE = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


@lru_cache(maxsize=100_000)
def compiled(pattern: str) -> re.Pattern[str]:
    """An ECMA-262 pattern in Python's words. Raises `re.error` for what Python cannot say."""
    words, inside = [], False
    for token in _TOKEN.findall(pattern):
        opens = token in ("[", "[^") and not inside
        inside = opens or (inside and token != "]")
        words.append(token if opens else _word(token, inside))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return re.compile("".join(words), re.ASCII)


def _word(token: str, inside: bool) -> str:
    if token[:2] in (r"\p", r"\P"):
        return _category(token[3:-1], token[1] == "P", inside)
    if token.startswith("\\u{"):
        return re.escape(chr(int(token[3:-1], 16)))
    if token == r"\s":
        return _SPACE if inside else f"[{_SPACE}]"
    if token == r"\S" and not inside:
        return f"[^{_SPACE}]"
    if token == r"\/":
        return "/"
    if token == r"\-":
        return r"\-"
    if inside:
        return "\\" + token if token in ("[", "[^") else token
    return {"$": r"\Z", r"\B": r"(?:\B|\A\Z)", ".": r"[^\n\r\u2028\u2029]", "(?<": "(?P<"}.get(token, token)


@lru_cache(maxsize=64)
def _category(name: str, negated: bool, inside: bool) -> str:
    name = name.rpartition("=")[2]
    name = {"Letter": "L", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Number": "N", "digit": "Nd"}.get(
        name, name
    )
    if name == "ASCII":
        ranges = ["\\x00-\\x7f"]
    else:
        marks = [unicodedata.category(chr(point)).startswith(name) for point in range(sys.maxunicode + 1)]
        ranges, start = [], None
        for point, is_in in enumerate([*marks, False]):
            if is_in and start is None:
                start = point
            elif not is_in and start is not None:
                ranges.append(f"\\U{start:08x}-\\U{point - 1:08x}")
                start = None
    if inside:
        if negated:
            raise re.error(f"\\P{{{name}}} inside a class")
        return "".join(ranges)
    return f"[{'^' if negated else ''}{''.join(ranges)}]"
