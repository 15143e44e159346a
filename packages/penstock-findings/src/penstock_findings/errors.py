"""Stop the work because of something the user can mend, and carry the findings that say what.

Takes:   a message, or findings already made.
Gives:   `PenstockError`, the base of every error that is not our own bug.
Ignores: printing and exiting; errors never do either.
"""

from __future__ import annotations

from penstock_findings.finding import NOWHERE, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import ClassVar

    from penstock_findings.finding import Location, Related


class PenstockError(Exception):
    """The work cannot go on; `findings`, never empty, say why.

    A subclass sets `code`, and `exit_code` when it is not misuse (2). With `findings` given they are carried as they
    are, and `message` only sums them up; otherwise one finding is made of the other arguments.
    `sources` (path -> text) lets a reporter show the lines at fault.
    """

    code: str = "F000"
    exit_code: ClassVar[int] = 2
    findings: tuple[Finding, ...]
    sources: Mapping[str, str]

    def __init__(
        self,
        message: str,
        *,
        at: Location = NOWHERE,
        hint: str | None = None,
        related: Iterable[Related] = (),
        code: str | None = None,
        findings: Sequence[Finding] = (),
        sources: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        elif findings:
            self.code = findings[0].code
        self.findings = tuple(findings) or (Finding(self.code, message, at, hint=hint, related=related),)
        self.sources = dict(sources or {})
