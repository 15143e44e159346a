"""What a witness is: a plain value that the reference validator tells apart, small, exact, and with its places."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from penstock_contracts.inclusion import Options, breaks, equivalent, includes, satisfiable
from penstock_contracts.verdict import Found, Nothing, Proven, Refuted, Undecided


@pytest.mark.parametrize(
    ("a", "b", "witness"),
    [
        ({"type": "number"}, {"type": "integer"}, 0.5),
        ({"enum": [1]}, {"enum": [True]}, 1),  # equal in Python, different in JSON
        ({"enum": [False]}, {"enum": [0]}, False),
        ({"multipleOf": 0.1, "minimum": 0.3, "maximum": 0.3}, {"multipleOf": 0.2}, 0.3),
        ({"const": 9007199254740993}, {"maximum": 9007199254740992}, 9007199254740993),
        ({"const": Decimal("0.1000000000000000000001")}, {"const": 0.1}, Decimal("0.1000000000000000000001")),
        ({"type": "string", "minLength": 1}, {"maxLength": 0}, "a"),
        ({"type": "object", "required": ["id"]}, {"maxProperties": 0}, {"id": None}),
        ({"type": "array", "minItems": 2}, {"uniqueItems": True}, [None, None]),
        ({"items": {"type": "string"}, "type": "array"}, {"items": {"minLength": 1}}, [""]),
    ],
)
def test_the_witness_is_small_and_exact(a: Any, b: Any, witness: Any) -> None:
    verdict = includes(a, b)
    assert isinstance(verdict, Refuted)
    assert verdict.witness == witness
    assert type(verdict.witness) is type(witness)


def test_one_and_one_point_zero_are_the_same_number() -> None:
    assert includes({"const": 1}, {"const": 1.0}) == Proven()
    assert includes({"const": 1.0, "type": "integer"}, {"enum": [Decimal("1.00")]}) == Proven()


def test_a_break_deep_inside_is_told_by_its_place_in_both_schemas() -> None:
    a = {
        "definitions": {"p": {"properties": {"n": {"type": ["integer", "null"]}}}},
        "items": {"$ref": "#/definitions/p"},
    }
    b = {"items": {"properties": {"n": {"type": "integer"}}}}
    verdict = includes({**a, "type": "array"}, b)
    assert isinstance(verdict, Refuted)
    assert verdict.witness == [{"n": None}]
    assert (verdict.a_pointer, verdict.b_pointer) == ("/definitions/p/properties/n/type", "/items/properties/n/type")
    assert verdict.keyword == "type"


def test_of_a_choice_the_branch_that_was_meant_is_told() -> None:
    a = {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"n": {"type": "number"}}}]}
    b = {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"n": {"type": "integer"}}}]}
    verdict = includes(a, b)
    assert isinstance(verdict, Refuted)
    assert verdict.b_pointer == "/anyOf/1/properties/n/type"


def test_every_clause_that_refuses_something_is_told_with_a_witness_of_its_own() -> None:
    a = {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "name": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["id"],
    }
    b = {
        "type": "object",
        "properties": {
            "id": {"type": "integer", "minimum": 3},
            "name": {"type": "string", "maxLength": 5},
            "tags": {"type": "array", "items": {"type": "string", "minLength": 1}},
        },
        "required": ["id", "name"],
        "additionalProperties": False,
    }
    found = {answer.b_pointer: answer for answer in breaks(a, b) if isinstance(answer, Refuted)}
    assert set(found) == {
        "/properties/id/minimum",
        "/properties/name/maxLength",
        "/properties/tags/items/minLength",
        "/required/1",
        "/additionalProperties",
    }
    for answer in found.values():
        jsonschema.validate(answer.witness, a)
        assert not jsonschema.Draft202012Validator(b).is_valid(answer.witness)


def test_nothing_is_told_where_nothing_breaks() -> None:
    assert list(breaks({"type": "integer"}, {"type": "number"})) == []


def test_what_satisfies_a_schema_is_found_or_there_is_nothing() -> None:
    assert satisfiable({"type": "string", "minLength": 3}) == Found("aaa")
    assert satisfiable({"allOf": [{"enum": [1, 2]}, {"not": {"enum": [2, 1.0]}}]}) == Nothing()
    assert satisfiable({"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}}) == Nothing()
    assert isinstance(satisfiable({"pattern": "(a)\\1", "type": "string"}), Undecided)


def test_two_schemas_are_equivalent_or_something_tells_them_apart() -> None:
    assert equivalent({"type": ["integer", "number"]}, {"type": "number"}) == Proven()
    verdict = equivalent({"type": "string"}, {"type": ["string", "null"]})
    assert isinstance(verdict, Refuted)
    assert verdict.witness is None


def test_a_format_says_something_only_if_it_is_an_assertion() -> None:
    dated, text = {"type": "string", "format": "ipv4"}, {"type": "string"}
    assert equivalent(dated, text) == Proven()
    asserted = Options(formats="assertion")
    assert includes(dated, text, options=asserted) == Proven()
    verdict = includes(text, dated, options=asserted)
    assert isinstance(verdict, Refuted)
    assert isinstance(verdict.witness, str)


def test_a_difference_that_only_a_line_end_shows_is_called_exotic() -> None:
    verdict = includes({"type": "string", "pattern": "^a$"}, {"pattern": "^[^\\n]*$"})
    assert verdict == Proven()  # in ECMA-262 `$` is the very end; Python's `re` would let a line end follow
    verdict = includes({"type": "string", "pattern": "^.a\\d$"}, {"pattern": "^[^\\u2028]a[0-9]$"})
    assert verdict == Proven()  # in ECMA-262 `.` is no line separator and `\\d` is ASCII
