"""Questions that take more than one keyword to answer, each with its answer: what a keyword-by-keyword tool gets wrong."""

from __future__ import annotations

from typing import Any

import pytest

from penstock_contracts.inclusion import Options, includes
from penstock_contracts.verdict import Proven, Refuted


def obj(**keywords: Any) -> dict[str, Any]:
    return {"type": "object", **keywords}


PUZZLES: list[tuple[str, Any, Any, type]] = [
    (
        "if-then vs anyOf",
        {
            "if": {"properties": {"k": {"const": 1}}, "required": ["k"]},
            "then": {"required": ["a"]},
            "else": {"required": ["b"]},
        },
        {"anyOf": [{"required": ["a"]}, {"required": ["b"]}, {"not": {"type": "object"}}]},
        Proven,
    ),
    (
        "if rewritten",
        {"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"type": "number"}},
        {"oneOf": [{"type": "string", "minLength": 2}, {"type": "number"}]},
        Proven,
    ),
    (
        "if rewritten back",
        {"oneOf": [{"type": "string", "minLength": 2}, {"type": "number"}]},
        {"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"type": "number"}},
        Proven,
    ),
    (
        "impl: const",
        obj(properties={"a": {"const": 5}}, required=["a"]),
        obj(minProperties=1, properties={"a": {"type": "integer", "minimum": 5, "maximum": 5}}),
        Proven,
    ),
    (
        "patternProps split",
        {"patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": {"type": "string"}},
        {"patternProperties": {"^ab": {"type": "number"}, "^[^a]": {"type": "string"}}},
        Proven,
    ),
    (
        "patternProps neg",
        {"patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": {"type": "string"}},
        {"patternProperties": {"b$": {"type": "integer"}}},
        Refuted,
    ),
    (
        "addl closed = propertyNames",
        obj(properties={"a": {}, "b": {}}, additionalProperties=False),
        obj(propertyNames={"enum": ["a", "b"]}),
        Proven,
    ),
    (
        "propertyNames = closed",
        obj(propertyNames={"enum": ["a", "b"]}),
        obj(properties={"a": {}, "b": {}}, additionalProperties=False),
        Proven,
    ),
    ("closed maxprops", obj(properties={"a": {}, "b": {}}, additionalProperties=False), {"maxProperties": 2}, Proven),
    ("closed maxprops1", obj(properties={"a": {}, "b": {}}, additionalProperties=False), {"maxProperties": 1}, Refuted),
    (
        "minProps closed=>required",
        obj(properties={"a": {}, "b": {}}, additionalProperties=False, minProperties=2),
        {"required": ["a", "b"]},
        Proven,
    ),
    ("propertyNames short finite", obj(propertyNames={"pattern": "^[ab]$"}, minProperties=3), False, Proven),
    (
        "propertyNames short finite2",
        obj(propertyNames={"pattern": "^[ab]$"}, minProperties=2),
        {"required": ["a", "b"]},
        Proven,
    ),
    (
        "minProps with impossible",
        obj(properties={"a": False, "b": {}}, additionalProperties=False, minProperties=2),
        False,
        Proven,
    ),
    ("unique bools", {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True}, {"maxItems": 2}, Proven),
    (
        "unique null/bool",
        {"type": "array", "items": {"type": ["boolean", "null"]}, "uniqueItems": True, "minItems": 3},
        {"contains": {"type": "null"}},
        Proven,
    ),
    (
        "unique ints range",
        {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 5}, "uniqueItems": True, "minItems": 5},
        {"contains": {"const": 3}},
        Proven,
    ),
    (
        "unique ints range contains count",
        {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 5}, "uniqueItems": True, "minItems": 4},
        {"contains": {"multipleOf": 2}, "minContains": 1},
        Proven,
    ),
    (
        "contains max",
        {"type": "array", "contains": {"type": "string"}, "maxContains": 1, "minItems": 3},
        {"contains": {"not": {"type": "string"}}, "minContains": 2},
        Proven,
    ),
    (
        "contains counts",
        {"type": "array", "maxItems": 3, "contains": {"type": "string"}, "minContains": 2},
        {"contains": {"type": "number"}, "minContains": 0, "maxContains": 1},
        Proven,
    ),
    (
        "contains counts2",
        {"type": "array", "maxItems": 4, "contains": {"type": "string"}, "minContains": 2},
        {"contains": {"type": "number"}, "minContains": 0, "maxContains": 1},
        Refuted,
    ),
    (
        "tuple len",
        {"prefixItems": [{"type": "string"}, {"type": "number"}], "items": False, "minItems": 2, "type": "array"},
        {"maxItems": 2, "minItems": 2},
        Proven,
    ),
    ("tuple false", {"type": "array", "prefixItems": [{}, False]}, {"maxItems": 1}, Proven),
    (
        "discriminator",
        {
            "oneOf": [
                obj(properties={"t": {"const": f"k{i}"}, "v": {"type": "integer"}}, required=["t", "v"])
                for i in range(200)
            ]
        },
        {
            "oneOf": [
                obj(properties={"t": {"const": f"k{i}"}, "v": {"type": "number"}}, required=["t"]) for i in range(200)
            ]
        },
        Proven,
    ),
    (
        "discriminator miss",
        {
            "oneOf": [
                obj(properties={"t": {"const": f"k{i}"}, "v": {"type": "integer"}}, required=["t", "v"])
                for i in range(200)
            ]
        },
        {
            "oneOf": [
                obj(properties={"t": {"const": f"k{i}"}, "v": {"type": "number"}}, required=["t"]) for i in range(199)
            ]
        },
        Refuted,
    ),
    (
        "discriminator anyOf",
        {
            "anyOf": [
                obj(properties={"t": {"const": f"k{i}"}, "v": {"type": "integer"}}, required=["t", "v"])
                for i in range(300)
            ]
        },
        {
            "oneOf": [
                obj(properties={"t": {"const": f"k{i}"}, "v": {"type": ["number", "string"]}}, required=["t"])
                for i in reversed(range(300))
            ]
        },
        Proven,
    ),
    (
        "discr by enum split",
        {"anyOf": [obj(properties={"t": {"enum": ["a", "b"]}, "v": {"type": "integer"}}, required=["t", "v"])]},
        {"oneOf": [obj(properties={"t": {"const": x}, "v": {"type": "number"}}, required=["t"]) for x in "abc"]},
        Proven,
    ),
    (
        "product split",
        obj(properties={"a": {"enum": [1, 2]}, "b": {"enum": [1, 2]}}, required=["a", "b"]),
        {"anyOf": [{"properties": {"a": {"const": i}, "b": {"const": j}}} for i in (1, 2) for j in (1, 2)]},
        Proven,
    ),
    ("int ranges cover", {"type": "integer"}, {"anyOf": [{"maximum": 0}, {"minimum": 1}]}, Proven),
    ("num ranges cover", {"type": "number"}, {"anyOf": [{"maximum": 0}, {"minimum": 1}]}, Refuted),
    ("even odd", {"type": "integer"}, {"anyOf": [{"multipleOf": 2}, {"not": {"multipleOf": 2}}]}, Proven),
    ("mult lcm", {"multipleOf": 6, "type": "integer"}, {"multipleOf": 3}, Proven),
    ("mult dec", {"multipleOf": 0.3}, {"multipleOf": 0.1}, Proven),
    ("mult dec2", {"multipleOf": 0.1}, {"multipleOf": 0.3}, Refuted),
    ("big int", {"type": "integer", "minimum": 9007199254740993}, {"minimum": 9007199254740992.5}, Proven),
    ("big int2", {"type": "integer", "minimum": 9007199254740992}, {"minimum": 9007199254740993}, Refuted),
    ("notnot", {"not": {"not": {"type": "string", "pattern": "^a"}}}, {"type": "string"}, Proven),
    ("not required", {"type": "object", "not": {"required": ["a"]}}, {"properties": {"a": {"type": "string"}}}, Proven),
    (
        "oneOf required xor",
        obj(oneOf=[{"required": ["a"]}, {"required": ["b"]}]),
        {"not": {"required": ["a", "b"]}},
        Proven,
    ),
    (
        "oneOf overlapping",
        {"oneOf": [{"type": "number", "multipleOf": 2}, {"type": "number", "multipleOf": 3}]},
        {"not": {"multipleOf": 6}},
        Proven,
    ),
    (
        "allOf oneOf",
        {"allOf": [{"oneOf": [{"const": 1}, {"const": 2}]}, {"oneOf": [{"const": 2}, {"const": 3}]}]},
        {"const": 2},
        Proven,
    ),
    (
        "unevaluated allOf",
        {
            "allOf": [{"properties": {"a": {}}}],
            "properties": {"b": {}},
            "unevaluatedProperties": False,
            "type": "object",
        },
        {"propertyNames": {"enum": ["a", "b"]}},
        Proven,
    ),
    (
        "unevaluated if",
        {
            "if": {"required": ["x"]},
            "then": {"properties": {"y": {}}},
            "properties": {"x": {}},
            "unevaluatedProperties": False,
            "type": "object",
        },
        {"dependentRequired": {"y": ["x"]}},
        Proven,
    ),
    (
        "unevaluated anyOf",
        {
            "type": "object",
            "anyOf": [
                {"properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"properties": {"b": {"type": "number"}}, "required": ["b"]},
            ],
            "unevaluatedProperties": False,
        },
        {"properties": {"a": {"type": "string"}}},
        Proven,
    ),
    (
        "unevaluated eq",
        {
            "allOf": [{"$ref": "#/$defs/base"}],
            "properties": {"c": {"type": "string"}},
            "unevaluatedProperties": False,
            "$defs": {"base": {"type": "object", "properties": {"a": {}}}},
        },
        {"type": "object", "properties": {"a": {}, "c": {"type": "string"}}, "additionalProperties": False},
        Proven,
    ),
    ("dep schemas", obj(dependentSchemas={"a": {"required": ["b"]}}, required=["a"]), {"required": ["b"]}, Proven),
    (
        "dep chain",
        obj(dependentRequired={"a": ["b"], "b": ["c"], "c": ["d"]}, required=["a"]),
        {"required": ["d"]},
        Proven,
    ),
    (
        "tree",
        {
            "$ref": "#/$defs/t",
            "$defs": {
                "t": obj(properties={"v": {"type": "integer"}, "c": {"type": "array", "items": {"$ref": "#/$defs/t"}}})
            },
        },
        {
            "$ref": "#/$defs/t",
            "$defs": {
                "t": obj(properties={"v": {"type": "number"}, "c": {"type": "array", "items": {"$ref": "#/$defs/t"}}})
            },
        },
        Proven,
    ),
    (
        "tree unrolled",
        {"$ref": "#/$defs/t", "$defs": {"t": obj(properties={"v": {"type": "integer"}, "c": {"$ref": "#/$defs/t"}})}},
        {
            "$ref": "#/$defs/t",
            "$defs": {
                "t": obj(
                    properties={
                        "v": {"type": "integer"},
                        "c": obj(properties={"v": {"type": "integer"}, "c": {"$ref": "#/$defs/t"}}),
                    }
                )
            },
        },
        Proven,
    ),
    (
        "infinite req",
        {"$ref": "#/$defs/t", "$defs": {"t": obj(properties={"c": {"$ref": "#/$defs/t"}}, required=["c"])}},
        False,
        Proven,
    ),
    (
        "list nil",
        {
            "$ref": "#/$defs/l",
            "$defs": {
                "l": {
                    "oneOf": [
                        {"type": "null"},
                        obj(
                            properties={"h": {"type": "integer"}, "t": {"$ref": "#/$defs/l"}},
                            required=["h", "t"],
                            additionalProperties=False,
                        ),
                    ]
                }
            },
        },
        {
            "$ref": "#/$defs/l",
            "$defs": {
                "l": {
                    "anyOf": [
                        {"type": "null"},
                        obj(properties={"h": {"type": "number"}, "t": {"$ref": "#/$defs/l"}}, required=["t"]),
                    ]
                }
            },
        },
        Proven,
    ),
    (
        "enum filter",
        {"enum": [1, "a", None, [1], {"x": 1}]},
        {
            "anyOf": [
                {"type": "integer"},
                {"maxLength": 1, "type": "string"},
                {"type": "null"},
                {"type": "array", "maxItems": 1},
                {"required": ["x"], "type": "object"},
            ]
        },
        Proven,
    ),
    (
        "not enum objects",
        {"type": "object", "not": {"enum": [{"a": 1}, {}]}, "maxProperties": 1, "propertyNames": {"const": "a"}},
        {"properties": {"a": {"not": {"const": 1}}}, "required": ["a"]},
        Proven,
    ),
    (
        "array of not enum",
        {"type": "array", "items": {"enum": [0, 1]}, "minItems": 2, "maxItems": 2, "not": {"enum": [[0, 0], [1, 1]]}},
        {"uniqueItems": True},
        Proven,
    ),
    ("minLength pattern", {"type": "string", "pattern": "^[a-z]{3,5}$"}, {"minLength": 3, "maxLength": 5}, Proven),
    ("lengths to pattern", {"type": "string", "minLength": 2, "maxLength": 2}, {"pattern": "^..$"}, Refuted),
    ("lengths to pattern s", {"type": "string", "minLength": 2, "maxLength": 2}, {"pattern": "^[\\s\\S]{2}$"}, Proven),
    ("pattern enum", {"enum": ["ab", "abb"]}, {"pattern": "^ab+$"}, Proven),
    ("pattern finite", {"type": "string", "pattern": "^(a|b)$"}, {"enum": ["a", "b"]}, Proven),
    ("required impossible", obj(properties={"a": False}, required=["a"]), False, Proven),
    ("const vs enum", obj(properties={"a": {"const": 1, "enum": [2, 3]}}, required=["a"]), {"type": "string"}, Proven),
    (
        "addl w/ optional",
        obj(properties={"a": {"type": "string"}}),
        obj(properties={"a": {"type": "string"}, "b": {"type": "string"}}),
        Refuted,
    ),
    (
        "addl closed w/ optional",
        obj(properties={"a": {"type": "string"}}, additionalProperties=False),
        obj(properties={"a": {"type": "string"}, "b": {"type": "string"}}, additionalProperties=False),
        Proven,
    ),
    (
        "draft4 excl",
        {"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 3, "exclusiveMinimum": True},
        {"exclusiveMinimum": 3},
        Proven,
    ),
    (
        "draft7 items mix",
        {"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "string"}], "additionalItems": False},
        {"prefixItems": [{"type": "string"}], "items": False},
        Proven,
    ),
    (
        "ref sibling7",
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "properties": {"a": {"$ref": "#/definitions/s", "minLength": 5}},
            "definitions": {"s": {"type": "string"}},
        },
        {"properties": {"a": {"type": "string", "minLength": 5}}},
        Refuted,
    ),
    (
        "3sat-ish",
        obj(
            allOf=[
                {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
                {"anyOf": [{"not": {"required": ["a"]}}, {"required": ["c"]}]},
                {"anyOf": [{"not": {"required": ["b"]}}, {"required": ["c"]}]},
            ]
        ),
        {"required": ["c"]},
        Proven,
    ),
    (
        "pigeon",
        {"type": "array", "minItems": 4, "maxItems": 4, "items": {"enum": [1, 2, 3]}},
        {"not": {"uniqueItems": True}},
        Proven,
    ),
    ("large enum", {"enum": list(range(2000))}, {"type": "integer", "minimum": 0, "maximum": 1999}, Proven),
    ("large enum eq", {"type": "integer", "minimum": 0, "maximum": 1999}, {"enum": list(range(2000))}, Proven),
    ("large range", {"type": "integer", "minimum": 0, "maximum": 10**9}, {"not": {"const": 5}}, Refuted),
    ("maxItems big", {"type": "array", "maxItems": 10**5}, {"maxItems": 10**5 - 1}, Refuted),
    ("maxLength big", {"type": "string", "maxLength": 10**5}, {"maxLength": 10**5 - 1}, Refuted),
    ("minItems 1000 uniq", {"type": "array", "minItems": 300, "uniqueItems": True}, {"maxItems": 299}, Refuted),
    ("minProperties 300", {"type": "object", "minProperties": 300}, {"maxProperties": 299}, Refuted),
    (
        "patternProperties overlap",
        obj(patternProperties={"^S_": {"type": "string"}, "_N$": {"type": "number"}}),
        {"properties": {"S_N": False}},
        Proven,
    ),
    (
        "required pattern",
        obj(patternProperties={"^x-": {"type": "integer"}}, required=["x-a"]),
        {"properties": {"x-a": {"type": "number"}}},
        Proven,
    ),
    (
        "content",
        {
            "type": "object",
            "properties": {
                "a": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"b": {"type": "string", "enum": ["x", "y"]}},
                        "required": ["b"],
                    },
                }
            },
        },
        {"properties": {"a": {"items": {"properties": {"b": {"maxLength": 1}}}}}},
        Proven,
    ),
    (
        "multi-level anyOf",
        obj(
            properties={
                "p": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                "q": {"anyOf": [{"type": "null"}, {"type": "boolean"}]},
            },
            required=["p", "q"],
        ),
        {
            "anyOf": [
                {"properties": {"p": {"type": "string"}}},
                {"properties": {"p": {"type": "integer"}, "q": {"type": ["null", "boolean"]}}},
            ]
        },
        Proven,
    ),
    (
        "minContains0",
        {"contains": {"type": "string"}, "minContains": 0},
        {"type": ["array", "null", "boolean", "number", "string", "object"]},
        Proven,
    ),
    (
        "nested not",
        {"not": {"properties": {"a": {"not": {"type": "string"}}}}},
        obj(required=["a"], properties={"a": {"type": "string"}}),
        Proven,
    ),
    ("exclusive touching", {"exclusiveMinimum": 1, "exclusiveMaximum": 2, "type": "integer"}, False, Proven),
    ("int+frac", {"type": "integer", "multipleOf": 0.5}, {"multipleOf": 1}, Proven),
    (
        "mult coprime",
        {"type": "integer", "multipleOf": 7, "minimum": 1, "maximum": 50, "not": {"multipleOf": 2}},
        {"enum": [7, 21, 35, 49]},
        Proven,
    ),
    (
        "closed objects w/ nullable",
        {"type": ["object", "null"], "properties": {"a": {"type": "integer"}}, "additionalProperties": False},
        {"oneOf": [{"type": "null"}, {"type": "object", "additionalProperties": {"type": "integer"}}]},
        Proven,
    ),
    (
        "recursion through not",
        {"$ref": "#/$defs/n", "$defs": {"n": {"type": "array", "items": {"not": {"$ref": "#/$defs/n"}}}}},
        {"type": "array"},
        Proven,
    ),
]


@pytest.mark.parametrize(
    ("a", "b", "answer"), [puzzle[1:] for puzzle in PUZZLES], ids=[puzzle[0] for puzzle in PUZZLES]
)
def test_a_puzzle_has_its_answer(a: Any, b: Any, answer: type) -> None:
    assert isinstance(includes(a, b, options=Options(seconds=20)), answer)


def test_what_speaks_of_objects_evaluates_nothing_of_an_array() -> None:
    a = {"type": "array", "dependentSchemas": {"b": {"items": True}}, "unevaluatedItems": False}
    assert includes(a, {"maxItems": 0}) == Proven()
    assert isinstance(includes({"type": "array"}, a), Refuted)
