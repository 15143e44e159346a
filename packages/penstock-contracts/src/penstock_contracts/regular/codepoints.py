"""Sets of the characters that a JSON string can hold, as sorted cuts.

Takes:   half-open ranges of Unicode code points.
Gives:   sets as flat tuples `(start, end, start, end, ...)`, strictly increasing, and their algebra.
Ignores: what the characters mean (`properties`) and how they form words (`expression`).

A JSON string is a sequence of code points without surrogates, so the surrogates are cut out of the alphabet: inside
this package a character is its *place*, 0 to 0x10F7FF, where everything above the surrogates has moved down by 0x800.
So "any character" is one range, and no complement ever holds half a character.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

Charset = tuple[int, ...]  # (start, end, start, end, ...): half-open ranges of places, increasing, never touching

_GAP_START, _GAP_END, _GAP = 0xD800, 0xE000, 0x800
SIZE = 0x110000 - _GAP  # how many characters there are
ANY: Charset = (0, SIZE)
NONE: Charset = ()


def place(codepoint: int) -> int:
    """The place of a code point in the alphabet; surrogates all fall on the cut between their neighbours."""
    if codepoint < _GAP_START:
        return codepoint
    return codepoint - _GAP if codepoint >= _GAP_END else _GAP_START


def character(at: int) -> str:
    """The character at a place."""
    return chr(at if at < _GAP_START else at + _GAP)


def from_ranges(ranges: Iterable[tuple[int, int]]) -> Charset:
    """The set of the code points in half-open ranges, in any order, overlapping or not."""
    flat: list[int] = []
    for start, end in sorted((place(start), place(end)) for start, end in ranges):
        if start >= end:
            continue
        if flat and start <= flat[-1]:
            flat[-1] = max(flat[-1], end)
        else:
            flat += (start, end)
    return tuple(flat)


def of(text: str) -> Charset:
    """The set of the characters of a text."""
    return from_ranges((ord(char), ord(char) + 1) for char in text)


def has(charset: Charset, at: int) -> bool:
    """Whether the set has the character at a place."""
    return bool(bisect_right(charset, at) & 1)


def complement(charset: Charset) -> Charset:
    """Every character that is not in the set."""
    flat = charset[1:] if charset and charset[0] == 0 else (0, *charset)
    return flat[:-1] if flat and flat[-1] == SIZE else (*flat, SIZE)


def union(*charsets: Charset) -> Charset:
    """Every character that is in one of the sets."""
    ranges = sorted(pair for charset in charsets for pair in zip(charset[::2], charset[1::2], strict=True))
    flat: list[int] = []
    for start, end in ranges:
        if flat and start <= flat[-1]:
            flat[-1] = max(flat[-1], end)
        else:
            flat += (start, end)
    return tuple(flat)


def intersection(one: Charset, other: Charset) -> Charset:
    """Every character that is in both sets."""
    if one in (ANY, other):
        return other
    if other == ANY:
        return one
    flat: list[int] = []
    i = j = 0
    while i < len(one) and j < len(other):
        start, end = max(one[i], other[j]), min(one[i + 1], other[j + 1])
        if start < end:
            flat += (start, end)
        if one[i + 1] < other[j + 1]:
            i += 2
        else:
            j += 2
    return tuple(flat)


def covers(wide: Charset, narrow: Charset) -> bool:
    """Whether every character of `narrow` is in `wide`."""
    return wide == ANY or intersection(wide, narrow) == narrow


def size(charset: Charset) -> int:
    """How many characters the set has."""
    return sum(charset[1::2]) - sum(charset[::2])


# ---------------------------------------------------------------- the character to show a person

_READABLE = (
    *((ord(start), ord(end) + 1) for start, end in ("az", "09", "AZ")),
    *((ord(char), ord(char) + 1) for char in "-_./:@,+ "),
    (0x21, 0x7F),
    (0xE0, 0x180),
    (0xA1, 0x2000),
    (place(0x3000), place(0xA000)),
    (place(0x1F600), place(0x1F650)),
    (0x20, 0x7F),
    (0xA0, 0x2000),
    (place(0xE000), SIZE),
    (0, SIZE),
)


def readable(charset: Charset) -> int:
    """The place of the character of a set that reads best: a letter, then a digit, ... and control characters last."""
    first = charset[0]
    if 0x61 <= first < 0x7B:
        return first
    for start, end in _READABLE:
        after = bisect_right(charset, start)
        if after & 1:
            return start
        if after < len(charset) and charset[after] < end:
            return charset[after]
    raise ValueError("an empty set has no character")


def by_readability(charset: Charset) -> Iterable[int]:
    """All places of a set, those that read best first."""
    rest = charset
    for band in _READABLE:
        if not rest:
            return
        for start, end in _pairs(intersection(rest, band)):
            yield from range(start, end)
        rest = intersection(rest, complement(band))


def _pairs(charset: Charset) -> Iterable[tuple[int, int]]:
    return zip(charset[::2], charset[1::2], strict=True)
