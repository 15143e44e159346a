"""JSON Pointers: what is put in is found, what is taken out is gone, and nobody's payload changes."""

from __future__ import annotations

import copy

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from penstock_standard._pointers import MISSING, Pointer
from penstock_standard.errors import BadPointer

names = st.sampled_from(["a", "b", "~", "/", "", "0", "1", "~1"])
payloads = st.recursive(
    st.integers(0, 3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
pointers = st.lists(names, max_size=3).map(
    lambda tokens: Pointer("".join("/" + token.replace("~", "~0").replace("/", "~1") for token in tokens))
)


@given(payloads, pointers, payloads)
def test_what_is_put_in_is_found_and_the_rest_stays(payload, pointer, value):
    before = copy.deepcopy(payload)
    changed = pointer.put(payload, value)
    assert payload == before
    assume(changed is not MISSING)
    assert pointer.find(changed) == value
    if pointer.find(payload) is not MISSING:
        assert pointer.put(changed, pointer.find(payload)) == payload


@given(payloads, pointers)
def test_what_is_taken_out_of_an_object_is_gone(payload, pointer):
    before = copy.deepcopy(payload)
    changed = pointer.without(payload)
    assert payload == before
    if pointer.find(payload) is MISSING:
        assert changed is payload
    elif pointer.tokens and isinstance(Pointer(pointer.text.rpartition("/")[0]).find(payload), dict):
        assert pointer.find(changed) is MISSING
        assert pointer.put(changed, pointer.find(payload)) == payload


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", {"a": [10, {"b/c": 1, "m~n": 2}], "": 3}),
        ("/a/0", 10),
        ("/a/1/b~1c", 1),
        ("/a/1/m~0n", 2),
        ("/", 3),
        ("/a/2", MISSING),
        ("/a/00", MISSING),
        ("/a/-1", MISSING),
        ("/a/-", MISSING),
        ("/a/0/x", MISSING),
        ("/b", MISSING),
    ],
)
def test_a_pointer_finds(pointer, found):
    assert Pointer(pointer).find({"a": [10, {"b/c": 1, "m~n": 2}], "": 3}) == found


@pytest.mark.parametrize("text", ["a", "a/b", "/~", "/~2", "/a~"])
def test_what_is_no_pointer_is_refused(text):
    with pytest.raises(BadPointer, match="not a JSON Pointer"):
        Pointer(text)
