"""Every way to be valid comes up: schemas, each with the branches that must be reached, and nothing that is invalid.

`has(name, test)` is one branch. A strategy that always answers with one plain value fails every line of this table.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from sampled import drawn, refused

from penstock_contracts.strategies import instances

OLD = {4: "http://json-schema.org/draft-04/schema#", 6: "http://json-schema.org/draft-06/schema#"}
SEVEN = "http://json-schema.org/draft-07/schema#"
NINETEEN = "https://json-schema.org/draft/2019-09/schema"

TREE: dict[str, Any] = {
    "$ref": "#/$defs/tree",
    "$defs": {
        "tree": {
            "type": "object",
            "properties": {
                "value": {"type": "integer"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
            },
            "required": ["value"],
            "additionalProperties": False,
        }
    },
}


def depth(tree: dict[str, Any]) -> int:
    return 1 + max(map(depth, tree.get("children", [])), default=0)


def kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return type(value).__name__


ANYTHING = {
    name: (lambda value, name=name: kind(value) == name)
    for name in ["null", "true", "false", "int", "float", "str", "list", "dict"]
}

TABLE: dict[str, tuple[Any, dict[str, Any]]] = {
    "anything": (True, ANYTHING),
    "several types": (
        {"type": ["integer", "null", "string", "array"]},
        {name: ANYTHING[name] for name in ("int", "null", "str", "list")},
    ),
    "what is left by not": ({"not": {"type": ["string", "object", "number", "array"]}}, {n: ANYTHING[n] for n in ("null", "true", "false")}),
    "all members of an enum": (
        {"enum": ["a", 1, None, [1, 2], {"k": True}, False]},
        {json.dumps(one): (lambda value, one=one: value == one and kind(value) == kind(one)) for one in ["a", 1, None, [1, 2], {"k": True}, False]},
    ),
    "members of anyOf": (
        {"anyOf": [{"type": "string", "pattern": "^x"}, {"type": "integer", "minimum": 100}, {"const": [None]}]},
        {
            "first": lambda v: isinstance(v, str),
            "second": lambda v: isinstance(v, int),
            "third": lambda v: v == [None],
        },
    ),
    "members of anyOf, both at once": (
        {"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}], "properties": {"a": {}, "b": {}}},
        {"a": lambda v: "b" not in v, "b": lambda v: "a" not in v, "both": lambda v: "a" in v and "b" in v},
    ),
    "members of oneOf that overlap": (
        {"type": "integer", "oneOf": [{"multipleOf": 2}, {"multipleOf": 3}]},
        {"two": lambda v: v % 2 == 0 and v % 3, "three": lambda v: v % 3 == 0 and v % 2},
    ),
    "none or two of a negated oneOf": (
        {"type": "integer", "minimum": 0, "maximum": 30, "not": {"oneOf": [{"multipleOf": 2}, {"multipleOf": 3}]}},
        {"none": lambda v: v % 2 and v % 3, "both": lambda v: v % 6 == 0},
    ),
    "then and else": (
        {
            "type": "object",
            "properties": {"kind": {"enum": ["PERSON", "CAR"]}, "id": {"type": "integer"}},
            "required": ["kind"],
            "if": {"properties": {"kind": {"const": "PERSON"}}},
            "then": {"required": ["id"]},
        },
        {
            "then": lambda v: v["kind"] == "PERSON" and "id" in v,
            "else with": lambda v: v["kind"] == "CAR" and "id" in v,
            "else without": lambda v: v["kind"] == "CAR" and "id" not in v,
        },
    ),
    "optional properties": (
        {"type": "object", "properties": {"a": {"const": 1}, "b": {"const": 2}}, "required": ["a"], "additionalProperties": False},
        {"without": lambda v: v == {"a": 1}, "with": lambda v: v == {"a": 1, "b": 2}},
    ),
    "each of many optional properties": (
        {"type": "object", "properties": {f"p{i}": {"type": "null"} for i in range(25)}, "additionalProperties": False},
        {"none": lambda v: not v, "several": lambda v: len(v) > 4, **{f"p{i}": (lambda v, i=i: f"p{i}" in v) for i in range(25)}},
    ),
    "as few properties as there must be and more": (
        {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "minProperties": 2, "maxProperties": 3, "additionalProperties": False},
        {
            "a b": lambda v: v.keys() == {"a", "b"},
            "a c": lambda v: v.keys() == {"a", "c"},
            "b c": lambda v: v.keys() == {"b", "c"},
            "all": lambda v: len(v) == 3,
        },
    ),
    "names by pattern": (
        {
            "type": "object",
            "patternProperties": {"^s_": {"type": "string"}, "^i_": {"type": "integer"}, "z$": {"minimum": 5}},
            "additionalProperties": False,
        },
        {
            "string": lambda v: any(name.startswith("s_") for name in v),
            "integer": lambda v: any(name.startswith("i_") and not name.endswith("z") for name in v),
            "both patterns": lambda v: any(name.startswith("i_") and name.endswith("z") for name in v),
            "none": lambda v: not v,
        },
    ),
    "names of a kind": (
        {"type": "object", "propertyNames": {"enum": ["left", "right"]}, "additionalProperties": {"type": "boolean"}},
        {"left": lambda v: "left" in v, "right": lambda v: "right" in v, "none": lambda v: not v},
    ),
    "some property that nobody named": (
        {"not": {"additionalProperties": {"type": "integer"}}},
        {"dict": lambda v: any(kind(one) != "int" for one in v.values()), "more": lambda v: len(v) > 1},
    ),
    "properties that are named and may be anything": (
        {"type": "object", "properties": {"a": {}, "b": True, "c": {"title": "C"}, "d": {}, "e": {}}},
        {"a": lambda v: "a" in v, "b": lambda v: "b" in v, "all": lambda v: len(v.keys() & {*"abcde"}) > 3, "none": lambda v: not v},
    ),
    "what a property brings with it": (
        {
            "type": "object",
            "properties": {"card": {"type": "integer"}, "address": {"type": "string"}},
            "dependentRequired": {"card": ["address"]},
            "additionalProperties": False,
        },
        {
            "neither": lambda v: not v,
            "address": lambda v: v.keys() == {"address"},
            "both": lambda v: v.keys() == {"card", "address"},
        },
    ),
    "unevaluated properties": (
        {
            "type": "object",
            "properties": {"kind": {"enum": ["a", "b"]}},
            "required": ["kind"],
            "oneOf": [
                {"properties": {"kind": {"const": "a"}, "x": {"type": "integer"}}},
                {"properties": {"kind": {"const": "b"}, "y": {"type": "string"}}, "required": ["y"]},
            ],
            "unevaluatedProperties": False,
        },
        {"a": lambda v: v == {"kind": "a"}, "a x": lambda v: v["kind"] == "a" and "x" in v, "b y": lambda v: v["kind"] == "b"},
    ),
    "unevaluated properties of a type": (
        {"type": "object", "properties": {"a": {"type": "string"}}, "unevaluatedProperties": {"type": "boolean"}},
        {"other": lambda v: any(name != "a" for name in v), "a": lambda v: "a" in v},
    ),
    "lengths of an array": (
        {"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 4},
        {str(n): (lambda v, n=n: len(v) == n) for n in (1, 2, 3, 4)},
    ),
    "prefix and rest": (
        {"type": "array", "prefixItems": [{"type": "integer"}, {"enum": ["x", "y"]}], "items": {"type": "null"}},
        {
            "empty": lambda v: not v,
            "one": lambda v: len(v) == 1,
            "x": lambda v: v[1:2] == ["x"],
            "y": lambda v: v[1:2] == ["y"],
            "rest": lambda v: len(v) > 2,
        },
    ),
    "unevaluated items": (
        {"type": "array", "prefixItems": [{"const": 1}], "anyOf": [{"prefixItems": [True, {"const": 2}]}, True], "unevaluatedItems": {"type": "string"}},
        {"second": lambda v: v[1:2] == [2], "other second": lambda v: kind((v[1:2] or [0])[0]) == "str", "rest": lambda v: len(v) > 2},
    ),
    "items that are counted": (
        {"type": "array", "items": {"enum": [0, 1, 2]}, "contains": {"const": 1}, "minContains": 1, "maxContains": 2},
        {
            "one": lambda v: v.count(1) == 1,
            "two": lambda v: v.count(1) == 2,
            "first": lambda v: v[0] == 1,
            "last": lambda v: len(v) > 1 and v[-1] == 1 and v[0] != 1,
        },
    ),
    "items that differ": (
        {"type": "array", "uniqueItems": True, "items": {"enum": ["a", "b", "c"]}},
        {
            "none": lambda v: not v,
            "all": lambda v: len(v) == 3,
            "other order": lambda v: v[:1] == ["c"],
        },
    ),
    "items that do not differ": (
        {"type": "array", "not": {"uniqueItems": True}, "items": {"type": "integer"}},
        {"two": lambda v: len(v) == 2, "more": lambda v: len(v) > 2, "not all alike": lambda v: len(set(v)) > 1},
    ),
    "alternatives of a pattern": (
        {"type": "string", "pattern": "^(?:get|put|post)/[a-c]{1,2}(?:\\?q=[0-9]+)?$"},
        {
            **{verb: (lambda v, verb=verb: v.startswith(verb)) for verb in ("get", "put", "post")},
            "one letter": lambda v: len(v.partition("/")[2].partition("?")[0]) == 1,
            "two letters": lambda v: len(v.partition("/")[2].partition("?")[0]) == 2,
            "with": lambda v: "?" in v,
            "without": lambda v: "?" not in v,
        },
    ),
    "a pattern and not another": (
        {"type": "string", "pattern": "^[ab]+$", "not": {"pattern": "aa"}, "maxLength": 5},
        {"a": lambda v: v[0] == "a", "b": lambda v: v[0] == "b", "long": lambda v: len(v) >= 4},
    ),
    "a pattern that is found inside": (
        {"type": "string", "pattern": "b1"},
        {"alone": lambda v: v == "b1", "before": lambda v: not v.startswith("b1"), "after": lambda v: not v.endswith("b1")},
    ),
    "bounds of a number": (
        {"type": "integer", "minimum": 3, "maximum": 6},
        {str(n): (lambda v, n=n: v == n) for n in (3, 4, 5, 6)},
    ),
    "numbers that are whole and that are not": (
        {"type": "number", "exclusiveMinimum": 0, "maximum": 10},
        {"whole": lambda v: v == int(v), "not": lambda v: v != int(v), "end": lambda v: v == 10},
    ),
    "multiples of a fraction": (
        {"type": "number", "multipleOf": 0.01, "minimum": 0, "maximum": 1},
        {"whole": lambda v: v in (0, 1), "hundredths": lambda v: round(v * 100) % 10},
    ),
    "levels of recursion": (TREE, {str(n): (lambda v, n=n: depth(v) == n) for n in (1, 2, 3, 4)}),
    "recursion without an early end": (
        {"$defs": {"list": {"anyOf": [{"const": "end"}, {"type": "array", "prefixItems": [{"type": "integer"}, {"$ref": "#/$defs/list"}], "minItems": 2, "maxItems": 2}]}}, "$ref": "#/$defs/list"},
        {"end": lambda v: v == "end", "one": lambda v: v[1] == "end", "two": lambda v: v != "end" and v[1] != "end"},
    ),
    "a dynamic reference": (
        {
            "$id": "https://example.org/strict-tree",
            "$dynamicAnchor": "node",
            "$ref": "tree",
            "unevaluatedProperties": False,
            "$defs": {
                "tree": {
                    "$id": "https://example.org/tree",
                    "$dynamicAnchor": "node",
                    "type": "object",
                    "properties": {"data": {"type": "integer"}, "children": {"type": "array", "items": {"$dynamicRef": "#node"}}},
                }
            },
        },
        {
            "empty": lambda v: v == {},
            "data": lambda v: "data" in v,
            "nested": lambda v: bool(v.get("children")),
            "twice": lambda v: any(child.get("children") for child in v.get("children", [])),
        },
    ),
    "a recursive reference": (
        {
            "$schema": NINETEEN,
            "$recursiveAnchor": True,
            "type": "object",
            "properties": {"next": {"$recursiveRef": "#"}},
            "additionalProperties": False,
        },
        {"end": lambda v: v == {}, "next": lambda v: v == {"next": {}}, "far": lambda v: bool(v.get("next", {}).get("next"))},
    ),
    "draft 4": (
        {
            "$schema": OLD[4],
            "type": "object",
            "properties": {"n": {"type": "integer", "minimum": 0, "exclusiveMinimum": True, "maximum": 2}, "m": {"type": "null"}},
            "dependencies": {"m": ["n"]},
            "additionalProperties": False,
        },
        {"none": lambda v: not v, "1": lambda v: v.get("n") == 1, "2": lambda v: v.get("n") == 2, "m": lambda v: "m" in v},
    ),
    "draft 6": (
        {"$schema": OLD[6], "type": "array", "items": [{"const": "a"}], "additionalItems": {"type": "integer"}, "contains": {"const": 7}},
        {"short": lambda v: len(v) == 2, "long": lambda v: len(v) > 2},
    ),
    "draft 7": (
        {"$schema": SEVEN, "if": {"type": "string"}, "then": {"maxLength": 2}, "else": {"type": "integer"}},
        {"then": lambda v: isinstance(v, str), "empty": lambda v: v == "", "else": lambda v: isinstance(v, int)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_every_branch_is_reached_and_nothing_is_invalid(name):
    schema, branches = TABLE[name]
    values = drawn(instances(schema), 200)
    assert refused(schema, values) == []
    reached = {branch for branch, test in branches.items() if any(test(value) for value in values)}
    assert reached == branches.keys()


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"enum": list("abcdef")}, "uniqueItems": True, "minItems": 5},
        {"type": "array", "items": {"enum": [0, 1, 2, 3]}, "contains": {"const": 1}, "maxContains": 1, "minItems": 5},
        {"type": "integer", "minimum": 0, "maximum": 99, "oneOf": [{"minimum": 20}, {"maximum": 60}, {"minimum": 10, "maximum": 90}]},
        {"type": "object", "propertyNames": {"pattern": "^[a-d]{2}$"}, "minProperties": 3, "additionalProperties": {"enum": [1, 2, 3]}},
    ],
)  # fmt: skip
def test_chance_is_hardly_ever_given_up_for_the_plainest_value(schema):
    """Where a drawn value turned out wrong the search's own would take its place, again and again."""
    values = [json.dumps(value) for value in drawn(instances(schema), 120)]
    assert max(map(values.count, values)) < len(values) / 8
