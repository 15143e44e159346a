"""Say what a loaded document is: its value, its text, and where in the text each value stands.

Takes:   a value and the tree of its spans, as a parser built them.
Gives:   `Document`, which answers "where is this pointer?"; `Parsed`, a document and what was wrong with it.
Ignores: how text is parsed (`_parsers`) and where it was read from (`load`).
"""

from __future__ import annotations

from bisect import bisect_right

from penstock_findings import pointers
from penstock_findings.fact import Fact
from penstock_findings.finding import Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from penstock_findings.finding import JSON, Finding

    # Where a value starts and ends in the text (code points, half-open), and the same for what is in it:
    # a list has a list of spans, a mapping has key -> (key start, key end, span of the value).
    Span: TypeAlias = "tuple[int, int, list[Span] | dict[str, tuple[int, int, Span]] | None]"


class Places:
    """Turn offsets into a text into lines and columns; the table of lines is made at the first question."""

    __slots__ = ("_starts", "path", "text")

    def __init__(self, path: str | None, text: str) -> None:
        self.path = path
        self.text = text
        self._starts: list[int] | None = None

    def of(self, start: int, end: int | None = None, pointer: str | None = None) -> Location:
        """The location of `text[start:end]`; without `end`, of one position."""
        if self._starts is None:
            self._starts = line_starts(self.text)
        line = bisect_right(self._starts, start)
        column = start - self._starts[line - 1] + 1
        if end is None:
            return Location(self.path, line, column, pointer=pointer)
        end_line = bisect_right(self._starts, end)
        return Location(self.path, line, column, end_line, end - self._starts[end_line - 1] + 1, pointer)


def line_starts(text: str) -> list[int]:
    """The offset at which each line begins; lines end with LF, CR LF or CR, as in every editor."""
    starts = [0]
    at = 0
    if "\r" not in text:
        while at := text.find("\n", at) + 1:
            starts.append(at)
        return starts
    for line in text.replace("\r\n", "\n\n").replace("\r", "\n").split("\n")[:-1]:
        at += len(line) + 1
        if not (text[at - 1] == "\r" and text[at : at + 1] == "\n"):
            starts.append(at)
    return starts


class Document:
    """A loaded file: `value` holds plain JSON values, `text` is what was read, without a byte order mark."""

    __slots__ = ("_places", "_span", "path", "text", "value")

    def __init__(self, path: str, value: JSON, text: str, span: Span, places: Places | None = None) -> None:
        self.path = path
        self.value = value
        self.text = text
        self._span = span
        self._places = places or Places(path, text)

    def __repr__(self) -> str:
        return f"Document(path={self.path!r}, value={self.value!r})"

    def at(self, pointer: str) -> Location:
        """Where the value stands; when there is no such value, where the nearest parent stands that exists."""
        start, end, _, found = self._find(pointer)
        return self._places.of(start, end, found)

    def key_at(self, pointer: str) -> Location:
        """Where the key of that member stands; for an element of a list, the element; else as `at`."""
        start, end, key, found = self._find(pointer)
        return self._places.of(*(key or (start, end)), found)

    def _find(self, pointer: str) -> tuple[int, int, tuple[int, int] | None, str]:
        start, end, inside = self._span
        key: tuple[int, int] | None = None
        found = ""
        for token in pointers.split(pointer):
            if isinstance(inside, dict):
                member = inside.get(token)
                if member is None:
                    break
                key = member[:2]
                start, end, inside = member[2]
            elif isinstance(inside, list) and token.isdecimal() and token.isascii() and int(token[:9]) < len(inside):
                key = None
                start, end, inside = inside[int(token[:9])]
            else:
                break
            found = pointers.join(found, token)
        return start, end, key, found


class Parsed(Fact):
    """What became of one file: the document, as far as it could be read, and what is wrong with it.

    `document` is None only when nothing usable could be read. `text` is there even then, if the file was text.
    """

    document: Document | None
    findings: tuple[Finding, ...]
    path: str | None
    text: str

    def __init__(
        self,
        document: Document | None,
        findings: Iterable[Finding] = (),
        path: str | None = None,
        text: str = "",
    ) -> None:
        self._fill(document, tuple(findings), path, text)
