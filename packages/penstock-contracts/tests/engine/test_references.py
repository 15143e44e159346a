"""Where references lead, in each draft, and what happens where they lead nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from penstock_contracts.inclusion import Comparison, Options, includes
from penstock_contracts.verdict import Proven, Refuted, Undecided

SEVEN = "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/s", "$defs": {"s": {"type": "string"}}},
        {"$ref": "#name", "$defs": {"s": {"$anchor": "name", "type": "string"}}},
        {"$id": "http://here/a.json", "$ref": "b.json", "$defs": {"s": {"$id": "b.json", "type": "string"}}},
        {"$ref": "#/$defs/a~1b%25", "$defs": {"a/b%": {"type": "string"}}},
        {"$schema": SEVEN, "$ref": "#x", "definitions": {"s": {"$id": "#x", "type": "string"}}},
        {"$schema": SEVEN, "$ref": "#/definitions/s", "type": "null", "definitions": {"s": {"type": "string"}}},
        {"$ref": "elsewhere.json#/definitions/s"},
        {"$ref": "file://elsewhere.json#/definitions/s"},
        {"$dynamicRef": "#d", "$defs": {"s": {"$dynamicAnchor": "d", "type": "string"}}},
    ],
)
def test_a_reference_means_what_it_leads_to(schema: Any) -> None:
    store = {"file:///w/elsewhere.json": {"definitions": {"s": {"type": "string"}}}}
    options = Options(base_a="file:///w/main.json", base_b="file:///w/main.json", store=store)
    assert includes(schema, {"type": "string"}, options=options) == Proven()
    assert includes({"type": "string"}, schema, options=options) == Proven()
    assert isinstance(includes({"type": "null"}, schema, options=options), Refuted)


def test_the_outermost_dynamic_anchor_wins() -> None:
    tree = {
        "$id": "http://here/tree",
        "$dynamicAnchor": "node",
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$dynamicRef": "#node"}}},
    }
    strict = {
        "$id": "http://here/strict",
        "$dynamicAnchor": "node",
        "$ref": "tree",
        "unevaluatedProperties": False,
        "$defs": {"tree": tree},
    }
    assert includes(strict, tree) == Proven()
    verdict = includes(tree, strict)
    assert isinstance(verdict, Refuted)


def test_recursive_schemas_are_compared_without_end_and_with_an_end() -> None:
    def tree(value: str) -> dict[str, Any]:
        return {"type": "object", "properties": {"v": {"type": value}, "c": {"type": "array", "items": {"$ref": "#"}}}}

    assert includes(tree("integer"), tree("number")) == Proven()
    verdict = includes(tree("number"), tree("integer"))
    assert isinstance(verdict, Refuted)
    assert verdict.witness == {"v": 0.5}


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"$ref": "http://example.com/x.json"}, "remote-reference"),
        ({"$ref": "#/nowhere"}, "invalid-schema"),
        ({"$ref": "#nowhere"}, "invalid-schema"),
        ({"$ref": "#"}, "unsupported"),
        ({"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}}, "unsupported"),
        ({"$schema": "http://example.com/dialect"}, "unknown-dialect"),
        ({"type": "text"}, "invalid-schema"),
        ({"minimum": "3"}, "invalid-schema"),
        ({"required": True}, "invalid-schema"),
        ({"properties": []}, "invalid-schema"),
        ([], "invalid-schema"),
        ({"const": float("nan")}, "unsupported"),
        ({"const": object()}, "invalid-schema"),
    ],
)
def test_what_cannot_be_read_is_undecided_and_says_why(schema: Any, reason: str) -> None:
    for verdict in (includes(schema, {"type": "string"}), includes({"type": "string"}, schema)):
        assert isinstance(verdict, Undecided)
        assert verdict.reason == reason


def test_a_remote_reference_matters_only_where_it_is_needed() -> None:
    remote = {"$ref": "http://example.com/x.json"}
    a, b = (
        {"properties": {"x": remote, "y": {"type": "integer"}}},
        {"properties": {"x": remote, "y": {"type": "number"}}},
    )
    assert includes(a, b) == Proven()
    assert isinstance(includes(b, a), Refuted)


def test_many_questions_about_the_same_two_documents_share_what_was_learnt() -> None:
    a = {"definitions": {"x": {"type": "integer"}, "y": {"items": {"$ref": "#/definitions/x"}, "type": "array"}}}
    b = {"definitions": {"x": {"type": "number"}, "y": {"items": {"$ref": "#/definitions/x"}}}}
    both = Comparison(a, b)
    assert both.includes("/definitions/x", "/definitions/x") == Proven()
    assert both.includes("/definitions/y", "/definitions/y") == Proven()
    assert isinstance(both.turned().includes("/definitions/y", "/definitions/y"), Refuted)
    assert isinstance(both.includes("/definitions/z", ""), Undecided)
