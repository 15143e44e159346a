"""The quick look at configs never says yes to what the real validator refuses, and says yes to what configs are made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.graph.fit import STEPS, surely_fits
from penstock.graph.guesses import Guesses
from penstock.graph.misfits import BadSchema, misfits_of

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.0, 1.0, -1.5, 2.5, 10**20]),
    st.sampled_from(["", "a", "ab", "🦺x"]),
)
names = st.sampled_from(["a", "b", "c"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=6
)
types = st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"])


POINTER = "^(/([^/~]|~[01])*)*$"
pointers = st.text(alphabet="/~01a\n", max_size=8)


@given(pointers)
def test_a_pointer_is_told_as_its_pattern_tells_it(text: str) -> None:
    schema = {"type": "string", "pattern": POINTER, "format": "json-pointer"}
    assert surely_fits(schema, text) == jsonschema_rs.Draft202012Validator(schema).is_valid(text)


def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    small = st.integers(0, 3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": types | st.lists(types, min_size=1, max_size=3, unique=True),
            "enum": st.lists(values, min_size=1, max_size=3),
            "const": values,
            "minimum": st.integers(-2, 2),
            "maximum": st.sampled_from([-1, 0, 1.5, 3]),
            "exclusiveMinimum": st.integers(-2, 2),
            "exclusiveMaximum": st.integers(-1, 3),
            "minLength": small,
            "maxLength": small,
            "minItems": small,
            "maxItems": small,
            "items": inner,
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
            "properties": st.dictionaries(names, inner, max_size=2),
            "required": st.lists(names, max_size=2, unique=True),
            "additionalProperties": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "$ref": st.sampled_from(["#/$defs/d", "#/$defs/e"]),
            "title": st.just("x"),
            "default": values,
            "not": inner,  # unknown to the quick look
            "pattern": st.sampled_from(["^a", POINTER]),
            "propertyNames": inner,
            "format": st.sampled_from(["json-pointer", "date", "email"]),
            "uniqueItems": st.booleans(),
            "minProperties": small,
            "dependentRequired": st.just({"a": ["b"]}),
        },
    )


schemas = st.recursive(st.booleans() | keywords(st.booleans()), keywords, max_leaves=5)


@given(schemas, schemas, values)
def test_whatever_surely_fits_is_valid(schema: Any, definition: Any, value: Any) -> None:
    if isinstance(schema, dict):
        schema = {**schema, "$defs": {"d": definition, "e": {"type": ["integer", "null"]}}}
    if surely_fits(schema, value):
        assert jsonschema_rs.Draft202012Validator(schema).is_valid(value)


@given(schemas, values)
def test_an_invalid_config_has_a_misfit_and_a_valid_one_none(schema: Any, value: Any) -> None:
    schema = {"type": "object", "properties": {"a": schema}, "$defs": {"d": True, "e": False}}
    valid = jsonschema_rs.Draft202012Validator(schema).is_valid({"a": value})
    assert (misfits_of(schema, {"a": value}, [], Guesses()) == []) == valid


NESTED = {
    "type": "object",
    "properties": {
        "of": {"$ref": "#/$defs/retry"},
        "or": {"anyOf": [{"$ref": "#/$defs/retry"}, {"type": "null"}], "default": None},
    },
    "required": ["of"],
    "additionalProperties": False,
    "$defs": {"retry": {"title": "Retry", "type": "object", "properties": {"first": {"type": "number", "minimum": 0}}}},
}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "object"}, {}),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}, {"a": 1}),
        ({"type": ["string", "null"], "description": "x"}, None),
        ({"enum": ["a", 1, None]}, 1),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 600}, 0.5),
        ({"type": "array", "prefixItems": [{"type": "number"}], "items": False, "minItems": 1, "maxItems": 1}, [2]),
        ({"type": "object", "additionalProperties": {"type": "string", "minLength": 1}}, {"X-Site": "hall"}),
        (NESTED, {"of": {"first": 1}, "or": None}),
        ({"type": "integer"}, 10**40),
        (
            {"type": "object", "propertyNames": {"pattern": POINTER, "format": "json-pointer"}, "default": {}},
            {"/a/b": 1},
        ),
        ({"properties": {"value": {}}}, {"value": {"any": ["thing"]}}),
    ],
)
def test_what_configs_are_made_of_needs_no_real_validator(schema: Any, value: Any) -> None:
    assert surely_fits(schema, value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"enum": [1]}, True),  # equal in Python, different in JSON
        ({"const": 0}, False),
        ({"type": "integer"}, True),
        ({"type": "number"}, float("nan")),
        ({"minimum": True}, 5),
        ({"type": "object", "required": "a"}, {"a": 1}),
        ({"$ref": "#"}, 1),
        ({"$ref": "https://example.org/x"}, 1),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, 1),
        ({"properties": {"a": {"$schema": "http://json-schema.org/draft-04/schema#"}}}, {"a": 1}),
        ({"$id": "urn:x", "$ref": "#/$defs/a", "$defs": {"a": {"type": "integer"}}}, 1),
        ({"pattern": "^a"}, "a"),
        ({"pattern": POINTER}, "a"),
        ("not a schema", 1),
        (None, 1),
    ],
)
def test_what_is_doubtful_is_left_to_the_real_validator(schema: Any, value: Any) -> None:
    assert not surely_fits(schema, value)


def test_a_schema_that_branches_without_end_is_given_up() -> None:
    twice = {"anyOf": [{"allOf": [{"$ref": "#/$defs/t"}, False]}, {"allOf": [{"$ref": "#/$defs/t"}, False]}]}
    inner = {"type": "array", "items": {"anyOf": [twice, {"type": "null"}]}}
    value: Any = None
    for _ in range(60):
        value = [value, value]
    assert STEPS <= 100_000
    assert not surely_fits({"$ref": "#/$defs/t", "$defs": {"t": inner}}, value)


def test_deep_configs_do_not_end_pythons_stack() -> None:
    tree = {
        "$defs": {"t": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/t"}}, {"type": "null"}]}},
        "$ref": "#/$defs/t",
    }
    value: Any = None
    for _ in range(120):
        value = [value]
    assert (
        misfits_of({"properties": {"a": tree["$defs"]["t"]}, "$defs": tree["$defs"]}, {"a": value}, [], Guesses()) == []
    )


@pytest.mark.parametrize(
    ("schema", "config", "told"),
    [
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, "x", "`a` is text, and must be empty or a whole number"),
        ({"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 3}]}, 1, "`a` must be at least 3"),
        ({"oneOf": [{"type": "integer"}, {"minimum": 0}]}, 1, "`a` has more than one of the forms that it may have"),
        (
            {"anyOf": [{"type": "null"}, {"properties": {"b": {"type": "integer"}}}]},
            {"b": "x"},
            "`a.b` is text, and must be a whole number",
        ),
        ({"const": "x"}, "y", '`a` can only be `"x"`'),
        ({"multipleOf": 5}, 7, "`a` must be a multiple of 5"),
        ({"not": {}}, 7, "`a` does not fit the schema of its node type (Not)"),
        ({"enum": [1, "one"]}, 2, "`a` can only be one of `1`, `one`"),
        (False, 2, "`a` may not be given"),
        ({"type": "integer"}, 1.5, "`a` is a fraction, and must be a whole number"),
        ({"items": {"properties": {"b": {"maxLength": 2}}}}, [{"b": "xyz"}], "`a[0].b` must have at most 2 characters"),
        ({"properties": {"b": False}, "minProperties": 2}, {"c": 1}, "`a` must have at least 2 keys"),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_config(schema: Any, config: Any, told: str) -> None:
    found = misfits_of({"properties": {"a": schema}}, {"a": config}, [], Guesses())
    assert [misfit.message for misfit in found] == [told]


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"$ref": "https://example.org/x"}, {"$ref": "#/nowhere"}, 7])
def test_a_schema_that_is_none_is_the_packs_mistake(schema: Any) -> None:
    with pytest.raises(BadSchema):
        misfits_of(schema, {"a": 1}, [], Guesses())


def test_a_schema_cannot_have_other_files_read(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"type": "integer"}')
    with pytest.raises(BadSchema):
        misfits_of({"$ref": (tmp_path / "other.json").as_uri()}, {}, [], Guesses())


def test_what_hangs_on_an_unknown_text_is_not_judged() -> None:
    schema = {
        "properties": {"a": {"type": "string", "maxLength": 3}, "b": {"type": "integer"}},
        "additionalProperties": False,
    }
    found = misfits_of(schema, {"a": "${LONG_NAME}", "b": "x", "c": 1}, ["/a"], Guesses())
    assert sorted(misfit.pointer for misfit in found) == ["/b", "/c"]
