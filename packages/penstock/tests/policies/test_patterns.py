"""Patterns of names and links, and quantities as people write them."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.policies.patterns import fits, is_link_pattern, is_pattern, link_fits, weight
from penstock.policies.quantities import in_numbers, size

NAMES = st.text("abc-", max_size=8)


@given(st.text("abc-*?", max_size=8), NAMES)
def test_patterns_fit_as_those_of_the_shell_do(pattern, name):
    assert fits(pattern, name) == fnmatch.fnmatchcase(name, pattern)


@given(st.text("ab*", min_size=1, max_size=12), st.text("ab", max_size=12))
def test_stars_take_any_text_and_none(pattern, name):
    assert fits(pattern, name) == fnmatch.fnmatchcase(name, pattern)


def test_a_hostile_pattern_ends_soon():
    assert not fits("*a" * 100, "a" * 99 + "b" * 5000)


@given(NAMES.filter(bool))
def test_a_name_fits_itself_and_is_more_particular_than_any_pattern(name):
    assert fits(name, name)
    assert is_pattern(name)
    assert weight(name) > weight(name + "*") > weight("*")


@pytest.mark.parametrize(
    ("pattern", "link", "yes"),
    [
        ("zone -> cooldown", "zone.out -> cooldown.in", True),
        ("zone->cooldown", "zone.out -> cooldown.in", True),
        ("zone.out -> cooldown.in", "zone.out -> cooldown.in", True),
        ("zone.rest -> cooldown", "zone.out -> cooldown.in", False),
        ("* -> events", "cooldown.out -> events", True),
        ("events -> *", "events@uplink -> uplink.in", True),
        ("events@up* -> uplink", "events@uplink -> uplink.in", True),
        ("events@archive -> *", "events@uplink -> uplink.in", False),
        ("events.out -> *", "events@uplink -> uplink.in", False),
        ("cooldown -> zone", "zone.out -> cooldown.in", False),
    ],
)
def test_links_are_selected_by_their_ends(pattern, link, yes):
    assert is_link_pattern(pattern)
    assert link_fits(pattern, link) == yes


@pytest.mark.parametrize("text", ["", "->", "a ->", "a", "a -> b -> c", "a b -> c", "a.b.c -> d", "a -> $"])
def test_what_has_not_two_ends_is_no_link(text):
    assert not is_link_pattern(text)


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("64KiB", 65_536), ("1MiB", 1 << 20), ("2GiB", 2 << 30), ("1TiB", 1 << 40), ("5B", 5), ("0B", 0),
        ("10kB", 10_000), ("10KB", 10_000), ("10MB", 10_000_000), ("1.5MB", 1_500_000), ("0.5KiB", 512), ("1GB", 10**9),
        ("", None), ("B", None), ("10", None), ("1.3B", None), (".5KiB", None), ("1.KiB", None), ("-1KiB", None),
        ("1 KiB", None), ("1e3B", None), ("1kib", None), ("٣KiB", None), ("9" * 30 + "B", None),
    ],
)  # fmt: skip  # a table of texts reads better in a few lines
def test_sizes_are_read_exactly_or_not_at_all(text, bytes_):
    assert size(text) == bytes_


@pytest.mark.parametrize(
    ("schema", "value", "made"),
    [
        ({"type": "number"}, "500ms", 0.5),
        ({"type": "number"}, "7d", 604_800.0),
        ({"type": "number"}, "64KiB", "64KiB"),
        ({"type": "integer"}, "64KiB", 65_536),
        ({"type": "integer"}, "5s", "5s"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "1MiB", 1 << 20),
        ({"anyOf": [{"type": "number"}, {"type": "string"}]}, "5s", "5s"),
        ({"type": ["number", "null"]}, "5s", 5.0),
        ({"type": ["number", "integer"]}, "5s", 5.0),
        ({"type": "string"}, "5s", "5s"),
        ({"enum": ["5s", "10s"]}, "5s", "5s"),
        ({}, "5s", "5s"),
        (True, "5s", "5s"),
        ({"$ref": "#/$defs/wait"}, "2m", 120.0),
        ({"$ref": "#/$defs/loop"}, "2m", "2m"),
        ({"type": "array", "items": {"type": "number"}}, ["1s", "x", 3], [1.0, "x", 3]),
        ({"type": "object", "additionalProperties": {"type": "number"}}, {"a": "1s"}, {"a": 1.0}),
        ({"type": "object", "properties": {"a": {"type": "number"}}}, {"a": "1s", "b": "1s"}, {"a": 1.0, "b": "1s"}),
        ({"type": "number"}, True, True),
    ],
)
def test_a_quantity_becomes_a_number_where_the_schema_wants_one(schema, value, made):
    definitions = {"wait": {"type": "number"}, "loop": {"$ref": "#/$defs/loop"}}
    whole = {"type": "object", "properties": {"x": schema}, "$defs": definitions}
    found = in_numbers(whole, {"x": value})["x"]
    assert found == made
    assert type(found) is type(made)
