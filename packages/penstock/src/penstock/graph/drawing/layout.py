"""Decide where the boxes of a picture go: in layers from left to right, with few crossings and straight arrows.

Takes:   the sizes of boxes, the arrows between them, the room that words on arrows need.
Gives:   `arrange`: a place for each box, and the points through which each arrow goes.
Ignores: what a box shows. Everything is deterministic, and about linear in the size of the picture.
Source:  the layered method of Sugiyama, Tagawa and Toda (1981): longest path, barycentres, then heights by isotonic
         regression, which is the nearest to what each box would like that keeps the order and the distances.
"""

from __future__ import annotations

from itertools import pairwise

from penstock_findings.fact import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    Point: TypeAlias = tuple[float, float]

GAP = 64.0  # between layers at least
SPACE = 22.0  # between boxes of a layer
SLOT = 20.0  # between points of one box where arrows leave or arrive
BEND = 14.0  # between an arrow that passes through a layer and its neighbours
MOST_BENDS = 20_000  # points where arrows pass a layer; in larger pictures, long arrows go straight
SWEEPS = 12


class Size(Fact):
    """Width and height of a box."""

    width: float
    height: float


class Wire(Fact):
    """An arrow: from box to box, by their numbers, and the width of the words on it.

    Arrows of one box that have one `tail` leave it at one point, others apart; the same for `head`.
    """

    start: int
    finish: int
    words: float
    tail: str = ""
    head: str = ""


class Layout(Fact):
    """`boxes`: left and top of each; `wires`: for each arrow, the points from the right of a box to the left of another."""

    width: float
    height: float
    boxes: tuple[Point, ...]
    wires: tuple[tuple[Point, ...], ...]


class _Grid:
    """Boxes and bends in layers. Numbers from `len(sizes)` on are bends."""

    def __init__(self, sizes: Sequence[Size], wires: Sequence[Wire]) -> None:
        self.sizes = list(sizes)
        self.layer = layers_of(len(sizes), wires)
        self.chains: list[list[int]] = []  # for each arrow, the boxes and bends that it passes
        spans = sum(max(0, self.layer[wire.finish] - self.layer[wire.start] - 1) for wire in wires)
        for wire in wires:
            self.chains.append([wire.start, *(self._bends(wire) if spans <= MOST_BENDS else ()), wire.finish])
        self.rows: list[list[int]] = [[] for _ in range(max(self.layer, default=-1) + 1)]
        for item, layer in enumerate(self.layer):
            self.rows[layer].append(item)
        self.before: list[list[int]] = [[] for _ in self.sizes]
        self.after: list[list[int]] = [[] for _ in self.sizes]
        for chain in self.chains:
            for left, right in pairwise(chain):
                self.after[left].append(right)
                self.before[right].append(left)

    def _bends(self, wire: Wire) -> list[int]:
        bends = []
        for layer in range(self.layer[wire.start] + 1, self.layer[wire.finish]):
            bends.append(len(self.sizes))
            self.sizes.append(Size(0.0, 0.0))
            self.layer.append(layer)
        return bends

    def distance(self, upper: int, lower: int) -> float:
        """How far the middles of two neighbours in a layer are apart at least."""
        heights = (self.sizes[upper].height + self.sizes[lower].height) / 2
        is_bend = not (self.sizes[upper].height and self.sizes[lower].height)
        return heights + (BEND if is_bend else SPACE)


def arrange(sizes: Sequence[Size], wires: Sequence[Wire]) -> Layout:
    """Places for boxes of these sizes with these arrows between them."""
    if not sizes:
        return Layout(0.0, 0.0, (), ())
    grid = _Grid(sizes, wires)
    _order(grid)
    lefts, widths, total = _columns(grid, wires)
    middles = _middles(grid)
    boxes = tuple(
        (lefts[grid.layer[item]] + (widths[grid.layer[item]] - size.width) / 2, middles[item] - size.height / 2)
        for item, size in enumerate(sizes)
    )
    ends = list(zip(grid.chains, wires, strict=True))
    leave = _anchors([(wire.start, wire.tail, chain[1]) for chain, wire in ends], middles)
    arrive = _anchors([(wire.finish, wire.head, chain[-2]) for chain, wire in ends], middles)
    paths = tuple(
        _path(
            grid, chain, boxes, (leave[wire.start, wire.tail], arrive[wire.finish, wire.head]), lefts, widths, middles
        )
        for chain, wire in ends
    )
    height = max(top + size.height for (_, top), size in zip(boxes, sizes, strict=True))
    height = max([height, *(y for path in paths for _, y in path)])
    return Layout(total, height, boxes, paths)


def layers_of(count: int, wires: Sequence[Wire]) -> list[int]:
    """The layer of each box: one behind the last of those that lead to it; a box that nothing leads to stands close by.

    Arrows that go back, which a graph that was checked does not have, are ignored.
    """
    after: list[list[int]] = [[] for _ in range(count)]
    waits = [0] * count
    for wire in wires:
        after[wire.start].append(wire.finish)
        waits[wire.finish] += 1
    firsts = [item for item in range(count) if not waits[item]]
    layer = [0] * count
    order = list(firsts)
    for item in order:  # grows while it is walked
        for follower in after[item]:
            layer[follower] = max(layer[follower], layer[item] + 1)
            waits[follower] -= 1
            if not waits[follower]:
                order.append(follower)
    for item in firsts:
        if after[item]:
            layer[item] = max(0, min(layer[follower] for follower in after[item]) - 1)
    return layer


# the order within layers


def _order(grid: _Grid) -> None:
    """Sort every layer by where its neighbours stand, back and forth, and keep the order with the fewest crossings."""
    is_small = len(grid.sizes) <= 2_000
    best, fewest = [list(row) for row in grid.rows], _crossings(grid) if is_small else 0
    for sweep in range(SWEEPS if is_small else 2):
        if is_small and not fewest:
            break
        down = sweep % 2 == 0
        rows = range(1, len(grid.rows)) if down else range(len(grid.rows) - 2, -1, -1)
        for index in rows:
            _sort(grid, index, grid.before if down else grid.after, index - 1 if down else index + 1)
        crossings = _crossings(grid) if is_small else -1
        if crossings < fewest:
            best, fewest = [list(row) for row in grid.rows], crossings
    grid.rows = best


def _sort(grid: _Grid, index: int, neighbours: Sequence[Sequence[int]], beside: int) -> None:
    place = {item: float(position) for position, item in enumerate(grid.rows[beside])}
    row = grid.rows[index]
    wish = {}
    for position, item in enumerate(row):
        seen = [place[other] for other in neighbours[item] if other in place]
        wish[item] = sum(seen) / len(seen) if seen else float(position)
    row.sort(key=wish.__getitem__)  # stable: equal wishes keep their order


def _crossings(grid: _Grid) -> int:
    """How many arrows cross, between neighbouring layers."""
    total = 0
    for left, right in pairwise(grid.rows):
        place = {item: position for position, item in enumerate(right)}
        ends = [
            place[other]
            for item in left
            for other in sorted(grid.after[item], key=lambda o: place.get(o, 0))
            if other in place
        ]
        total += _inversions(ends, len(right))
    return total


def _inversions(numbers: Sequence[int], bound: int) -> int:
    """Pairs that stand in the wrong order; counted with a tree of sums (P. Fenwick, 1994)."""
    sums = [0] * (bound + 1)
    total = 0
    for seen, number in enumerate(numbers):
        at = number + 1
        not_above = 0
        while at:
            not_above += sums[at]
            at &= at - 1
        total += seen - not_above
        at = number + 1
        while at <= bound:
            sums[at] += 1
            at += at & -at
    return total


# heights


def _middles(grid: _Grid) -> list[float]:
    """The height of the middle of every box and bend."""
    middles = [0.0] * len(grid.sizes)
    for row in grid.rows:
        _place(grid, row, [0.0] * len(row), middles)
    for sweep in range(8 if len(grid.sizes) <= 20_000 else 4):
        rows = grid.rows if sweep % 2 == 0 else grid.rows[::-1]
        sides = (grid.before,) if sweep % 2 == 0 else (grid.after,)
        for row in rows:
            wishes = [_wish(item, sides, middles) for item in row]
            _place(grid, row, wishes, middles)
    for row in grid.rows:
        _place(grid, row, [_wish(item, (grid.before, grid.after), middles) for item in row], middles)
    top = min(middle - size.height / 2 for middle, size in zip(middles, grid.sizes, strict=True))
    return [middle - top for middle in middles]


def _wish(item: int, sides: Sequence[Sequence[Sequence[int]]], middles: Sequence[float]) -> float:
    seen = [middles[other] for side in sides for other in side[item]]
    return sum(seen) / len(seen) if seen else middles[item]


def _place(grid: _Grid, row: Sequence[int], wishes: Sequence[float], middles: list[float]) -> None:
    """As near to the wishes as the order and the distances allow (least squares, by pooling neighbours that collide)."""
    offsets = [0.0]
    for upper, lower in pairwise(row):
        offsets.append(offsets[-1] + grid.distance(upper, lower))
    pools: list[tuple[float, int]] = []  # mean, how many
    for wish, offset in zip(wishes, offsets, strict=True):
        mean, count = wish - offset, 1
        while pools and pools[-1][0] > mean:
            other, others = pools.pop()
            mean, count = (mean * count + other * others) / (count + others), count + others
        pools.append((mean, count))
    at = 0
    for mean, count in pools:
        for index in range(at, at + count):
            middles[row[index]] = mean + offsets[index]
        at += count


# columns and arrows


def _columns(grid: _Grid, wires: Sequence[Wire]) -> tuple[list[float], list[float], float]:
    """Left and width of every layer, and the width of all; gaps are as wide as the words on the arrows in them."""
    widths = [max(grid.sizes[item].width for item in row) if row else 0.0 for row in grid.rows]
    gaps = [GAP] * len(widths)
    for wire in wires:
        layer = grid.layer[wire.start]
        gaps[layer] = max(gaps[layer], wire.words + GAP)
    lefts = [0.0]
    for width, gap in zip(widths, gaps, strict=True):
        lefts.append(lefts[-1] + width + gap)
    return lefts[:-1], widths, lefts[-1] - gaps[-1]


def _anchors(touches: Sequence[tuple[int, str, int]], middles: Sequence[float]) -> dict[tuple[int, str], float]:
    """The height at which arrows touch a box, for each of the words they have there.

    `touches` are box, word, and the box or bend that comes next; by its height, words are sorted from top to bottom.
    """
    far: dict[int, dict[str, list[float]]] = {}
    for item, word, other in touches:
        far.setdefault(item, {}).setdefault(word, []).append(middles[other])
    anchors = {}
    for item, words in far.items():
        ranked = sorted(words, key=lambda word: (sum(words[word]) / len(words[word]), word))
        for index, word in enumerate(ranked):
            anchors[item, word] = middles[item] + (index - (len(ranked) - 1) / 2) * SLOT
    return anchors


def _path(
    grid: _Grid,
    chain: Sequence[int],
    boxes: Sequence[Point],
    ends: Point,
    lefts: Sequence[float],
    widths: Sequence[float],
    middles: Sequence[float],
) -> tuple[Point, ...]:
    start, finish = chain[0], chain[-1]
    points = [(boxes[start][0] + grid.sizes[start].width, ends[0])]
    for bend in chain[1:-1]:
        layer = grid.layer[bend]
        points += [(lefts[layer], middles[bend]), (lefts[layer] + widths[layer], middles[bend])]
    return (*points, (boxes[finish][0], ends[1]))
