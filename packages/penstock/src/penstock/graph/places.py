"""Say where a value of a graph stands: in its file, or on the command line.

Takes:   the file's document, and what was overridden.
Gives:   `Places.value` and `Places.key`, from a JSON Pointer into the graph to a location.
Ignores: what stands there.
"""

from __future__ import annotations

from penstock_findings.fact import Fact
from penstock_findings.finding import Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock_findings.document import Document


class Patch(Fact):
    """A value that was given on the command line: where it goes, and where it and its name stand there."""

    pointer: str
    document: Document
    name_at: Location


class Places:
    """Where everything stands; a patch hides what the file says at its pointer."""

    __slots__ = ("_document", "_patches")

    def __init__(self, document: Document, patches: tuple[Patch, ...] = ()) -> None:
        self._document = document
        self._patches = patches

    def value(self, pointer: str) -> Location:
        """Where the value stands, or its nearest parent that exists."""
        return self._find(pointer, on_key=False)

    def key(self, pointer: str) -> Location:
        """Where the key stands; for an element of a list, the element."""
        return self._find(pointer, on_key=True)

    def _find(self, pointer: str, *, on_key: bool) -> Location:
        for patch in reversed(self._patches):  # the last one counts
            if pointer == patch.pointer and on_key:
                return _renamed(patch.name_at, pointer)
            if pointer == patch.pointer or pointer.startswith(patch.pointer + "/"):
                inside = pointer[len(patch.pointer) :]
                at = patch.document.key_at(inside) if on_key else patch.document.at(inside)
                return _renamed(at, patch.pointer + (at.pointer or ""))
        at = self._document.key_at(pointer) if on_key else self._document.at(pointer)
        if at.pointer != pointer:
            for patch in self._patches:  # a mapping that only exists because something was put into it
                if patch.pointer.startswith(pointer + "/"):
                    return _renamed(patch.name_at, pointer)
        return at


def _renamed(at: Location, pointer: str) -> Location:
    return Location(at.path, at.line, at.column, at.end_line, at.end_column, pointer)
