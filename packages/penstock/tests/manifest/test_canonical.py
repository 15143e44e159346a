"""Equal JSON values have equal text, and text that is read again gives an equal value."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.manifest.canonical import digest_of, text_of

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


def reordered(value):
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(list(value))}
    return [reordered(one) for one in value] if isinstance(value, list) else value


@given(VALUES)
def test_the_order_in_which_keys_were_given_does_not_matter(value):
    assert text_of(reordered(value)) == text_of(value)
    assert digest_of(reordered(value)) == digest_of(value)


@given(VALUES)
def test_what_is_written_is_what_is_read(value):
    read = json.loads(text_of(value))
    assert repr(read) == repr(json.loads(json.dumps(value, sort_keys=True)))


@given(VALUES, VALUES)
def test_different_values_have_different_digests(one, other):
    assert (digest_of(one) == digest_of(other)) == (text_of(one) == text_of(other))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None]}, '{\n  "a": [\n    true,\n    null\n  ],\n  "b": 1\n}\n'),
        ({"é": "\u2028"}, '{\n  "é": "\u2028"\n}\n'),
        ({}, "{}\n"),
        (2**70, "1180591620717411303424\n"),
        (1.0, "1.0\n"),
        (1e22, "1e+22\n"),
    ],
)
def test_the_text_is_pinned(value, text):
    assert text_of(value) == text


def test_the_digest_is_over_the_shortest_form_in_utf_8():
    expected = hashlib.sha256('{"a":"é","b":[1]}'.encode()).hexdigest()
    assert digest_of({"b": [1], "a": "é"}) == f"sha256:{expected}"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": -float("inf")}])
def test_what_json_cannot_say_is_refused(value):
    with pytest.raises(ValueError, match="JSON"):
        text_of(value)


def test_one_and_true_are_different():
    assert digest_of({"enum": [1]}) != digest_of({"enum": [True]})
