"""Mistakes inside of schemas, with the place and the word that was meant."""

from __future__ import annotations

import pytest

from penstock_contracts.contract import Contract, Known, Source
from penstock_contracts.exact import text_of
from penstock_contracts.lint import lint

D7 = "http://json-schema.org/draft-07/schema#"
D4 = "http://json-schema.org/draft-04/schema#"


def linted(schema, **facts):
    contract = Contract(
        "c", schema, Source("c.json", text_of(schema, indent=1).encode()), "c", base="file:///c.json", **facts
    )
    return [(finding.code, finding.at.pointer, finding.hint) for finding in lint(contract)]


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({"type": "strng"}, ("K101", "/type", "write `string`")),
        ({"type": ["string", "nul"]}, ("K101", "/type/1", "write `null`")),
        ({"properties": []}, ("K101", "/properties", None)),
        ({"properties": {"a": 1}}, ("K101", "/properties", None)),
        ({"items": {"minLength": -1}}, ("K101", "/items/minLength", None)),
        ({"minLength": 1.5}, ("K101", "/minLength", None)),
        ({"multipleOf": 0}, ("K101", "/multipleOf", None)),
        ({"anyOf": []}, ("K101", "/anyOf", None)),
        ({"enum": "a"}, ("K101", "/enum", None)),
        ({"uniqueItems": 1}, ("K101", "/uniqueItems", None)),
        ({"exclusiveMinimum": True}, ("K101", "/exclusiveMinimum", None)),
        ({"$schema": D4, "exclusiveMinimum": 1}, ("K101", "/exclusiveMinimum", None)),
        ({"requird": ["a"]}, ("K106", "/requird", "write `required`")),
        ({"aditionalProperties": False}, ("K106", "/aditionalProperties", "write `additionalProperties`")),
        ({"$ref": "#/$defs/nde", "$defs": {"node": {}}}, ("K102", "/$ref", "write `#/$defs/node`")),
        ({"$ref": "other.json"}, ("K102", "/$ref", None)),
        ({"$schema": "https://example.org/mine"}, ("K105", "/$schema", "drafts 4, 6, 7, 2019-09 and 2020-12 are; other dialects may mean anything")),
        ({"$schema": D7, "properties": {"a": {"$ref": "#", "minimum": 1}}}, ("K104", "/properties/a/minimum", 'write `"allOf": [{"$ref": ...}]`')),
    ],
    ids=str,
)  # fmt: skip
def test_a_mistake_has_a_place_and_a_word_that_was_meant(schema, found):
    assert linted(schema) == [found]


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {},
        {"minLength": 2.0, "x-note": 1, "unit": "m"},
        {"$schema": D4, "minimum": 0, "exclusiveMinimum": True},
        {"$schema": D7, "items": [{}, True], "dependencies": {"a": ["b"], "c": {}}},
        {"$ref": "#/$defs/a%20b", "$defs": {"a b": {}}},
        {"$ref": "#here", "$defs": {"x": {"$anchor": "here"}}},
        {"$ref": "urn:mine", "$defs": {"x": {"$id": "urn:mine"}}},
        {"properties": {"requird": {"type": "string"}, "type": {"enum": ["strng"]}}},
        {"const": {"type": "strng"}, "default": {"minLength": -1}, "examples": [{"required": 1}]},
    ],
    ids=str,
)
def test_what_is_right_is_left_alone(schema):
    assert linted(schema) == []


def test_a_reference_into_another_file_is_followed_to_its_end():
    known = Known({"$defs": {"a": {}}}, Source("d.json"))
    documents = {"file:///d.json": known}
    assert linted({"$ref": "d.json#/$defs/a"}, documents=documents) == []
    assert linted({"$ref": "d.json#/$defs/b"}, documents=documents) == [("K102", "/$ref", "write `#/$defs/a`")]


def test_all_mistakes_are_told_at_once():
    schema = {"type": "strng", "properties": {"a": {"minLength": -1}, "b": {"$ref": "#/no"}}, "requird": []}
    assert sorted(code for code, _, _ in linted(schema)) == ["K101", "K101", "K102", "K106"]
