"""Put two texts side by side: which lines belong together, and the lines around a place.

Takes:   texts as lists of lines, and places in them.
Gives:   `cut`, a text as lines; `rows_of`, the lines of both with equal stretches left out; `excerpt`, the lines around one place.
Ignores: how it looks (`html_format`).
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING

from penstock_findings.document import line_starts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_findings import Location

_AROUND = 3  # equal lines shown before and after a change
_MOST = 4_000  # lines of a text that can be put beside another
_WIDEST = 2_000  # characters of a line; schemas on one line are for programs
_TALLEST = 30  # lines of one excerpt


@dataclass(frozen=True, slots=True)
class Row:
    """Two lines side by side, each with its number from 1; or `skipped` lines that both have."""

    before: tuple[int, str] | None = None
    after: tuple[int, str] | None = None
    changed: bool = False
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an excerpt, cut where the place begins and ends."""

    number: int
    before: str
    marked: str
    after: str


def cut(text: str) -> list[str]:
    """The lines of a text, counted as findings count them: a line ends with LF, CR or both, and with nothing else."""
    starts = line_starts(text)
    return [text[start:end].rstrip("\r\n") for start, end in zip(starts, [*starts[1:], None], strict=True)]


def rows_of(one: list[str], other: list[str]) -> list[Row]:
    """The rows of both texts, given as lines; none when one is empty, too long or too wide, or when they are equal."""
    one, other = (lines[:-1] if lines[-1:] == [""] else lines for lines in (one, other))  # behind the last line's end
    if not one or not other or one == other or not (_fits(one) and _fits(other)):
        return []
    rows: list[Row] = []
    codes = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    for at, (tag, i, i_end, j, j_end) in enumerate(codes):
        if tag == "equal":
            rows += _equal(one[i:i_end], i, j, first=at == 0, last=at == len(codes) - 1)
        else:
            gone = [(number + 1, one[number]) for number in range(i, i_end)]
            come = [(number + 1, other[number]) for number in range(j, j_end)]
            rows += [Row(left, right, changed=True) for left, right in zip_longest(gone, come)]
    return rows


def _fits(lines: list[str]) -> bool:
    return len(lines) <= _MOST and max(map(len, lines)) <= _WIDEST


def _equal(lines: list[str], i: int, j: int, *, first: bool, last: bool) -> Iterator[Row]:
    head, tail = 0 if first else _AROUND, 0 if last else _AROUND
    skipped = len(lines) - head - tail
    for at, line in enumerate(lines):
        if skipped <= 1 or at < head or at >= len(lines) - tail:
            yield Row((i + at + 1, line), (j + at + 1, line))
        elif at == head:
            yield Row(skipped=skipped)


def excerpt(lines: list[str], at: Location) -> list[Line]:
    """The lines of the place with one line around it; none when the text is not known or has no lines to speak of."""
    if at.line is None or not 0 < at.line <= len(lines):
        return []
    end = min(at.end_line or at.line, at.line + _TALLEST, len(lines))
    wanted = range(max(1, at.line - 1), min(end + 1, len(lines)) + 1)
    if any(len(lines[number - 1]) > _WIDEST for number in wanted):
        return []
    return [_cut(number, lines[number - 1], at) for number in wanted]


def _cut(number: int, line: str, at: Location) -> Line:
    last = at.end_line or at.line or 0
    if not (at.line or 0) <= number <= last:
        return Line(number, line, "", "")
    start = (at.column or 1) - 1 if number == at.line else len(line) - len(line.lstrip())
    end = (at.end_column or len(line) + 1) - 1 if number == last else len(line)
    return Line(number, line[:start], line[start:end], line[end:])
