"""Laws of single keywords, tried on every case of a small domain: the answer to each question is known beforehand.

Takes:   nothing, or how much of a domain to try.
Gives:   `LAWS`: name -> law; a law yields questions `(a, b, is a inside b?)`.
Ignores: how the questions are asked.

The truth is counted, never asked of the engine: each domain names enough values to tell any two of its schemas apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import chain, combinations, product
from random import Random
from typing import Any

from adversary.judge import Judge

Question = tuple[Any, Any, bool]
Law = Callable[[], Iterator[Question]]
LAWS: dict[str, Law] = {}


def law(made: Law) -> Law:
    """Keep a law under its name."""
    LAWS[made.__name__] = made
    return made


def told_apart_by(values: list[Any], schemas: list[Any], wide: list[Any] | None = None) -> Iterator[Question]:
    """Every schema against every other one, of `wide` if given; `values` are all that matter."""
    holds: dict[int, frozenset[int]] = {}

    def inside(schema: Any) -> frozenset[int]:
        judge = Judge(schema)
        return frozenset(at for at, value in enumerate(values) if judge.accepts(value))

    right = schemas if wide is None else wide
    for each in (*schemas, *right):
        if id(each) not in holds:
            holds[id(each)] = inside(each)
    for a, b in product(schemas, right):
        yield a, b, holds[id(a)] <= holds[id(b)]


def subsets(members: tuple[Any, ...], least: int = 1) -> Iterator[list[Any]]:
    """Every choice of members."""
    sizes = range(least, len(members) + 1)
    return (list(some) for some in chain.from_iterable(combinations(members, size) for size in sizes))


@law
def types_are_sets() -> Iterator[Question]:
    """All sets of types against all others; an integer is a number."""
    parts = {"null": "n", "boolean": "b", "string": "s", "array": "a", "object": "o", "integer": "i", "number": "if"}
    sets = [(some, frozenset("".join(parts[kind] for kind in some))) for some in subsets(tuple(parts))]
    for (a, within), (b, around) in product(sets, sets):
        yield {"type": a}, {"type": b}, within <= around


@law
def forbidden_types_are_complements() -> Iterator[Question]:
    """All sets of types against what all others leave."""
    parts = {"null": "n", "boolean": "b", "string": "s", "array": "a", "integer": "i", "number": "if"}
    sets = [(some, frozenset("".join(parts[kind] for kind in some))) for some in subsets(tuple(parts))]
    for (a, within), (b, around) in product(sets, sets):
        yield {"type": a}, {"not": {"type": b}}, not within & around


def _bounded(kind: str) -> list[dict[str, Any]]:
    low: list[dict[str, Any]] = [{}, *({word: at} for word in ("minimum", "exclusiveMinimum") for at in range(4))]
    high: list[dict[str, Any]] = [{}, *({word: at} for word in ("maximum", "exclusiveMaximum") for at in range(4))]
    return [{"type": kind, **one, **other} for one, other in product(low, high)]


@law
def bounds_are_intervals() -> Iterator[Question]:
    """All pairs of bounds from 0 to 3, of numbers."""
    halves = [number // 2 if number % 2 == 0 else Decimal(number) / 2 for number in range(-2, 9)]
    return told_apart_by(halves, _bounded("number"))


@law
def bounds_of_integers_skip_fractions() -> Iterator[Question]:
    """All pairs of bounds from 0 to 3, of integers against integers and numbers."""
    halves = [number // 2 if number % 2 == 0 else Decimal(number) / 2 for number in range(-2, 9)]
    return told_apart_by(halves, _bounded("integer"), _bounded("number")[::3] + _bounded("integer")[::2])


def _steps(word: str, steps: tuple[Any, ...]) -> list[dict[str, Any]]:
    ways: list[list[dict[str, Any]]] = [
        [{}, {"multipleOf": step}, {"not": {"type": "number", "multipleOf": step}}] for step in steps
    ]
    return [{"type": word, "allOf": [part for part in parts if part]} for parts in product(*ways)]


@law
def multiples_have_common_multiples() -> Iterator[Question]:
    """All ways to demand or forbid multiples of 2, 3, 4 and 6; twelve integers tell them apart."""
    schemas = [each if each["allOf"] else {"type": "integer"} for each in _steps("integer", (2, 3, 4, 6))]
    return told_apart_by(list(range(12)), schemas)


@law
def multiples_of_fractions_are_exact() -> Iterator[Question]:
    """All ways to demand or forbid multiples of 0.1, 0.2 and 0.3, between bounds."""
    steps = (Decimal("0.1"), Decimal("0.2"), Decimal("0.3"))
    schemas = [each if each["allOf"] else {"type": "number"} for each in _steps("number", steps)]
    bounded = [{**each, "minimum": 0, "maximum": Decimal("0.6")} for each in schemas]
    values = [Decimal(number) / 20 for number in range(13)]
    return told_apart_by(values, bounded, schemas)


def _counts(kind: str, low: str, high: str) -> list[dict[str, Any]]:
    ways: list[Any] = [None, 0, 1, 2, 3]
    made = ({"type": kind, low: one, high: other} for one, other in product(ways, ways))
    return [{word: value for word, value in each.items() if value is not None} for each in made]


@law
def lengths_are_counts() -> Iterator[Question]:
    """All lengths from 0 to 3."""
    return told_apart_by(["", "a", "ab", "abc", "abcd"], _counts("string", "minLength", "maxLength"))


@law
def sizes_of_arrays_are_counts() -> Iterator[Question]:
    """All numbers of items from 0 to 3."""
    return told_apart_by([[0] * size for size in range(5)], _counts("array", "minItems", "maxItems"))


@law
def sizes_of_objects_are_counts() -> Iterator[Question]:
    """All numbers of properties from 0 to 3."""
    objects = [{str(key): 0 for key in range(size)} for size in range(5)]
    return told_apart_by(objects, _counts("object", "minProperties", "maxProperties"))


@law
def enums_are_sets() -> Iterator[Question]:
    """All sets of values that some languages take for each other."""
    return told_apart_by(list(_ALIKE), [{"enum": some} for some in subsets(_ALIKE)])


_ALIKE = (0, False, None, "", "0", [0])


@law
def constants_are_what_they_are() -> Iterator[Question]:
    """Every constant against every other one, at the top, in an array and in an object; spelling of numbers is nothing."""
    values = [
        0,
        Decimal("0.0"),
        1,
        Decimal("1.0"),
        Decimal("1E0"),
        True,
        False,
        "1",
        "",
        None,
        [],
        {},
        [1],
        [True],
        {"a": 1},
        {"a": True},
    ]
    for wrap in (lambda value: value, lambda value: [value], lambda value: {"k": value}):
        schemas = [{"const": wrap(value)} for value in values]
        yield from told_apart_by([wrap(value) for value in values], schemas)


@law
def items_are_counted() -> Iterator[Question]:
    """Arrays of at most three of two values: all demands on how many of each there are, repeated or not."""
    values = [list(some) for size in range(4) for some in product((1, 2), repeat=size)]
    within = {"type": "array", "maxItems": 3, "items": {"enum": [1, 2]}}
    counts = [
        {},
        *({"minContains": n} for n in range(3)),
        {"maxContains": 1},
        {"minContains": 0, "maxContains": 1},
        {"minContains": 2, "maxContains": 2},
    ]
    demands: list[dict[str, Any]] = [
        {},
        {"uniqueItems": True},
        {"minItems": 2},
        {"maxItems": 2},
        {"prefixItems": [{"const": 1}]},
    ]
    demands += [{"contains": {"const": 1}, **count} for count in counts]
    demands += [{"prefixItems": [{}, {"const": 1}], "uniqueItems": True, "minItems": 2}]
    demands += [{"uniqueItems": True, "contains": {"const": 2}}, {"contains": {"enum": [1, 2]}, "minContains": 2}]
    demands += [{"not": each} for each in demands[1:]]
    schemas = [{**within, "allOf": [one, other]} for one, other in combinations(demands, 2)]
    return told_apart_by(values, schemas, [*demands, *schemas[::7]])


@law
def keys_are_counted() -> Iterator[Question]:
    """Objects of three possible keys: all demands on which of them are there and how many."""
    values = [dict.fromkeys(some, 0) for some in subsets(("a", "b", "c"), 0)]
    within = {"type": "object", "propertyNames": {"pattern": "^[abc]$"}, "additionalProperties": {"const": 0}}
    demands: list[dict[str, Any]] = [
        {},
        {"required": ["a"]},
        {"required": ["b", "c"]},
        {"minProperties": 1},
        {"minProperties": 2},
        {"maxProperties": 1},
        {"maxProperties": 2},
        {"properties": {"a": False}},
        {"patternProperties": {"^[ab]$": False}},
        {"propertyNames": {"enum": ["a", "c"]}},
        {"properties": {"a": {}, "b": {}}, "additionalProperties": False},
        {"properties": {key: {"const": 0} for key in "abc"}},
        {"dependentRequired": {"a": ["b"]}},
        {"dependentRequired": {"a": ["b"], "b": ["c"]}},
        {"dependentSchemas": {"b": {"maxProperties": 1}}},
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}},
    ]
    demands += [{"not": each} for each in demands[1:]]
    schemas = [{**within, "allOf": [one, other]} for one, other in combinations(demands, 2)]
    return told_apart_by(values, schemas, [*demands, *schemas[::7]])


@law
def patterns_are_languages() -> Iterator[Question]:
    """Patterns over two letters, alone, together and forbidden, on texts of at most three letters."""
    values = ["".join(some) for size in range(4) for some in product("ab", repeat=size)]
    within = {"type": "string", "pattern": "^[ab]*$", "maxLength": 3}
    patterns = (
        "a",
        "^a",
        "a$",
        "^a*$",
        "^(ab)*$",
        "^.b",
        "^[^a]",
        "^(a|bb)+$",
        "^b?$",
        "^$",
        "aa|bb",
        "^a{2}",
        "^(?!a)",
        "^(?=.*b)a",
        r"^\w{2,3}$",
        "b|$",
    )
    demands = [{}, *({"pattern": each} for each in patterns), {"minLength": 2}, {"maxLength": 1}]
    demands += [{"not": each} for each in demands[1:]]
    schemas = [{**within, "allOf": [one, other]} for one, other in combinations(demands, 2)]
    return told_apart_by(values, schemas, [*demands, *schemas[::29]])


@law
def combinators_are_boolean() -> Iterator[Question]:
    """allOf, anyOf, oneOf, not and conditions over three overlapping ranges: as truth tables say."""
    atoms: list[Any] = [{"minimum": 1}, {"maximum": 2}, {"multipleOf": 2}]
    made: list[Any] = [True, False, *atoms, *({"not": atom} for atom in atoms)]
    for one, other in product(atoms, atoms):
        for word in ("allOf", "anyOf", "oneOf"):
            made += [{word: [one, other]}, {"not": {word: [one, {"not": other}]}}, {word: [one, other, atoms[2]]}]
        made.append({"if": one, "then": other, "else": atoms[0]})
        made.append({"not": {"if": one, "then": {"not": other}}})
    within = [{"type": "integer", "minimum": 0, "maximum": 3, "allOf": [each]} for each in made]
    return told_apart_by(list(range(4)), within, made)


@law
def puzzles_have_the_answers_that_trying_finds() -> Iterator[Question]:
    """Clauses over five fields that are 0 or 1, about as many as leave it open whether there is an answer."""
    rng = Random(5)
    values = [dict(zip("abcde", some, strict=True)) for some in product((0, 1), repeat=5)]
    within = {"type": "object", "properties": {key: {"enum": [0, 1]} for key in "abcde"}, "required": list("abcde")}

    def literal() -> dict[str, Any]:
        said = {"properties": {rng.choice("abcde"): {"const": rng.choice([0, 1])}}}
        return said if rng.random() < 0.7 else {"not": said}

    def clause(size: int, depth: int) -> dict[str, Any]:
        parts = [clause(2, depth - 1) if depth and rng.random() < 0.3 else literal() for _ in range(size)]
        return {rng.choice(["anyOf", "anyOf", "anyOf", "oneOf", "allOf"]) if depth else "anyOf": parts}

    for _ in range(50):
        clauses = [clause(3, 0) for _ in range(rng.choice([12, 16, 20]))]
        nested = [clause(3, 2) for _ in range(rng.choice([3, 5, 7]))]
        for puzzle in (clauses, nested):
            yield from told_apart_by(
                values, [{**within, "allOf": puzzle}], [False, clause(3, 1), {"allOf": nested[:2]}]
            )


@law
def unevaluated_is_what_nobody_looked_at() -> Iterator[Question]:
    """Objects of three possible keys under applicators that look at some of them, on some condition."""
    values = [dict.fromkeys(some, 0) for some in subsets(("a", "b", "c"), 0)]
    looks: list[dict[str, Any]] = [
        {"properties": {"a": {}}},
        {"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]},
        {"anyOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": {}}, "required": ["b"]}, {}]},
        {"oneOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": {}, "a": False}}]},
        {
            "if": {"properties": {"a": {}}, "required": ["a"]},
            "then": {"properties": {"b": {}}},
            "else": {"properties": {"c": {}}},
        },
        {"not": {"properties": {"a": False}}, "properties": {"a": {}}},
        {"dependentSchemas": {"a": {"properties": {"b": {}}}}, "properties": {"a": {}}},
        {"patternProperties": {"^[ab]$": {}}},
        {"properties": {"a": {}}, "additionalProperties": {}},
        {"anyOf": [{"properties": {"b": {}}, "unevaluatedProperties": False}, {"properties": {"c": {}}}]},
    ]
    within = {"type": "object", "propertyNames": {"enum": ["a", "b", "c"]}, "additionalProperties": {"const": 0}}
    closed = [{**each, "unevaluatedProperties": False} for each in looks]
    schemas = [{"allOf": [within, each]} for each in (*closed, *({"not": each} for each in closed))]
    return told_apart_by(values, schemas, [*closed, *({"not": each} for each in closed), *schemas])


@law
def recursion() -> Iterator[Question]:
    """Chains of objects that may end after some numbers of steps: all periods up to three, against all others."""
    ways = [ends for size in (1, 2, 3) for ends in product((False, True), repeat=size)]
    for one, other in product(ways, ways):
        inside = _lengths(one) <= _lengths(other)
        yield _ring(one), _ring(other), inside
        yield _ring(one, 2), _ring(other, 2), inside
        yield _ring(one), _ring(other, 1), inside
        yield _ring(one, 1), _ring(other), not _lengths(one)
    for one, leaf in product(ways, range(len(_LEAVES))):
        none = not _lengths(one)
        rings = _ring(one, leaf)
        for first, second in (("n0", "n0"), ("n0", f"n{len(one) - 1}"), (f"n{len(one) - 1}", "n0")):
            pair = {"l": {"$ref": f"#/$defs/{first}"}, "r": {"$ref": f"#/$defs/{second}"}}
            body = {"type": "object", "required": ["l", "r"], "properties": pair, "$defs": rings["$defs"]}
            yield body, {"not": {"required": ["l"]}}, none
        yield {"type": "array", "items": {"$ref": "#/$defs/n0"}, "$defs": rings["$defs"]}, {"maxItems": 0}, none
        yield rings, False, none


_LEAVES: tuple[Any, ...] = (
    {"type": "null"},
    {"type": ["null", "string"]},
    {"type": "object", "required": ["z"], "properties": {"z": {"const": 0}}, "additionalProperties": False},
)


def _lengths(ends: tuple[bool, ...]) -> frozenset[int]:
    """The numbers of steps, below twelve, after which a chain may end."""
    return frozenset(steps for steps in range(12) if ends[steps % len(ends)])


def _ring(ends: tuple[bool, ...], leaf: int = 0) -> dict[str, Any]:
    """Chains of objects, as definitions that refer to each other in a circle; the way on stands before the way out."""
    made: dict[str, Any] = {}
    for number, end in enumerate(ends):
        step = {"$ref": f"#/$defs/n{(number + 1) % len(ends)}"}
        link = {"type": "object", "required": ["x"], "properties": {"x": step}, "additionalProperties": False}
        made[f"n{number}"] = {"anyOf": [link, _LEAVES[leaf]]} if end else link
    return {"$ref": "#/$defs/n0", "$defs": made}
