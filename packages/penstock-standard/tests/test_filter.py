"""Conditions, as `filter` and `route` use them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import Record, spec_of
from penstock_standard import Filter, Route
from penstock_standard.conditions import _OPERATORS, same
from penstock_standard.errors import BadPointer, BadSetting

values = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2) | st.sampled_from([0.0, 1.0, 1.5, "", "1", "a"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


def passes(payload, **condition):
    return Filter(all=[condition]).process(Record(payload), None) is not None


@pytest.mark.parametrize(
    ("op", "value", "met", "not_met"),
    [
        ("eq", 1, [1, 1.0], [True, "1", 2, [1]]),
        ("eq", {"a": [True]}, [{"a": [True]}], [{"a": [1]}, {"a": [True], "b": 1}]),
        ("ne", 1, [True, "1", 2, None], [1, 1.0]),
        ("lt", 5, [4, 4.5, -1], [5, "4", True, None]),
        ("le", 5, [5], [5.1]),
        ("gt", "b", ["c"], ["a", "b", 99]),
        ("ge", 5, [5, 6], [4.9]),
        ("in", ["a", 1], ["a", 1.0], [True, "b", ["a"]]),
        ("not-in", ["a", 1], [True, "b"], ["a", 1]),
        ("contains", "b", ["abc", ["a", "b"]], ["ac", ["bc"], 5, {"b": 1}]),
        ("starts-with", "/api", ["/api/x"], ["x/api", 5]),
        ("ends-with", ".png", ["a.png"], ["a.jpg"]),
        ("matches", "^4[0-9]+$", ["404"], ["500", 404]),
    ],
)
def test_what_a_condition_means(op, value, met, not_met):
    assert [found for found in met if not passes({"x": found}, field="/x", op=op, value=value)] == []
    assert [found for found in not_met if passes({"x": found}, field="/x", op=op, value=value)] == []


@given(st.sampled_from(sorted(_OPERATORS)), values)
def test_a_field_that_is_not_there_meets_nothing_but_missing(op, value):
    value = [value] if op in ("in", "not-in") else value
    assert not passes({"y": 1}, field="/x", op=op, value=value)
    assert passes({"y": 1}, field="/x", op="missing")
    assert not passes({"y": 1}, field="/x", op="exists")


@given(values, values)
def test_no_condition_fails_on_any_value_and_opposites_are_opposite(found, value):
    said = {
        op: passes({"x": found}, field="/x", op=op, value=value)
        for op in ("eq", "ne", "lt", "le", "gt", "ge", "contains")
    }
    assert said["eq"] != said["ne"]
    assert not (said["lt"] and said["gt"])
    if said["lt"] or said["gt"]:
        assert said["ne"]
        assert said["le"] == said["lt"]
        assert said["ge"] == said["gt"]


@given(values, values, values)
def test_sameness_is_an_equivalence(one, two, three):
    assert same(one, one)
    assert same(one, two) == same(two, one)
    assert not (same(one, two) and same(two, three)) or same(one, three)


@given(st.lists(st.booleans(), max_size=3), st.lists(st.booleans(), max_size=3))
def test_all_of_all_and_one_of_any(every, some):
    if not every and not some:
        with pytest.raises(BadSetting, match="no condition"):
            Filter()
        return
    yes, no = {"field": "/x", "op": "exists"}, {"field": "/x", "op": "missing"}
    node = Filter(all=[yes if on else no for on in every], any=[yes if on else no for on in some])
    passed = node.process(Record({"x": 1}), None) is not None
    assert passed == (all(every) and (not some or any(some)))


@pytest.mark.parametrize(
    "condition",
    [
        {"field": "/x", "op": "matches", "value": "("},
        {"field": "/x", "op": "matches", "value": 5},
        {"field": "/x", "op": "in", "value": "abc"},
        {"field": "/x", "op": "eq"},
        {"field": "/x", "op": "exists", "value": True},
    ],
)
def test_a_condition_that_makes_no_sense_is_refused_at_the_start(condition):
    with pytest.raises(BadSetting, match="`op`"):
        Filter(all=[condition])
    with pytest.raises(BadPointer):
        Filter(all=[{**condition, "field": "x"}])


def test_route_sends_each_record_one_of_two_ways(context):
    node = Route(all=[{"field": "/status", "op": "ge", "value": 500}])
    ways = [node.process(Record({"status": status}), context()).port for status in (200, 500, 503)]
    assert ways == ["else", "match", "match"]
    assert [port.name for port in spec_of(Route).outputs] == ["match", "else"]
