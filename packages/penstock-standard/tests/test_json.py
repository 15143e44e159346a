"""What may be written as JSON, and what is said about what may not be read."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import Record
from penstock_standard._json import encode, envelope
from penstock_standard.errors import NotJson

finite = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
not_finite = st.sampled_from([math.nan, math.inf, -math.inf])


def around(inner):
    return st.recursive(inner, lambda some: st.lists(some) | st.dictionaries(st.text(), some), max_leaves=6)


@given(around(finite))
def test_what_is_written_means_the_same_in_python(payload):
    data = encode(payload)
    assert b"\n" not in data
    assert json.loads(data) == payload


@given(around(finite), not_finite, st.data())
def test_a_number_that_is_not_finite_is_refused_wherever_it_hides(payload, bad, data):
    place = data.draw(st.sampled_from(["alone", "list", "object"]))
    hiding = {"alone": bad, "list": [payload, bad, None], "object": {"null": payload, "x": {"y": bad}}}[place]
    with pytest.raises(NotJson, match="not finite"):
        encode(hiding)


@pytest.mark.parametrize("payload", [object(), {"a": {1: object()}}, "\ud800", {("a", "b"): 1}])
def test_what_json_cannot_say_is_refused(payload):
    with pytest.raises(NotJson, match="N205"):
        encode(payload)


def test_the_envelope_says_the_same_in_every_run(at):
    record = Record({"n": 1}, key="k", event_time=at(0))
    told = envelope(record)
    assert list(told) == ["id", "key", "event_time", "source", "correlation", "attributes", "payload"]
    assert (told["id"], told["event_time"]) == (record.id, "2024-01-01T00:00:00+00:00")
    assert told == envelope(Record({"n": 1}, key="k", event_time=at(0)))
