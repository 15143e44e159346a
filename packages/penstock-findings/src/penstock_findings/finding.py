"""Say what a finding is: a code, a sentence, a place, and when we know it, one thing to do.

Takes:   plain values.
Gives:   `Severity`, `Location`, `Related`, `Finding`: frozen, hashable, comparable by value.
Ignores: how findings are gathered (`report`), raised (`errors`) or printed (`reporters`).
"""

from __future__ import annotations

from enum import Enum

from penstock_findings.fact import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TypeAlias

    JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
else:
    JSON = object  # a name to import; only type checkers look inside


class Severity(str, Enum):
    """How much a finding matters; `ERROR` is the only one that fails a check by default."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """A number to compare by: the graver, the higher.

        >>> Severity.ERROR.rank > Severity.WARNING.rank > Severity.NOTE.rank
        True
        """
        return _RANKS[self.value]

    def __str__(self) -> str:
        return str(self.value)


_RANKS = {"note": 0, "warning": 1, "error": 2}


class Location(Fact):
    """A place in somebody's file; what is not known is None.

    `line` and `column` count from 1, columns in code points; `end_column` is the first column after the place.
    `pointer` is a JSON Pointer (RFC 6901) into the document.
    """

    path: str | None
    line: int | None
    column: int | None
    end_line: int | None
    end_column: int | None
    pointer: str | None

    def __init__(
        self,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
        end_line: int | None = None,
        end_column: int | None = None,
        pointer: str | None = None,
    ) -> None:
        self._fill(path, line, column, end_line, end_column, pointer)

    def __str__(self) -> str:
        """The place as people write it: `flow.yaml:14:8`, or `flow.yaml#/nodes/0` when only the pointer is known."""
        text = self.path or ""
        if self.line is None:
            return text if self.pointer is None else f"{text}#{self.pointer}"
        text = f"{text or '<input>'}:{self.line}"
        return text if self.column is None else f"{text}:{self.column}"


NOWHERE = Location()


class Related(Fact):
    """Another place that helps to understand a finding, and why it does: "the first `a` is here"."""

    message: str
    at: Location

    def __init__(self, message: str, at: Location) -> None:
        self._fill(message, at)


class Finding(Fact):
    """One thing to tell the user about their material.

    `code` is permanent and documented; `message` makes sense alone: lower case, no full stop, names in backticks.
    `hint` is one thing to do. `evidence` holds facts for programs (JSON values) and takes no part in the hash.
    """

    code: str
    message: str
    at: Location
    severity: Severity
    hint: str | None
    related: tuple[Related, ...]
    evidence: Mapping[str, JSON]

    def __init__(
        self,
        code: str,
        message: str,
        at: Location = NOWHERE,
        severity: Severity = Severity.ERROR,
        hint: str | None = None,
        related: Iterable[Related] = (),
        evidence: Mapping[str, JSON] | None = None,
    ) -> None:
        self._fill(code, message, at, Severity(severity), hint, tuple(related), dict(evidence or {}))
