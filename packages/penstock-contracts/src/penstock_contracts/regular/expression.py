"""Extended regular expressions: union, intersection and complement beside the usual three, always in simplest form.

Takes:   sets of characters, and expressions.
Gives:   hash-consed expressions: what these functions find equal is one object, so `is` compares them.
Ignores: derivatives (`derivative`), the syntax of patterns (`pattern`), and whether an expression is empty in secret.

Every function here returns an expression of the same language as its name says, as simple as a quick look can make it:
a rewrite belongs here only if it needs no search. `shortest` and `longest` bound the lengths of all words; where
`positive` (no intersection, complement or loop inside) there is a word of exactly those lengths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from math import inf

from penstock_contracts.regular import codepoints
from penstock_contracts.regular.codepoints import ANY, Charset

NOTHING_, EMPTY_, CHARS, CONCAT, REPEAT, UNION, INTERSECTION, COMPLEMENT, LOOP = range(9)


class Expression:
    """One extended regular expression; made by the functions of this module only, and never changed.

    `arrows` and `live` keep what `derivative` and `search` found out, so that nobody finds it out twice.
    """

    __slots__ = (
        "alphabet",
        "arrows",
        "charset",
        "distance",
        "high",
        "items",
        "kind",
        "left",
        "live",
        "longest",
        "low",
        "nullable",
        "positive",
        "right",
        "shortest",
        "uid",
        "unroll",
    )

    uid: int
    kind: int
    charset: Charset  # of CHARS
    left: Expression  # of CONCAT, REPEAT and COMPLEMENT
    right: Expression  # of CONCAT
    low: int  # of REPEAT
    high: float  # of REPEAT: a whole number or `inf`
    items: tuple[Expression, ...]  # of UNION and INTERSECTION, by uid
    unroll: Callable[[], Expression]  # of LOOP: an expression of the same language that starts with no loop
    nullable: bool  # has the empty word
    shortest: float  # no word is shorter
    longest: float  # no word is longer
    positive: bool  # surely has a word, and the two lengths are reached
    alphabet: Charset | None  # no word has a character that is not in it; worked out when asked for
    arrows: tuple[list[int], list[Expression]] | None
    live: bool | None  # has a word at all
    distance: float | None  # the length of the shortest words


_known: dict[tuple[object, ...], Expression] = {}
_uids = count()
_ROOM = 400_000  # expressions kept for reuse; beyond it the memory is emptied, which costs time and never an answer


def _new(
    key: tuple[object, ...], kind: int, nullable: bool, shortest: float, longest: float, positive: bool
) -> Expression:
    made = Expression()
    made.uid = next(_uids)
    made.kind = kind
    made.nullable = nullable
    made.shortest = shortest
    made.longest = longest
    made.positive = positive
    made.alphabet = None
    made.arrows = None
    made.live = True if positive or nullable else None
    made.distance = 0 if nullable else shortest if positive else None
    if len(_known) >= _ROOM:
        _known.clear()
        _known.update(((one.kind,), one) for one in (NOTHING, EMPTY))
    _known[key] = made
    return made


NOTHING = _new((NOTHING_,), NOTHING_, False, inf, -inf, False)
NOTHING.live = False
EMPTY = _new((EMPTY_,), EMPTY_, True, 0, 0, True)


def chars(charset: Charset) -> Expression:
    """One character of a set."""
    if not charset:
        return NOTHING
    key = (CHARS, charset)
    made = _known.get(key)
    if made is None:
        made = _new(key, CHARS, False, 1, 1, True)
        made.charset = charset
    return made


def literal(text: str) -> Expression:
    """One word; NOTHING when it holds half a surrogate pair, which no JSON string does."""
    made = EMPTY
    for char in reversed(text):
        made = concat(chars(codepoints.of(char)), made)
    return made


# ---------------------------------------------------------------- one after the other


def concat(left: Expression, right: Expression) -> Expression:
    """A word of `left`, then a word of `right`."""
    if left is NOTHING or right is NOTHING:
        return NOTHING
    if left is EMPTY:
        return right
    if right is EMPTY:
        return left
    if left.kind == CONCAT:
        parts = []
        while left.kind == CONCAT:
            parts.append(left.left)
            left = left.right
        made = concat(left, right)
        for part in reversed(parts):
            made = concat(part, made)
        return made
    if right is ALL:
        if left.nullable:
            return ALL
        if left.kind == REPEAT and left.high != left.low:
            return concat(repeat(left.left, left.low, left.low), ALL)
    head, rest = (right.left, right.right) if right.kind == CONCAT else (right, EMPTY)
    if left is ALL:
        if head.nullable:
            return concat(ALL, rest)
        if head.kind == REPEAT and head.high != head.low:
            return concat(ALL, concat(repeat(head.left, head.low, head.low), rest))
    base, low, high = counted(left)
    other, other_low, other_high = counted(head)
    if base is other:
        return concat(repeat(base, low + other_low, high + other_high), rest)
    key = (CONCAT, left.uid, right.uid)
    made_known = _known.get(key)
    if made_known is None:
        made_known = _new(
            key,
            CONCAT,
            left.nullable and right.nullable,
            left.shortest + right.shortest,
            left.longest + right.longest,
            left.positive and right.positive,
        )
        made_known.left = left
        made_known.right = right
    return made_known


def counted(one: Expression) -> tuple[Expression, int, float]:
    """An expression as a repetition: (what, at least, at most)."""
    return (one.left, one.low, one.high) if one.kind == REPEAT else (one, 1, 1)


def repeat(one: Expression, low: int, high: float) -> Expression:
    """`low` to `high` words of an expression, one after the other; `high` may be `inf`."""
    if one.nullable:
        low = 0
        if one.kind == UNION and EMPTY in one.items:
            one = union(item for item in one.items if item is not EMPTY)
    if high == 0 or one is EMPTY:
        return EMPTY
    if one is NOTHING:
        return EMPTY if low == 0 else NOTHING
    if low == high == 1:
        return one
    if one.kind == REPEAT and _touching(one.low, one.high, low, high):
        return repeat(one.left, low * one.low, high * one.high)
    key = (REPEAT, one.uid, low, high)
    made = _known.get(key)
    if made is None:
        made = _new(key, REPEAT, low == 0, low * one.shortest if low else 0, high * one.longest, one.positive)
        made.left = one
        made.low = low
        made.high = high
    return made


def _touching(inner_low: int, inner_high: float, low: int, high: float) -> bool:
    """Whether `(r{inner}){outer}` is one range of repetitions of `r`: `(r{2,3}){2,9}` is, `(r{2}){2,9}` is not."""
    if low == high:
        return True
    if inner_high == inf:
        return low > 0 or inner_low <= 1
    return (low + 1) * inner_low <= low * inner_high + 1


ANY_CHARACTER = chars(ANY)
ALL = repeat(ANY_CHARACTER, 0, inf)


def lengths(low: int, high: float) -> Expression:
    """Every word of `low` to `high` characters."""
    return repeat(chars(ANY), low, high) if low <= high else NOTHING


# ---------------------------------------------------------------- one or the other


def union(items: Iterable[Expression]) -> Expression:
    """A word of any of the expressions."""
    flat: dict[Expression, None] = {}
    for item in items:
        if item is ALL:
            return ALL
        if item.kind == UNION:
            flat.update(dict.fromkeys(item.items))
        elif item is not NOTHING:
            flat[item] = None
    if len(flat) > 1:
        flat = _fold_tails(flat)
    for item in [item for item in flat if item.kind == REPEAT and item.left is ANY_CHARACTER]:
        for other in [other for other in flat if item.low <= other.shortest and other.longest <= item.high]:
            if other is not item:
                del flat[other]
    if len(flat) > 1 and EMPTY in flat:
        if any(item.nullable for item in flat if item is not EMPTY):
            del flat[EMPTY]
        elif len(flat) == 2:
            return repeat(next(item for item in flat if item is not EMPTY), 0, 1)
    if ALL in flat:
        return ALL
    if len(flat) < 2:
        return next(iter(flat), NOTHING)
    ordered = tuple(sorted(flat, key=_uid))
    if any(item.kind == COMPLEMENT and item.left in flat for item in ordered):
        return ALL
    key = (UNION, *(item.uid for item in ordered))
    made = _known.get(key)
    if made is None:
        made = _new(
            key,
            UNION,
            any(item.nullable for item in ordered),
            min(item.shortest for item in ordered),
            max(item.longest for item in ordered),
            all(item.positive for item in ordered),
        )
        made.items = ordered
        if any(item.live for item in ordered):
            made.live = True
    return made


def _uid(one: Expression) -> int:
    return one.uid


def _fold_tails(flat: dict[Expression, None]) -> dict[Expression, None]:
    """Words that end alike are told once: `ax|bx` is `[ab]x`, `r{1,3}x|r{2,9}x` is `r{1,9}x`."""
    tails: dict[Expression, list[tuple[Expression, Expression]]] = {}
    for item in flat:
        head, tail = (item.left, item.right) if item.kind == CONCAT else (item, EMPTY)
        tails.setdefault(tail, []).append((head, item))
    if len(tails) == len(flat):
        return flat
    folded: dict[Expression, None] = {}
    changed = False
    for tail, alike in tails.items():
        if len(alike) == 1:
            folded[alike[0][1]] = None
            continue
        heads = _fold_heads([head for head, _ in alike], tail)
        if len(heads) == len(alike):
            folded.update((item, None) for _, item in alike)
        else:
            changed = True
            folded.update((concat(head, tail), None) for head in heads)
    if not changed:
        return folded
    again: dict[Expression, None] = {}
    for item in folded:
        again.update(dict.fromkeys(item.items) if item.kind == UNION else {item: None})
    return _fold_tails(again) if len(again) > 1 else again


def _fold_heads(heads: list[Expression], tail: Expression) -> list[Expression]:
    """The same union with single characters in one set, and touching repetitions of one thing as one."""
    sets = [head.charset for head in heads if head.kind == CHARS]
    rest = [head for head in heads if head.kind != CHARS]
    if len(sets) > 1:
        sets = [codepoints.union(*sets)]
    rest += [chars(charset) for charset in sets]
    ranges: dict[Expression, list[tuple[int, float]]] = {}
    for head in rest:
        base, low, high = counted(head)
        ranges.setdefault(base, []).append((low, high))
    folded = []
    for base, spans in ranges.items():
        if len(spans) == 1:
            folded.append(repeat(base, *spans[0]))
            continue
        spans.sort()
        low, high = spans[0]
        if tail is ALL:
            folded.append(repeat(base, low, low))
            continue
        for next_low, next_high in spans[1:]:
            if next_low <= high + 1:
                high = max(high, next_high)
            else:
                folded.append(repeat(base, low, high))
                low, high = next_low, next_high
        folded.append(repeat(base, low, high))
    return folded


# ---------------------------------------------------------------- both, and not


def intersection(items: Iterable[Expression]) -> Expression:
    """A word that all the expressions have."""
    flat: dict[Expression, None] = {}
    every: Expression | None = None  # the repetition of single characters that all the ones met so far allow
    for item in items:
        if item is NOTHING:
            return NOTHING
        for part in item.items if item.kind == INTERSECTION else (item,):
            if part is ALL:
                continue
            if part.kind == CHARS or (part.kind == REPEAT and part.left.kind == CHARS):
                every = part if every is None else _both_counted(every, part)
                if every is NOTHING:
                    return NOTHING
            else:
                flat[part] = None
    if every is not None:
        flat[every] = None
    if EMPTY in flat:
        return EMPTY if all(item.nullable for item in flat) else NOTHING
    if len(flat) < 2:
        return next(iter(flat), ALL)
    shortest = max(item.shortest for item in flat)
    longest = min(item.longest for item in flat)
    if shortest > longest:
        return NOTHING
    if longest == 0:
        return intersection((EMPTY, *flat))
    for item in list(flat):
        if item.kind == COMPLEMENT:
            refused = item.left
            if refused in flat:
                return NOTHING
            if refused.shortest > longest or refused.longest < shortest:
                del flat[item]
                continue
            base, low, high = counted(refused)
            if base.kind == CHARS and any(
                codepoints.covers(base.charset, alphabet(one)) for one in flat if one is not item
            ):
                # all characters are right, so only the number of them can be wrong
                del flat[item]
                shorter = lengths(0, low - 1)
                longer = lengths(int(high) + 1, inf) if high < inf else NOTHING
                return union(intersection((wrong, *flat)) for wrong in (shorter, longer))
    if every is not None and len(flat) > 1 and every.kind == REPEAT and every.left.charset == ANY:
        others = [item for item in flat if item is not every]
        if every.low <= max(item.shortest for item in others) and min(item.longest for item in others) <= every.high:
            del flat[every]
    if len(flat) < 2:
        return next(iter(flat), ALL)
    ordered = tuple(sorted(flat, key=_uid))
    key = (INTERSECTION, *(item.uid for item in ordered))
    made = _known.get(key)
    if made is None:
        made = _new(key, INTERSECTION, all(item.nullable for item in ordered), shortest, longest, False)
        made.items = ordered
    return made


def _both_counted(one: Expression, other: Expression) -> Expression:
    """What two repetitions of single characters share."""
    if one is EMPTY:
        return EMPTY if other.nullable else NOTHING
    base, low, high = counted(one)
    other_base, other_low, other_high = counted(other)
    low, high = max(low, other_low), min(high, other_high)
    return (
        repeat(chars(codepoints.intersection(base.charset, other_base.charset)), low, high) if low <= high else NOTHING
    )


def alphabet(one: Expression) -> Charset:
    """Characters outside of which no word has any."""
    waiting = [one]
    while waiting:
        at = waiting[-1]
        if at.alphabet is None:
            parts = _parts_with_characters(at)
            missing = [part for part in parts if part.alphabet is None]
            if missing:
                waiting += missing
                continue
            at.alphabet = _alphabet_from([part.alphabet or () for part in parts], at)
        waiting.pop()
    return one.alphabet or ()


def _parts_with_characters(one: Expression) -> tuple[Expression, ...]:
    if one.kind == CONCAT:
        return (one.left, one.right)
    if one.kind == REPEAT:
        return (one.left,)
    return one.items if one.kind in (UNION, INTERSECTION) else ()


def _alphabet_from(parts: list[Charset], one: Expression) -> Charset:
    if one.kind == CHARS:
        return one.charset
    if one.kind in (COMPLEMENT, LOOP):
        return ANY
    if one.kind == INTERSECTION:
        found = ANY
        for part in parts:
            found = codepoints.intersection(found, part)
        return found
    distinct = set(parts)
    return codepoints.union(*distinct) if len(distinct) > 1 else next(iter(distinct), ())


def complement(one: Expression) -> Expression:
    """Every word that the expression has not."""
    if one is NOTHING:
        return ALL
    if one.kind == COMPLEMENT:
        return one.left
    if one.kind == UNION:
        return intersection(complement(item) for item in one.items)
    if one.kind == INTERSECTION:
        return union(complement(item) for item in one.items)
    base, low, high = (one, 0, 0) if one is EMPTY else counted(one)
    if one is EMPTY or (base.kind == CHARS and base.charset == ANY):
        return union((lengths(0, low - 1), NOTHING if high == inf else lengths(int(high) + 1, inf)))
    key = (COMPLEMENT, one.uid)
    made = _known.get(key)
    if made is None:
        made = _new(key, COMPLEMENT, not one.nullable, 1 if one.nullable else 0, inf, False)
        made.left = one
    return made


# ---------------------------------------------------------------- again and again, with conditions


def loop(name: object, nullable: bool, shortest: float, unroll: Callable[[], Expression]) -> Expression:
    """A repetition whose body looks around itself: the smallest solution of `it = unroll()`.

    `name` says which equation (equal names, one object). Whatever `unroll` returns must read a character before it
    comes back to this loop.
    """
    key = (LOOP, name)
    made = _known.get(key)
    if made is None:
        made = _new(key, LOOP, nullable, shortest, inf, False)
        made.unroll = unroll
    return made
