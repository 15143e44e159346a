"""What is left of an expression when a first character has been read, for all characters at once.

Takes:   expressions.
Gives:   `arrows(e)`: the alphabet cut into ranges, and for each range the rest of the words that begin with it.
Ignores: whether anything is ever accepted (`search`).

Source: Brzozowski, Derivatives of regular expressions (1964); Owens, Reppy and Turon, Regular-expression derivatives
re-examined (2009), for derivatives over sets of characters. Here the cuts of all operands are swept once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

from penstock_contracts.regular.budget import Budget
from penstock_contracts.regular.codepoints import ANY, SIZE, Charset
from penstock_contracts.regular.expression import (
    CHARS,
    COMPLEMENT,
    CONCAT,
    EMPTY,
    INTERSECTION,
    LOOP,
    NOTHING,
    REPEAT,
    UNION,
    Expression,
    complement,
    concat,
    intersection,
    repeat,
    union,
)

Arrows = tuple[list[int], list[Expression]]
# starts of ranges, from 0 and increasing -> the rest after a character of that range; neighbours differ

_A_STEP = 16  # cuts and alternatives that cost about as much as one step
_NOWHERE: Arrows = ([0], [NOTHING])


def arrows(one: Expression, budget: Budget) -> Arrows:
    """The arrows of an expression; each expression is derived once, whatever its depth."""
    if one.arrows is not None:
        return one.arrows
    waiting = [one]
    while waiting:
        at = waiting[-1]
        if at.arrows is not None:
            waiting.pop()
            continue
        needs = _needs(at)
        missing = [need for need in needs if need.arrows is None]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        at.arrows = made = _derive(at)
        cuts = len(made[0]) + sum(len(_arrows_of(need)[0]) for need in needs)
        budget.spend(1 + (cuts + sum(map(_width, made[1]))) // _A_STEP)
    return _arrows_of(one)


def after(one: Expression, at: int, budget: Budget) -> Expression:
    """What is left of an expression after the character at one place."""
    starts, rests = arrows(one, budget)
    return rests[bisect_right(starts, at) - 1]


def grouped(found: Arrows) -> dict[Expression, Charset]:
    """Every rest, and the characters that lead to it, without those that lead to NOTHING."""
    starts, rests = found
    groups: dict[Expression, list[int]] = {}
    last = len(starts) - 1
    for index, rest in enumerate(rests):
        if rest is not NOTHING:
            groups.setdefault(rest, []).extend((starts[index], SIZE if index == last else starts[index + 1]))
    return {rest: tuple(flat) for rest, flat in groups.items()}


def _width(one: Expression) -> int:
    """About how much work it was to make an expression."""
    if one.kind == CONCAT:
        one = one.left
    return len(one.items) if one.kind in (UNION, INTERSECTION) else 1


def _needs(one: Expression) -> Sequence[Expression]:
    """The expressions whose arrows make up those of this one."""
    kind = one.kind
    if kind == CONCAT:
        return (one.left, one.right) if one.left.nullable else (one.left,)
    if kind in (REPEAT, COMPLEMENT):
        return (one.left,)
    if kind in (UNION, INTERSECTION):
        return one.items
    return (one.unroll(),) if kind == LOOP else ()


def _derive(one: Expression) -> Arrows:
    kind = one.kind
    if kind == CHARS:
        return _of_charset(one.charset, EMPTY)
    if kind == CONCAT:
        right = one.right
        left = one.left
        if left.kind == CHARS:
            return _of_charset(left.charset, right)
        first = _through(_arrows_of(left), lambda rest: concat(rest, right))
        return _swept_union([first, _arrows_of(right)]) if left.nullable else first
    if kind == REPEAT:
        again = repeat(one.left, max(one.low - 1, 0), one.high - 1)
        if one.left.kind == CHARS:
            return _of_charset(one.left.charset, again)
        return _through(_arrows_of(one.left), lambda rest: concat(rest, again))
    if kind == UNION:
        return _swept_union([_arrows_of(item) for item in one.items])
    if kind == INTERSECTION:
        return _swept_intersection([_arrows_of(item) for item in one.items])
    if kind == COMPLEMENT:
        return _through(_arrows_of(one.left), complement)
    if kind == LOOP:
        return _arrows_of(one.unroll())
    return _NOWHERE


def _arrows_of(one: Expression) -> Arrows:
    assert one.arrows is not None
    return one.arrows


def _of_charset(charset: Charset, rest: Expression) -> Arrows:
    if charset == ANY:
        return [0], [rest]
    starts = [*charset] if charset[0] == 0 else [0, *charset]
    rests = [rest if (charset[0] == 0) == (index % 2 == 0) else NOTHING for index in range(len(starts))]
    if starts[-1] == SIZE:
        del starts[-1], rests[-1]
    return starts, rests


def _through(found: Arrows, change: Callable[[Expression], Expression]) -> Arrows:
    """The same cuts with every rest changed; neighbours that become equal are joined."""
    starts: list[int] = []
    rests: list[Expression] = []
    changed: dict[Expression, Expression] = {}
    for start, rest in zip(*found, strict=True):
        new = changed.get(rest)
        if new is None:
            new = changed[rest] = change(rest)
        if not rests or rests[-1] is not new:
            starts.append(start)
            rests.append(new)
    return starts, rests


def _swept_union(several: list[Arrows]) -> Arrows:
    """Sweep over the cuts of all operands, keeping only those that lead somewhere."""
    active: dict[int, Expression] = {}
    starts: list[int] = []
    rests: list[Expression] = []
    known: dict[tuple[int, ...], Expression] = {}
    for start, changes in _events(several):
        for index, rest in changes:
            if rest is NOTHING:
                active.pop(index, None)
            else:
                active[index] = rest
        here = tuple(sorted({rest.uid for rest in active.values()}))
        joined = known.get(here)
        if joined is None:
            joined = known[here] = union(active.values())
        if not rests or rests[-1] is not joined:
            starts.append(start)
            rests.append(joined)
    return starts, rests


def _swept_intersection(several: list[Arrows]) -> Arrows:
    """Sweep over the cuts of all operands; where one leads nowhere, all do."""
    current: list[Expression] = [NOTHING] * len(several)
    nowhere = len(several)
    starts: list[int] = []
    rests: list[Expression] = []
    known: dict[tuple[Expression, ...], Expression] = {}
    for start, changes in _events(several):
        for index, rest in changes:
            nowhere += (rest is NOTHING) - (current[index] is NOTHING)
            current[index] = rest
        if nowhere:
            joined = NOTHING
        else:
            key = tuple(current)
            found = known.get(key)
            joined = known[key] = intersection(key) if found is None else found
        if not rests or rests[-1] is not joined:
            starts.append(start)
            rests.append(joined)
    return starts, rests


def _events(several: list[Arrows]) -> Iterable[tuple[int, list[tuple[int, Expression]]]]:
    """Every cut in order, with the operands that change there."""
    at: dict[int, list[tuple[int, Expression]]] = {}
    for index, (starts, rests) in enumerate(several):
        for start, rest in zip(starts, rests, strict=True):
            at.setdefault(start, []).append((index, rest))
    return sorted(at.items())
