"""The generator: the same records in every run, whatever was read before."""

from __future__ import annotations

import asyncio
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_standard import Generator
from penstock_standard.errors import BadSetting

TEMPLATE = {
    "n": {"$count": 1},
    "dice": [{"$integer": [1, 6]}, {"$integer": [1, 6]}],
    "share": {"$number": [0, 1]},
    "camera": {"$pick": ["gate", "dock"]},
    "at": {"$time": True},
    "fixed": {"a": [None, 1.5]},
}


def test_the_first_records_of_a_seed_are_pinned(context):
    node = Generator(TEMPLATE, count=2, seed=7, key="/camera", start="2024-05-01T00:00:00Z", every=0.5)
    first, second = node.read(context())
    assert first.payload == {
        "n": 1,
        "dice": [1, 1],
        "share": 0.706125599039479,
        "camera": "gate",
        "at": "2024-05-01T00:00:00Z",
        "fixed": {"a": [None, 1.5]},
    }
    assert (first.position, first.key, first.event_time.isoformat()) == (1, "gate", "2024-05-01T00:00:00+00:00")
    assert (second.payload["n"], second.payload["at"]) == (2, "2024-05-01T00:00:00.500000Z")


@given(st.integers(), st.integers(0, 30))
def test_reading_again_from_any_position_gives_the_rest(context, seed, stop):
    node = Generator({"x": {"$integer": [0, 10**12]}}, count=30, seed=seed)
    whole = list(node.read(context()))
    assert list(node.read(context(position=stop or None))) == whole[stop:]
    assert len({reading.payload["x"] for reading in whole}) == 30


@given(st.integers(-5, 5), st.integers(0, 5))
def test_an_integer_takes_every_value_of_its_range_and_no_other(context, low, span):
    node = Generator({"$integer": [low, low + span]}, count=60 * (span + 1))
    assert {reading.payload for reading in node.read(context())} == set(range(low, low + span + 1))


def test_without_a_count_it_goes_on(context):
    assert [reading.payload for reading in islice(Generator().read(context(position=5)), 3)] == [
        {"n": 5},
        {"n": 6},
        {"n": 7},
    ]


def test_a_rate_paces_and_changes_nothing_else(context):
    async def collect(node):
        return [reading async for reading in node.read(context())]

    paced = asyncio.run(collect(Generator(count=20, rate=1e6)))
    assert paced == list(Generator(count=20).read(context()))


@pytest.mark.parametrize(
    "template",
    [
        {"$intger": [1, 2]},
        {"$integer": [2, 1]},
        {"$integer": 5},
        {"$number": ["a", "b"]},
        {"$pick": []},
        {"$pick": "ab"},
        {"$count": None},
        {"$count": 1, "more": 2},
        {"a": [{"b": {"$time": True}}]},
    ],
)
def test_a_template_that_makes_no_sense_is_refused_at_the_start(template):
    with pytest.raises(BadSetting, match="`template`"):
        Generator(template)


def test_a_start_without_zone_is_refused():
    with pytest.raises(BadSetting, match="`start`"):
        Generator(start="2024-05-01T00:00:00")
