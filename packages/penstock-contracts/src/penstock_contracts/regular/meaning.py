"""What a pattern means: the language of the strings in which it is found somewhere.

Takes:   the tree of a pattern.
Gives:   an expression for whole strings; raises `Unsupported`.
Ignores: captures, greed and laziness, which change where a match ends and never whether there is one.

A part of a pattern is worked out from its right: given the language of all that may follow it, up to the end of the
string, it gives the language of itself with what follows. So a lookahead is an intersection with what follows, and
`$` keeps of it the empty word. What `^` and `\\b` need to know of the left side is kept as three answers at once: for
the beginning of the string, after a word character, after another character.
"""

from __future__ import annotations

from functools import partial
from math import inf
from typing import NamedTuple

from penstock_contracts.regular import codepoints
from penstock_contracts.regular.expression import (
    ALL,
    EMPTY,
    NOTHING,
    Expression,
    chars,
    complement,
    concat,
    intersection,
    lengths,
    loop,
    repeat,
    union,
)
from penstock_contracts.regular.pattern import WORD, Choice, Edge, Look, Repeated, Sequence, Set, Tree, Unsupported


class Following(NamedTuple):
    """What may follow a place, up to the end of the string, depending on what is left of the place."""

    first: Expression  # the place is the beginning of the string
    word: Expression  # it comes after a word character
    other: Expression  # it comes after another character


_MOST_COPIES = 1_000  # of a repeated body that looks around itself, and so has to be written out
_WORD = chars(WORD)
_OTHER = chars(codepoints.complement(WORD))
_STARTS_WORD = concat(_WORD, ALL)
_ANYTHING = Following(ALL, ALL, ALL)


def found_in(tree: Tree) -> Expression:
    """The strings in which a pattern is found."""
    if isinstance(tree, Choice):
        return union(found_in(option) for option in tree.options)
    parts = tree.parts if isinstance(tree, Sequence) else (tree,)
    if any(isinstance(part, Look) and not part.ahead for part in parts):
        return _with_lookbehind(parts)
    return _searched(_sequence(parts, _ANYTHING))


def _searched(here: Following) -> Expression:
    if here.word is here.other:
        later = concat(lengths(1, inf), here.word)
        return concat(ALL, here.word) if here.first is here.word else union((here.first, later))
    return union((here.first, concat(ALL, concat(_WORD, here.word)), concat(ALL, concat(_OTHER, here.other))))


def _with_lookbehind(parts: tuple[Tree, ...]) -> Expression:
    """A lookbehind at the top of a pattern narrows the language of all that is left of it."""
    before = ALL
    at = 0
    if isinstance(parts[0], Edge) and parts[0].sign == "^":
        before = EMPTY
        at = 1
    for at in range(at, len(parts)):  # noqa: B020  # the walk goes on where the first step left it
        part = parts[at]
        if isinstance(part, Look) and not part.ahead:
            if not is_plain(part.body):
                raise Unsupported("a lookbehind with conditions inside")
            ends_so = concat(ALL, plain(part.body))
            before = intersection((before, complement(ends_so) if part.negative else ends_so))
        elif is_plain(part):
            before = concat(before, plain(part))
        else:
            break
    else:
        return concat(before, ALL)
    after = _sequence(parts[at:], _ANYTHING)
    if after.word is not after.other or (before.nullable and after.first is not after.word):
        raise Unsupported("a lookbehind together with other conditions on the left side")
    return concat(before, after.word)


# ---------------------------------------------------------------- parts without conditions


def is_plain(tree: Tree) -> bool:
    """Whether a part looks neither left nor right."""
    if isinstance(tree, Sequence):
        return all(is_plain(part) for part in tree.parts)
    if isinstance(tree, Choice):
        return all(is_plain(option) for option in tree.options)
    return is_plain(tree.body) if isinstance(tree, Repeated) else isinstance(tree, Set)


def plain(tree: Tree) -> Expression:
    """The words of a part that looks neither left nor right."""
    if isinstance(tree, Set):
        return chars(tree.charset)
    if isinstance(tree, Choice):
        return union(plain(option) for option in tree.options)
    if isinstance(tree, Repeated):
        return repeat(plain(tree.body), tree.low, tree.high)
    assert isinstance(tree, Sequence)
    made = EMPTY
    for part in reversed(tree.parts):
        made = concat(plain(part), made)
    return made


def _may_be_empty(tree: Tree) -> bool:
    if isinstance(tree, Sequence):
        return all(_may_be_empty(part) for part in tree.parts)
    if isinstance(tree, Choice):
        return any(_may_be_empty(option) for option in tree.options)
    if isinstance(tree, Repeated):
        return tree.low == 0 or _may_be_empty(tree.body)
    return not isinstance(tree, Set)


# ---------------------------------------------------------------- parts with what follows them


def _before(tree: Tree, follows: Following) -> Following:
    """A part, and then what follows it."""
    if isinstance(tree, Set):
        return _plain_before(plain(tree), follows)
    if isinstance(tree, Sequence):
        return _sequence(tree.parts, follows)
    if isinstance(tree, Choice):
        options = [_before(option, follows) for option in tree.options]
        return Following(*(union(side) for side in zip(*options, strict=True)))
    if isinstance(tree, Repeated):
        return _plain_before(plain(tree), follows) if is_plain(tree) else _repeated(tree, follows)
    return _edge(tree.sign, follows) if isinstance(tree, Edge) else _look(tree, follows)


def _sequence(parts: tuple[Tree, ...], follows: Following) -> Following:
    for part in reversed(parts):
        follows = _before(part, follows)
    return follows


def _plain_before(words: Expression, follows: Following) -> Following:
    first, word, other = follows
    if first is word is other:
        return Following(*[concat(words, first)] * 3)
    if word is other:
        some = concat(intersection((words, lengths(1, inf))), word)
    else:
        some = union(
            concat(intersection((words, concat(ALL, ends))), after) for ends, after in ((_WORD, word), (_OTHER, other))
        )
    if not words.nullable:
        return Following(some, some, some)
    return Following(*(union((side, some)) for side in follows))


def _edge(sign: str, follows: Following) -> Following:
    first, word, other = follows
    if sign == "^":
        return Following(first, NOTHING, NOTHING)
    if sign == "$":
        return Following(*(EMPTY if side.nullable else NOTHING for side in follows))
    starts, not_starts = _STARTS_WORD, complement(_STARTS_WORD)
    if sign == "B":
        starts, not_starts = not_starts, starts
    return Following(intersection((first, starts)), intersection((word, not_starts)), intersection((other, starts)))


def _look(tree: Look, follows: Following) -> Following:
    if not tree.ahead:
        raise Unsupported("a lookbehind inside a group")
    seen = _before(tree.body, _ANYTHING)
    return Following(
        *(
            intersection((side, complement(ahead) if tree.negative else ahead))
            for side, ahead in zip(follows, seen, strict=True)
        )
    )


def _repeated(tree: Repeated, follows: Following) -> Following:
    copies = tree.low if tree.high == inf else int(tree.high)
    if copies > _MOST_COPIES:
        raise Unsupported(f"more than {_MOST_COPIES} repetitions of a part that looks around itself")
    made = follows
    if tree.high == inf:
        if _may_be_empty(tree.body):
            raise Unsupported("an endless repetition of a part that looks around itself and may be empty")
        made = _endless(tree.body, follows)
    else:
        for _ in range(tree.low, copies):
            again = _before(tree.body, made)
            made = Following(*(union(pair) for pair in zip(follows, again, strict=True)))
    for _ in range(tree.low):
        made = _before(tree.body, made)
    return made


def _endless(body: Tree, follows: Following) -> Following:
    name = (body, *(side.uid for side in follows))
    again: list[Following] = []

    def unroll(side: int) -> Expression:
        return union((follows[side], again[0][side]))

    made = Following(
        *(
            loop((name, side), follows[side].nullable, min(one.shortest for one in follows), partial(unroll, side))
            for side in range(3)
        )
    )
    again.append(_before(body, made))  # now, so that what is unsupported is said now
    return made
