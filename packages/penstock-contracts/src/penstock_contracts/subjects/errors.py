"""The errors that stop the gate before it can compare anything.

Takes:   names, places and reasons.
Gives:   `CannotRead`, `NoBaseline`, `GitFailed`, `Hostile`, `NotASubject`, `NoSuchPointer`.
Ignores: what is wrong inside of a file that can be read; those are findings, all at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock_findings.errors import PenstockError

if TYPE_CHECKING:
    from collections.abc import Iterable


class CannotRead(PenstockError):
    """One or more files are no good; carries all that is wrong with them. The files are at fault."""


class NoBaseline(PenstockError):
    """There is nothing to compare with, and that is not the same as nothing that breaks."""

    code = "K302"
    exit_code = 3

    def __init__(self, what: str, hint: str | None = None) -> None:
        super().__init__(f"there is no baseline: {what}", hint=hint)


class GitFailed(PenstockError):
    """Git was asked for a baseline and did not give one. The reference or the repository is at fault."""

    code = "K303"
    exit_code = 3

    def __init__(self, what: str, hint: str | None = None) -> None:
        super().__init__(what, hint=hint)


class Hostile(PenstockError):
    """An archive holds what no honest build puts there. It is not looked at any further."""

    code = "K109"

    def __init__(self, archive: str, why: str) -> None:
        super().__init__(f"`{archive}` is refused: {why}", hint="build it again, or find out who made it")


class NotASubject(PenstockError):
    """The words name nothing that can be compared."""

    code = "K107"

    def __init__(self, what: str, why: str, hint: str | None = None) -> None:
        super().__init__(f"`{what}` {why}", hint=hint)


class NoSuchPointer(PenstockError):
    """The document is there, and has nothing at that pointer."""

    code = "K108"

    def __init__(self, path: str, pointer: str, known: Iterable[str]) -> None:
        from penstock_findings.spelling import hint_for

        super().__init__(f"`{path}` has nothing at `#{pointer}`", hint=hint_for(pointer, known))
