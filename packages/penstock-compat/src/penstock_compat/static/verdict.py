"""Say what can be known of a cell without running it.

Takes:   nothing.
Gives:   `Verdict`, `When`, `Reason` and `Static`, all frozen.
Ignores: how it came to be known (`judging`), and what a run says (`classify`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from penstock_findings import Finding, Location, Severity


class Verdict(str, Enum):
    """What a reading of the sources says: it fits, it cannot work, or the reading does not tell."""

    OK = "ok"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class When(str, Enum):
    """The first moment at which a reason hurts."""

    INSTALL = "install"
    IMPORT = "import"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks against a cell; `broken` is proven, `unknown` is a question that only a run answers."""

    code: str
    message: str
    verdict: Verdict
    when: When
    at: Location = field(default_factory=Location)
    subject: str = ""  # what is missing or misused, as a dotted path of the core or a requirement

    def __str__(self) -> str:
        place = f"{self.at.path}:{self.at.line}: " if self.at.path and self.at.line else ""
        return f"{place}{self.code}: {self.message}"

    def finding(self) -> Finding:
        """The same, as what reporters print."""
        severity = Severity.ERROR if self.verdict is Verdict.BROKEN else Severity.NOTE
        return Finding(self.code, self.message, at=self.at, severity=severity)


@dataclass(frozen=True, slots=True)
class Static:
    """A verdict with everything that was found for it."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    uses: int = 0  # how many uses of the core's surface were looked at

    @property
    def blocks(self) -> bool:
        """Whether no test could even begin: it cannot be installed, or its import fails for certain."""
        return any(each.verdict is Verdict.BROKEN and each.when is not When.CALL for each in self.reasons)

    @property
    def texts(self) -> tuple[str, ...]:
        """The reasons as a result carries them."""
        return tuple(str(each) for each in self.reasons)


def joined(*parts: Static) -> Static:
    """What all of them say together: one that is broken breaks it, and one that is unknown leaves it open."""
    verdicts = {part.verdict for part in parts}
    worst = next(v for v in (Verdict.BROKEN, Verdict.UNKNOWN, Verdict.OK) if v in verdicts or v is Verdict.OK)
    return Static(worst, tuple(each for part in parts for each in part.reasons), sum(part.uses for part in parts))


def of(reasons: tuple[Reason, ...], uses: int = 0) -> Static:
    """The verdict that follows from some reasons."""
    return joined(*(Static(each.verdict, (each,)) for each in reasons), Static(Verdict.OK, uses=uses))
