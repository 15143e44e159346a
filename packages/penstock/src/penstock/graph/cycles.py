"""Find the circles in which links lead.

Takes:   the sound links of a draft.
Gives:   `cycles_of`: circles, each a tuple of links that begins behind the link written last and ends with it.
         Take those last links away, and no circle is left, unless there were more than `MOST`.
Ignores: how to say it. No recursion: ten thousand nodes in a ring are a short story.
Source:  strongly connected components by R. Tarjan (1972), with a stack of its own.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from penstock.graph.draft import Draft, End, Join

    Arrow: TypeAlias = tuple[str, int]  # where it leads, and the number of the link by which it does
    Arrows: TypeAlias = Mapping[str, Sequence[Arrow]]

MOST = 20


def cycles_of(draft: Draft) -> Iterator[tuple[Join, ...]]:
    """Up to `MOST` circles; of each knot of nodes, the shortest circle through the node written first."""
    arrows: dict[str, list[Arrow]] = {name: [] for name in (*draft.nodes, *draft.written.channels)}
    for number, join in enumerate(draft.sound):
        if join.start is not None and join.finish is not None:
            arrows[_name(join.start)].append((_name(join.finish), number))
    rank = {name: number for number, name in enumerate(arrows)}
    knots = [sorted(knot, key=rank.__getitem__) for knot in knots_of(arrows)]
    knots.sort(key=lambda knot: rank[knot[0]], reverse=True)
    for _ in range(MOST):
        if not knots:
            return
        knot = knots.pop()
        cycle = _shortest(arrows, knot)
        closing = max(cycle)
        turned = cycle.index(closing) + 1
        yield tuple(draft.sound[number] for number in cycle[turned:] + cycle[:turned])
        inside = set(knot)
        left = {name: [a for a in arrows[name] if a[0] in inside and a[1] != closing] for name in knot}
        arrows.update(left)
        rest = [sorted(smaller, key=rank.__getitem__) for smaller in knots_of(left)]
        knots += sorted(rest, key=lambda smaller: rank[smaller[0]], reverse=True)


def _name(end: End) -> str:
    if end.node is not None:
        return end.node.id
    return end.channel.name if end.channel is not None else ""


def _shortest(arrows: Arrows, knot: Sequence[str]) -> list[int]:
    """The links of a shortest way from the first name of the knot back to itself."""
    goal, inside = knot[0], set(knot)
    came: dict[str, tuple[str, int]] = {}
    rim = [goal]
    while goal not in came:
        further = []
        for name in rim:
            for target, number in arrows[name]:
                if target in inside and target not in came:
                    came[target] = (name, number)
                    further.append(target)
        rim = further
    way: list[int] = []
    name = goal
    while not way or name != goal:
        name, number = came[name]
        way.append(number)
    return way[::-1]


def knots_of(arrows: Arrows) -> Iterator[Collection[str]]:
    """The strongly connected components that hold a circle: of two names or more, or of one that leads to itself.

    >>> list(knots_of({"a": [("b", 0)], "b": [("b", 1)], "c": []}))
    [['b']]
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: list[str] = []
    is_open: set[str] = set()
    for root in arrows:
        if root in index:
            continue
        work: list[tuple[str, Iterator[Arrow]]] = [(root, iter(arrows[root]))]
        index[root] = low[root] = len(index)
        open_.append(root)
        is_open.add(root)
        while work:
            name, rest = work[-1]
            target = next((arrow[0] for arrow in rest if arrow[0] not in index or arrow[0] in is_open), None)
            if target is None:
                work.pop()
                if work:
                    above = work[-1][0]
                    low[above] = min(low[above], low[name])
                if low[name] == index[name]:
                    knot = _cut(open_, is_open, name)
                    if len(knot) > 1 or any(target == name for target, _ in arrows[name]):
                        yield knot
            elif target in is_open:
                low[name] = min(low[name], index[target])
            else:
                index[target] = low[target] = len(index)
                open_.append(target)
                is_open.add(target)
                work.append((target, iter(arrows[target])))


def _cut(open_: list[str], is_open: set[str], name: str) -> list[str]:
    """Take the finished component off the stack."""
    knot: list[str] = []
    while not knot or knot[-1] != name:
        knot.append(open_.pop())
        is_open.discard(knot[-1])
    return knot
