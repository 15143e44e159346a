"""Questions about an expression that need a walk: is there a word, which is shortest, how many, which next.

Takes:   an expression, bounds of length, a budget.
Gives:   words, counts and samples, or proof that there are none.
Ignores: where the expression came from. `contains` alone takes a text.

What the walk learns (this rest has a word, that one has none) stays with the expressions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from math import inf

from penstock_contracts.regular.budget import Budget
from penstock_contracts.regular.codepoints import by_readability, character, place, readable, size
from penstock_contracts.regular.derivative import after, arrows, grouped
from penstock_contracts.regular.expression import (
    ANY_CHARACTER,
    CHARS,
    CONCAT,
    EMPTY,
    INTERSECTION,
    NOTHING,
    REPEAT,
    Expression,
    intersection,
    lengths,
)


def contains(one: Expression, text: str, budget: Budget) -> bool:
    """Whether a text is a word of the expression. A text with half a surrogate pair is a word of none."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        return False
    for char in text:
        if one is NOTHING:
            return False
        one = after(one, place(ord(char)), budget)
    return one.nullable


def is_live(one: Expression, budget: Budget) -> bool:
    """Whether there is a word at all."""
    if one.live is None:
        _way(one, budget)
    return bool(one.live)


def distance(one: Expression, budget: Budget) -> float:
    """The length of the shortest words; infinite if there is none."""
    if one.distance is None:
        _way(one, budget)
    return inf if one.distance is None else one.distance


def shortest(one: Expression, budget: Budget) -> str | None:
    """One of the shortest words, made of characters that read well; None if there is no word."""
    found = _way(one, budget)
    if found is None:
        return None
    path, rest = found
    budget.spend(int(rest.shortest) >> 6)
    return "".join(map(character, path)) + plain_word(rest)


def _way(one: Expression, budget: Budget) -> tuple[list[int], Expression] | None:
    """The shortest way to a rest whose shortest word can be read off.

    A* over the rests: the least length that a rest can have is known before it is derived. Bounds of length multiply
    the rests, so they are first left out; often there is no word even so, or a shortest one is within them.
    """
    if one.live is False:
        return None
    if one.kind == INTERSECTION and one.live is None:
        relaxed = intersection(item for item in one.items if item.kind != REPEAT or item.left is not ANY_CHARACTER)
        if relaxed is not one:
            found = _way(relaxed, budget)
            if found is None:
                one.live = False
                return None
            if one.shortest <= len(found[0]) + found[1].shortest <= one.longest:
                one.live = True
                one.distance = relaxed.distance
                return found
    return _explored(one, budget)


def _explored(one: Expression, budget: Budget) -> tuple[list[int], Expression] | None:
    depth_of = {one: 0}
    came: dict[Expression, tuple[Expression, int]] = {}
    queue: list[tuple[float, int, int, Expression]] = [(one.shortest, 0, one.uid, one)]
    while queue:
        _, minus_depth, _, at = heappop(queue)
        depth = -minus_depth
        if depth > depth_of[at]:
            continue
        if at.nullable or at.positive:
            return _path(at, came), at
        for rest, charset in grouped(arrows(at, budget)).items():
            if rest.live is False or depth_of.get(rest, inf) <= depth + 1:
                continue
            depth_of[rest] = depth + 1
            came[rest] = (at, readable(charset))
            heappush(queue, (depth + 1 + rest.shortest, -depth - 1, rest.uid, rest))
        budget.spend(1)
    for dead in depth_of:
        dead.live = False
    return None


def _path(at: Expression, came: dict[Expression, tuple[Expression, int]]) -> list[int]:
    """The characters read on the way, and a note at every place of the way that it leads to a word."""
    path = []
    at.live = True
    at.distance = left = 0 if at.nullable else at.shortest
    while at in came:
        at, step = came[at]
        left += 1
        at.live = True
        at.distance = left
        path.append(step)
    return path[::-1]


def plain_word(one: Expression) -> str:
    """A shortest word of an expression that is nullable or positive, read off without a search."""
    parts: list[str] = []
    while True:
        if one.nullable:
            return "".join(parts)
        if one.kind == CONCAT:
            parts.append(plain_word(one.left))
            one = one.right
        elif one.kind == CHARS:
            return "".join(parts) + character(readable(one.charset))
        elif one.kind == REPEAT:
            return "".join(parts) + plain_word(one.left) * one.low
        else:
            one = min(one.items, key=lambda item: item.shortest)


def bounded(one: Expression, low: int, high: float) -> Expression:
    """The words of `low` to `high` characters."""
    return intersection((one, lengths(low, high)))


# ---------------------------------------------------------------- the whole automaton


def live_arrows(one: Expression, budget: Budget) -> dict[Expression, tuple[int, ...]]:
    """Every rest that has a word, and the characters that lead to it."""
    return {rest: charset for rest, charset in grouped(arrows(one, budget)).items() if is_live(rest, budget)}


def is_finite(one: Expression, budget: Budget) -> bool:
    """Whether there are only finitely many words."""
    if one.longest < inf or one is NOTHING:
        return True
    if one.positive:
        return False  # an unbounded repetition of something that has a word other than the empty one
    if not is_live(one, budget):
        return True
    open_, done = {one}, set()  # a live rest that comes back to itself can do so for ever
    path = [(one, iter(live_arrows(one, budget)))]
    while path:
        at, rests = path[-1]
        rest = next(rests, None)
        if rest is None:
            path.pop()
            open_.discard(at)
            done.add(at)
        elif rest in open_:
            return False
        elif rest not in done:
            if rest.positive and rest.longest == inf:
                return False
            open_.add(rest)
            path.append((rest, iter(live_arrows(rest, budget))))
    return True


def count(one: Expression, limit: int, budget: Budget) -> int | None:
    """How many words there are, if not more than `limit`; None if there are more."""
    if not is_live(one, budget):
        return 0
    if not is_finite(one, budget):
        return None
    known: dict[Expression, int] = {NOTHING: 0, EMPTY: 1}
    waiting = [one]
    while waiting:
        at = waiting[-1]
        if at in known:
            waiting.pop()
            continue
        rests = live_arrows(at, budget)
        missing = [rest for rest in rests if rest not in known]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        known[at] = total = at.nullable + sum(size(charset) * known[rest] for rest, charset in rests.items())
        if total > limit:
            return None  # every word of a rest is the end of a word of the whole
    return known[one] if known[one] <= limit else None


def words(one: Expression, budget: Budget) -> Iterator[str]:
    """All words, shorter ones first, then those that read better; never ends if there are infinitely many."""
    first = shortest(one, budget)
    if first is None:
        return
    finite = is_finite(one, budget)
    reach: dict[tuple[Expression, int], bool] = {}
    length = len(first)
    while True:
        yield from _words_of_length(one, length, reach, budget)
        length += 1
        if length > one.longest:
            return
        if finite and bounded(one, length, inf).live is not True and not is_live(bounded(one, length, inf), budget):
            return


def _words_of_length(
    one: Expression, length: int, reach: dict[tuple[Expression, int], bool], budget: Budget
) -> Iterator[str]:
    if not _reaches(one, length, reach, budget):
        return
    if length == 0:
        yield ""
        return
    word: list[int] = []
    path = [_steps(one, length, reach, budget)]
    while path:
        step = next(path[-1], None)
        if step is None:
            path.pop()
            if word:
                word.pop()
        elif len(path) == length:
            yield "".join(map(character, word)) + character(step[0])
        else:
            word.append(step[0])
            path.append(_steps(step[1], length - len(path), reach, budget))


def _steps(
    one: Expression, length: int, reach: dict[tuple[Expression, int], bool], budget: Budget
) -> Iterator[tuple[int, Expression]]:
    """Every first character of a word of that length, those that read best first, with its rest."""
    budget.spend(1)
    usable = {
        rest: charset for rest, charset in live_arrows(one, budget).items() if _reaches(rest, length - 1, reach, budget)
    }
    if len(usable) == 1:
        ((rest, charset),) = usable.items()
        for at in by_readability(charset):
            yield at, rest
        return
    found = arrows(one, budget)
    flat = sorted(cut for charset in usable.values() for cut in charset)
    joined: list[int] = []
    for cut in flat:
        if joined and joined[-1] == cut:
            joined.pop()
        else:
            joined.append(cut)
    for at in by_readability(tuple(joined)):
        yield at, found[1][bisect_right(found[0], at) - 1]


def _reaches(one: Expression, length: int, reach: dict[tuple[Expression, int], bool], budget: Budget) -> bool:
    """Whether there is a word of exactly that length."""
    if not one.shortest <= length <= one.longest:
        return False
    waiting = [(one, length)]
    while waiting:
        key = at, left = waiting[-1]
        if key in reach:
            waiting.pop()
            continue
        if not at.shortest <= left <= at.longest:
            reach[key] = False
        elif left == 0:
            reach[key] = at.nullable
        else:
            nexts = [(rest, left - 1) for rest in live_arrows(at, budget)]
            if any(reach.get(following) for following in nexts):
                reach[key] = True
            else:
                missing = [following for following in nexts if following not in reach]
                if missing:
                    waiting.append(missing[0])
                    continue
                reach[key] = False
        budget.spend(1)
    return reach[one, length]


def sample(
    one: Expression, choose: Callable[[int], int], budget: Budget, *, stop_early: Callable[[], bool]
) -> str | None:
    """A word, drawn by `choose(n)` (a number below n, 0 the plainest); None if there is no word.

    `stop_early()` is asked where a word could end. `choose` returning 0 for ever takes the shortest way out.
    """
    if not is_live(one, budget):
        return None
    word: list[str] = []
    while True:
        rests = list(live_arrows(one, budget).items())
        if one.nullable and (not rests or stop_early()):
            return "".join(word)
        if len(rests) > 1:
            rests.sort(key=lambda step: distance(step[0], budget))
            rest, charset = rests[choose(len(rests))]
        else:
            rest, charset = rests[0]
        word.append(character(_nth(charset, choose)))
        one = rest


def _nth(charset: tuple[int, ...], choose: Callable[[int], int]) -> int:
    best = readable(charset)
    total = size(charset)
    if total == 1:
        return best
    skip = choose(total)
    if skip == 0:
        return best
    skip -= 1
    for start, end in zip(charset[::2], charset[1::2], strict=True):
        within = end - start - (start <= best < end)
        if skip < within:
            at = start + skip
            return at + (start <= best <= at)
        skip -= within
    return best
