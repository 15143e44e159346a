"""Pointers join and split; hints name the nearest name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_findings import hint_for, nearest, pointers


@given(st.lists(st.text()))
def test_split_undoes_join(tokens):
    assert pointers.split(pointers.join("", *tokens)) == tokens


@pytest.mark.parametrize(
    ("pointer", "tokens"),  # the table of RFC 6901, section 5, without the document
    [
        ("", []),
        ("/foo/0", ["foo", "0"]),
        ("/", [""]),
        ("/a~1b", ["a/b"]),
        ("/m~0n", ["m~n"]),
        ("/~01", ["~1"]),
        ("/ ", [" "]),
    ],
)
def test_pointers_are_escaped_as_rfc_6901_says(pointer, tokens):
    assert pointers.split(pointer) == tokens
    assert pointers.join("", *tokens) == pointer


def test_a_pointer_without_slash_is_none():
    with pytest.raises(ValueError, match="starts with"):
        pointers.split("a/b")


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("recrod", ["record", "rest"], "write `record`"),
        ("RECORD", ["record", "rest"], "write `record`"),
        ("zzz", ["b", "a"], "choose one of `a`, `b`"),
        ("zzz", [], None),
        ("", ["a"], "choose one of `a`"),
        (
            "zzz",
            [f"a{n:02}" for n in range(13)],
            "choose one of " + ", ".join(f"`a{n:02}`" for n in range(12)) + ", ...",
        ),
    ],
)
def test_a_hint_names_the_nearest_or_the_choice(word, known, hint):
    assert hint_for(word, iter(known)) == hint


@given(st.sets(st.text(min_size=1)), st.data())
def test_a_known_word_is_nearest_to_itself(known, data):
    if known:
        word = data.draw(st.sampled_from(sorted(known)))
        assert nearest(word[:200], {*known, word[:200]}) == word[:200]


def test_a_long_wrong_word_costs_little():
    assert nearest("x" * 1_000_000, ["record"]) is None
