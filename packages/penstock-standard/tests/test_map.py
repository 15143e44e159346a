"""Changing fields: in a stated order, without touching the record that came in."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import Record, Reject
from penstock_standard import Map
from penstock_standard.errors import CannotCast, Missing

PAYLOAD = {"a": 1, "b": {"c": "2", "d": [1, 2]}, "e": None}


@pytest.mark.parametrize(
    ("config", "changed"),
    [
        ({"rename": {"/a": "/b/x"}}, {"b": {"c": "2", "d": [1, 2], "x": 1}, "e": None}),
        ({"copy": {"/b/c": "/f/g"}}, {**PAYLOAD, "f": {"g": "2"}}),
        ({"set": {"/a": {"n": 1}, "/b/d/-": 3}}, {**PAYLOAD, "a": {"n": 1}, "b": {"c": "2", "d": [1, 2, 3]}}),
        ({"cast": {"/b/c": "integer"}}, {**PAYLOAD, "b": {"c": 2, "d": [1, 2]}}),
        ({"remove": ["/b/d/0", "/e", "/nothing"]}, {"a": 1, "b": {"c": "2", "d": [2]}}),
        ({"keep": ["/b/c", "/a", "/nothing"]}, {"b": {"c": "2"}, "a": 1}),
        ({"rename": {"/nothing": "/x"}, "cast": {"/nothing": "integer"}}, PAYLOAD),
        ({"rename": {"/a": "/x"}, "copy": {"/x": "/y"}, "cast": {"/y": "string"}, "keep": ["/y"]}, {"y": "1"}),
        ({}, PAYLOAD),
    ],
)
def test_a_map_changes_what_it_says(context, config, changed):
    record = Record(copy.deepcopy(PAYLOAD), key="k")
    made = Map(**config).process(record, context())
    assert made.payload == changed
    assert record.payload == PAYLOAD
    assert made.key == "k"


@pytest.mark.parametrize(
    ("wanted", "table"),
    [
        ("integer", {"12": 12, " -3 ": -3, 4.0: 4, 2**70: 2**70}),
        ("number", {"12": 12, "1.5": 1.5, "1e3": 1000.0, 7: 7, True: 1}),
        ("string", {"x": "x", 5: "5", 1.5: "1.5", True: "true", 2**70: str(2**70)}),
        ("boolean", {"true": True, "FALSE": False, 1: True, "0": False}),
    ],
)
def test_a_cast_gives(context, wanted, table):
    node = Map(cast={"/x": wanted})
    for value, made in table.items():
        got = node.process(Record({"x": value}), context()).payload["x"]
        assert (got, type(got)) == (made, type(made))


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        ("integer", "1.5"),
        ("integer", 1.5),
        ("integer", "1_000"),
        ("integer", float("inf")),
        ("integer", None),
        ("number", "nan"),
        ("number", "1_0.5"),
        ("number", [1]),
        ("string", None),
        ("string", {}),
        ("boolean", 2),
        ("boolean", "yes"),
        ("boolean", None),
    ],
)
def test_a_cast_that_would_have_to_guess_rejects_the_record(context, wanted, value):
    with pytest.raises(CannotCast, match="N203: `/x`"):
        Map(cast={"/x": wanted}).process(Record({"x": value}), context())


@given(st.integers())
def test_an_integer_survives_the_way_to_text_and_back(n):
    there = Map(cast={"/n": "string"}).process(Record({"n": n}), None)
    assert Map(cast={"/n": "integer"}).process(there, None).payload == {"n": n}


def test_a_missing_field_rejects_the_record_when_asked_to(context):
    for config in ({"rename": {"/x": "/y"}}, {"copy": {"/x": "/y"}}, {"cast": {"/x": "string"}}, {"key": "/x"}):
        with pytest.raises(Missing, match="N201"):
            Map(**config, missing="reject").process(Record({}), context())


def test_a_value_has_to_have_a_place(context):
    with pytest.raises(Reject, match="N203: `/a/b`"):
        Map(set={"/a/b": 1}).process(Record({"a": "text"}), context())


def test_the_key_is_taken_from_the_changed_payload(context):
    made = Map(rename={"/id": "/track"}, key="/track").process(Record({"id": 7}, key="old"), context())
    assert made.key == "7"
