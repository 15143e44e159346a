"""Circles among links: each one that is named is one, and without the named links none is left."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from penstock.graph.cycles import MOST, cycles_of, knots_of

HEAD = "format: 1\nname: x\nnodes:\n  src: {type: generator}\n  end: {type: stdout}\n"


def text_of(count: int, links: list[tuple[int, int]]) -> str:
    nodes = "".join(f"  n{number}: {{type: map}}\n" for number in range(count))
    return HEAD + nodes + "links:\n" + "".join(f"  - {{from: n{a}, to: n{b}}}\n" for a, b in links)


def circles(world: Any, count: int, links: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """The circles that are named, each as its links."""
    named: list[list[tuple[int, int]]] = []

    class Spy:
        code = "X"

        def findings(self, draft: Any, places: Any) -> list[Any]:
            named.extend(
                [(int(join.start.node.id[1:]), int(join.finish.node.id[1:])) for join in cycle]
                for cycle in cycles_of(draft)
            )
            return []

    world.load(text_of(count, links), checks=[Spy()])
    return named


def has_circle(links: set[tuple[int, int]]) -> bool:
    """By taking away what nothing leads to, the slow way."""
    left = set(links)
    while left:
        ends = {b for _, b in left}
        fewer = {(a, b) for a, b in left if a in ends}
        if fewer == left:
            return True
        left = fewer
    return False


edges = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=14, unique=True)


@given(links=edges)
def test_circles_are_found_exactly_when_there_are_some(links: list[tuple[int, int]], world: Any) -> None:
    named = circles(world, 7, links)
    assert bool(named) == has_circle(set(links))
    for circle in named:
        assert set(circle) <= set(links)
        assert all(circle[index][1] == circle[(index + 1) % len(circle)][0] for index in range(len(circle)))
        assert circle[-1] == max(circle, key=links.index)
    assert not has_circle(set(links) - {circle[-1] for circle in named}) or len(named) == MOST


@given(edges)
def test_knots_are_what_can_reach_itself_and_each_other(links: list[tuple[int, int]]) -> None:
    arrows = {str(n): [(str(b), i) for i, (a, b) in enumerate(links) if a == n] for n in range(7)}
    reach = {(a, b) for a, b in links}
    for k in range(7):
        reach |= {(a, b) for a in range(7) for b in range(7) if (a, k) in reach and (k, b) in reach}
    slowly = {
        frozenset(str(b) for b in range(7) if (a, b) in reach and (b, a) in reach) for a in range(7) if (a, a) in reach
    }
    assert {frozenset(knot) for knot in knots_of(arrows)} == slowly


def test_a_ring_of_ten_thousand_is_one_circle(world: Any) -> None:
    links = [(number, (number + 1) % 10_000) for number in range(10_000)]
    began = time.perf_counter()
    named = circles(world, 10_000, links)
    assert [len(circle) for circle in named] == [10_000]
    assert time.perf_counter() - began < 30  # seconds; it takes one or two


def test_no_more_circles_are_named_than_anybody_reads(world: Any) -> None:
    links = [(a, b) for a in range(20) for b in range(20)]
    assert len(circles(world, 20, links)) == MOST
