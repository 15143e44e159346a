"""Values that are likely to tell schemas apart: built along one schema, with numbers, words and keys from all of them.

Takes:   schemas, and a source of chance.
Gives:   `Sampler(schemas, rng).values(count)`: JSON values, many of them instances, none of them promised to be one.
Ignores: whether they are instances (`judge`), and how the engine finds its witnesses: this one only tries.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from adversary.exact import canonical, exactly
from adversary.judge import compiled

if sys.version_info >= (3, 11):
    from re import _constants as sre
    from re import _parser as sre_parser
else:
    import sre_constants as sre
    import sre_parse as sre_parser

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
_INSIDE = ("items", "additionalItems", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else")
_DEEP = 5
_PARTS = 400  # that one value may have


class Sampler:
    """Makes values along schemas; the words and numbers of all of them are the stuff that the values are made of."""

    def __init__(self, schemas: Sequence[Any], rng: Random) -> None:
        self.schemas, self.rng = list(schemas), rng
        self.left = _PARTS
        self.numbers: list[Any] = [0, 1, -1, 2, Decimal("0.5")]
        self.words: list[str] = ["", "a", "b", "ab", "é"]
        self.keys: list[str] = ["a", "z"]
        self.patterns: list[str] = []
        self.constants: list[Any] = []
        self.lengths: set[int] = {0, 1, 2}
        for schema in schemas:
            _harvest(schema, self)
        self.keys = list(dict.fromkeys(self.keys))
        self.numbers = list({canonical(n): n for n in self.numbers}.values())

    def values(self, count: int) -> Iterator[Any]:
        """`count` values, the schemas taken in turn."""
        for turn in range(count):
            root = self.schemas[turn % len(self.schemas)]
            self.left = _PARTS
            yield self.along([root], root, 0)

    # -- along schemas ------------------------------------------------------------------------------------------------

    def along(self, schemas: Iterable[Any], root: Any, depth: int) -> Any:
        """A value meant to be an instance of all of `schemas`; now and then it is not even tried."""
        rng = self.rng
        self.left -= 1
        if depth > 3 * _DEEP or self.left < 0:  # a schema that has no end has no instance either
            return None
        if rng.random() < 0.07:
            return self.anything(depth)
        flat = self.flat(schemas, root)
        listed = [each["enum"] for each in flat if isinstance(each.get("enum"), list)]
        listed += [[each["const"]] for each in flat if "const" in each]
        if listed and rng.random() < 0.95:
            shared = [value for value in listed[0] if all(_among(value, other) for other in listed[1:])] or listed[0]
            if shared:
                return exactly(rng.choice(shared))
        return self.of_type(self.a_type(flat), flat, root, depth)

    def flat(self, schemas: Iterable[Any], root: Any) -> list[dict[str, Any]]:
        """The schemas that speak about one place together: references followed, one branch of each choice taken."""
        rng, todo, out = self.rng, list(schemas), []
        for _ in range(200):
            if not todo:
                break
            each = todo.pop()
            if not isinstance(each, dict):
                continue
            out.append(each)
            for word in ("$ref", "$dynamicRef", "$recursiveRef"):
                if isinstance(each.get(word), str):
                    todo.append(resolve(each[word], root))
            todo += each.get("allOf", [])
            if each.get("anyOf"):
                todo += rng.sample(each["anyOf"], rng.choice([1, 1, min(2, len(each["anyOf"]))]))
            if each.get("oneOf"):
                todo.append(rng.choice(each["oneOf"]))
            if "if" in each:
                todo += [each["if"], each.get("then")] if rng.random() < 0.5 else [each.get("else")]
        return out

    def a_type(self, flat: list[dict[str, Any]]) -> str:
        allowed = set(TYPES)
        for each in flat:
            if "type" in each:
                listed = each["type"] if isinstance(each["type"], list) else [each["type"]]
                wide = {"integer", *listed} if "number" in listed else set(listed)
                allowed &= wide
        hinted = [kind for kind in allowed for each in flat if any(word in each for word in _ABOUT[kind])]
        if hinted and self.rng.random() < 0.75:
            return self.rng.choice(sorted(hinted))
        return self.rng.choice(sorted(allowed) or list(TYPES))

    def of_type(self, kind: str, flat: list[dict[str, Any]], root: Any, depth: int) -> Any:
        if kind == "null":
            return None
        if kind == "boolean":
            return self.rng.random() < 0.5
        if kind in ("integer", "number"):
            return self.a_number(kind, flat)
        if kind == "string":
            return self.a_string(flat)
        return self.an_array(flat, root, depth) if kind == "array" else self.an_object(flat, root, depth)

    def a_number(self, kind: str, flat: list[dict[str, Any]]) -> Any:
        rng = self.rng
        number = rng.choice(self.numbers)
        if rng.random() < 0.6:
            number = number + rng.choice([0, 1, -1, Decimal("0.5"), Decimal("-0.5"), 2, Decimal("0.1")])
        if kind == "integer":
            number = int(number) if abs(Decimal(number)) < Decimal("1e400") else 1
        steps = [each["multipleOf"] for each in flat if "multipleOf" in each]
        if steps and rng.random() < 0.85:
            step = math.prod([_fraction(each) for each in {str(s): s for s in steps}.values()], start=Fraction(1))
            step = step if rng.random() < 0.5 else _fraction(rng.choice(steps))
            bounds = [each[w] for each in flat for w in _BOUNDS if _is_number(each.get(w))]
            near = _fraction(rng.choice(bounds)) if bounds else Fraction(0)
            number = step * (round(near / step) + rng.choice([0, 0, 1, -1, 2, 3, -2]))
        return exactly(_decimal(number))

    def a_string(self, flat: list[dict[str, Any]]) -> str:
        rng = self.rng
        patterns = [each["pattern"] for each in flat if "pattern" in each]
        chosen = rng.random()
        if patterns and chosen < 0.85:
            text = self.matching(rng.choice(patterns))
        elif self.patterns and chosen < 0.3:
            text = self.matching(rng.choice(self.patterns))
        else:
            text = rng.choice(self.words)
        least = max([each["minLength"] for each in flat if "minLength" in each] or [0])
        most = min([each["maxLength"] for each in flat if "maxLength" in each] or [10**9])
        if rng.random() < 0.9:
            if len(text) < least and least < 2000:
                text = (text + rng.choice("ab0") * least)[: int(least)]
            text = text[: int(most)] if most < 10**9 else text
        elif rng.random() < 0.5:
            text = (rng.choice("abé0") * 300)[: rng.choice(sorted(self.lengths)) + rng.choice([0, 1])]
        return text

    def an_array(self, flat: list[dict[str, Any]], root: Any, depth: int) -> list[Any]:
        rng = self.rng
        least = int(max([each["minItems"] for each in flat if "minItems" in each] or [0]))
        most = int(min([each["maxItems"] for each in flat if "maxItems" in each] or [least + 4]))
        if depth > _DEEP:
            most = least
        fixed = [len(_prefix(each)) for each in flat if _prefix(each)]
        choices = [least, most, least + 1, rng.choice(sorted(self.lengths)), *fixed, *(n + 1 for n in fixed)]
        size = rng.choice(choices)
        if rng.random() < 0.9:
            size = min(max(size, least), max(most, least))
        size = min(size, 12)
        wanted = [each for each in flat if "contains" in each]
        made: list[Any] = []
        for at in range(size):
            about = [_at_position(each, at) for each in flat]
            if wanted and rng.random() < 0.6:
                about.append(rng.choice(wanted)["contains"])
            item = self.along([each for each in about if each is not None], root, depth + 1)
            if made and rng.random() < 0.15:
                item = rng.choice(made)
            made.append(item)
        if any(each.get("uniqueItems") is True for each in flat) and rng.random() < 0.9:
            made = list({canonical(item): item for item in made}.values())
        return made

    def an_object(self, flat: list[dict[str, Any]], root: Any, depth: int) -> dict[str, Any]:
        rng = self.rng
        needed = [key for each in flat if isinstance(each.get("required"), list) for key in each["required"]]
        declared = [key for each in flat for key in each.get("properties", {})]
        matched = [pattern for each in flat for pattern in each.get("patternProperties", {})]
        names = [each["propertyNames"] for each in flat if "propertyNames" in each]
        keys = [key for key in needed if rng.random() < 0.97]
        share = rng.choice([0.0, 0.2, 0.5, 0.9]) if depth <= _DEEP else 0.0
        keys += [key for key in dict.fromkeys(declared) if rng.random() < share]
        keys += [self.matching(pattern) for pattern in matched if rng.random() < share]
        if depth <= _DEEP and rng.random() < 0.5:
            keys += [self.a_key(names, root, depth) for _ in range(rng.choice([1, 1, 2, 3]))]
        for each in flat:  # what one key asks for
            for word in ("dependentRequired", "dependencies"):
                for key, others in each.get(word, {}).items():
                    if key in keys and isinstance(others, list) and rng.random() < 0.8:
                        keys += others
        least = max([each["minProperties"] for each in flat if "minProperties" in each] or [0])
        for _ in range(20):
            if len(set(keys)) >= least or rng.random() < 0.03:
                break
            keys.append(self.a_key(names, root, depth) + rng.choice(["", "1"]))
        most = min([each["maxProperties"] for each in flat if "maxProperties" in each] or [10**9])
        keys = list(dict.fromkeys(keys))
        if rng.random() < 0.85:
            keys = [key for key in keys if not any(False in _at_key(each, key) for each in flat)]
        if rng.random() < 0.9:
            keys = keys[: int(most)]
        also = [
            other
            for each in flat
            for word in ("dependentSchemas", "dependencies")
            for key, other in each.get(word, {}).items()
            if key in keys and isinstance(other, dict)
        ]
        flat = flat + self.flat(also, root)
        return {key: self.along([s for each in flat for s in _at_key(each, key)], root, depth + 1) for key in keys}

    def a_key(self, names: list[Any], root: Any, depth: int) -> str:
        rng = self.rng
        if names and rng.random() < 0.8:
            word = self.along([rng.choice(names), {"type": "string"}], root, depth + 1)
            if isinstance(word, str):
                return word
        if self.patterns and rng.random() < 0.3:
            return self.matching(rng.choice(self.patterns))
        return rng.choice(self.keys if rng.random() < 0.7 else self.words)

    # -- along nothing ------------------------------------------------------------------------------------------------

    def anything(self, depth: int) -> Any:
        """A value made of the words and numbers of the schemas."""
        rng = self.rng
        kind = rng.choice(TYPES)
        if self.constants and rng.random() < 0.3:
            return exactly(rng.choice(self.constants))
        if kind in ("array", "object") and depth >= 2:
            return [] if kind == "array" else {}
        return self.of_type(kind, [], {}, depth)

    def matching(self, pattern: str) -> str:
        """A text that the pattern is found in, most of the time."""
        try:
            parsed = sre_parser.parse(compiled(pattern).pattern)
        except Exception:  # a pattern that Python cannot say: any text is as good
            return self.rng.choice(self.words)
        text = self._walk(parsed)
        if self.rng.random() < 0.15:
            text = self.rng.choice(["a", "0", " "]) + text
        if self.rng.random() < 0.15:
            text += self.rng.choice(["a", "0", "z1"])
        return text

    def _walk(self, parsed: Any) -> str:
        return "".join(self._piece(op, argument) for op, argument in parsed)

    def _piece(self, op: Any, argument: Any) -> str:
        rng = self.rng
        if op is sre.LITERAL:
            return chr(argument)
        if op is sre.NOT_LITERAL:
            return rng.choice([c for c in "ab0- é" if ord(c) != argument])
        if op is sre.ANY:
            return rng.choice("ab0é")
        if op is sre.IN:
            return self._member(argument)
        if op is sre.BRANCH:
            return self._walk(rng.choice(argument[1]))
        if op is sre.SUBPATTERN:
            return self._walk(argument[-1])
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            least, most, inner = argument
            most = least + 3 if most is sre.MAXREPEAT else int(most)
            times = rng.choice([least, min(least + 1, most), min(most, least + 40)])
            return "".join(self._walk(inner) for _ in range(times))
        return ""

    def _member(self, items: Any) -> str:
        rng = self.rng
        if items[0][0] is sre.NEGATE:
            tried = [c for c in "abzAZ019_- .\n\té" if not any(_holds(item, c) for item in items[1:])]
            return rng.choice(tried or ["☃"])
        op, argument = rng.choice(items)
        if op is sre.LITERAL:
            return chr(argument)
        if op is sre.RANGE:
            return chr(rng.choice([argument[0], argument[1], rng.randint(argument[0], argument[1])]))
        return rng.choice([c for c in "abz019_- .\t" if _holds((op, argument), c)] or ["a"])


def resolve(reference: str, root: Any) -> Any:
    """What a local reference means, as well as a sampler needs to know it: a pointer, or a name written somewhere."""
    head, _, fragment = reference.partition("#")
    if not head and (not fragment or fragment.startswith("/")):
        return _pointed(root, fragment)
    for each in _dicts(root):
        if head and str(each.get("$id", each.get("id", ""))).rstrip("#").endswith(head):
            return (
                _pointed(each, fragment) if not fragment or fragment.startswith("/") else resolve("#" + fragment, each)
            )
        named = (each.get("$anchor"), each.get("$dynamicAnchor"), str(each.get("$id", "")).lstrip("#"))
        if not head and fragment in named:
            return each
    return None


def _pointed(root: Any, fragment: str) -> Any:
    for word in fragment.split("/")[1:]:
        word = word.replace("~1", "/").replace("~0", "~").replace("%25", "%").replace("%22", '"')
        try:
            root = root[int(word)] if isinstance(root, list) else root[word]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return root


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _dicts(each)


_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_ABOUT = {
    "null": (),
    "boolean": (),
    "integer": (*_BOUNDS, "multipleOf"),
    "number": (*_BOUNDS, "multipleOf"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "array": ("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems", "unevaluatedItems"),
    "object": (
        *("properties", "required", "patternProperties", "additionalProperties", "propertyNames", "minProperties"),
        *("maxProperties", "dependentRequired", "dependentSchemas", "dependencies", "unevaluatedProperties"),
    ),
}


def _harvest(schema: Any, into: Sampler) -> None:
    for each in _dicts(schema):
        for word in (*_BOUNDS, "multipleOf"):
            if _is_number(each.get(word)):
                into.numbers.append(_decimal(each[word]))
        for word in ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains"):
            if _is_number(each.get(word)) and each[word] < 40:
                into.lengths |= {int(each[word]), int(each[word]) + 1}
        constants = [*each.get("enum", [])] if isinstance(each.get("enum"), list) else []
        constants += [each["const"]] if "const" in each else []
        into.constants += constants
        into.numbers += [_decimal(value) for value in constants if _is_number(value)]
        into.words += [value for value in constants if isinstance(value, str)]
        if isinstance(each.get("properties"), dict):
            into.keys += each["properties"]
        if isinstance(each.get("required"), list):
            into.keys += [key for key in each["required"] if isinstance(key, str)]
        if isinstance(each.get("pattern"), str):
            into.patterns.append(each["pattern"])
        if isinstance(each.get("patternProperties"), dict):
            into.patterns += each["patternProperties"]


def _prefix(schema: dict[str, Any]) -> list[Any]:
    listed = schema.get("prefixItems", schema.get("items"))
    return listed if isinstance(listed, list) else []


def _at_position(schema: dict[str, Any], at: int) -> Any:
    prefix = _prefix(schema)
    if at < len(prefix):
        return prefix[at]
    rest = schema.get("items")
    return (
        schema.get("additionalItems", schema.get("unevaluatedItems"))
        if rest is None or isinstance(rest, list)
        else rest
    )


def _at_key(schema: dict[str, Any], key: str) -> list[Any]:
    found = [schema["properties"][key]] if key in schema.get("properties", {}) else []
    for pattern, each in schema.get("patternProperties", {}).items():
        try:
            if compiled(pattern).search(key):
                found.append(each)
        except Exception:  # a pattern that Python cannot say
            continue
    if not found:
        found = [schema[word] for word in ("additionalProperties", "unevaluatedProperties") if word in schema]
    return [each for each in found if each is not None]


def _among(value: Any, listed: list[Any]) -> bool:
    return canonical(value) in {canonical(each) for each in listed}


def _holds(item: Any, character: str) -> bool:
    op, argument = item
    if op is sre.LITERAL:
        return ord(character) == argument
    if op is sre.RANGE:
        return bool(argument[0] <= ord(character) <= argument[1])
    tests = {
        sre.CATEGORY_DIGIT: character.isdigit(),
        sre.CATEGORY_NOT_DIGIT: not character.isdigit(),
        sre.CATEGORY_WORD: character.isascii() and (character.isalnum() or character == "_"),
        sre.CATEGORY_NOT_WORD: not (character.isascii() and (character.isalnum() or character == "_")),
        sre.CATEGORY_SPACE: character.isspace(),
        sre.CATEGORY_NOT_SPACE: not character.isspace(),
    }
    return tests.get(argument, False)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _fraction(value: Any) -> Fraction:
    return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)


def _decimal(value: Any) -> Any:
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / Decimal(value.denominator)
    return Decimal(repr(value)) if isinstance(value, float) else value
