"""Gather the findings of one run, in the order a reader wants them.

Takes:   a tool's name, its findings in any order, and the texts they point into.
Gives:   `Report`: sorted findings, the exit code, and the sum of two reports.
Ignores: formats; see `reporters`.
"""

from __future__ import annotations

from penstock_findings.fact import Fact
from penstock_findings.finding import Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from penstock_findings.finding import Finding


class Report(Fact):
    """All that one tool has to say about its input.

    `findings` are sorted by path, line, column and code. `sources` (path -> text) is what carets are drawn from.
    `version` is the tool's, for formats that name it.
    """

    tool: str
    findings: tuple[Finding, ...]
    sources: Mapping[str, str]
    version: str | None

    def __init__(
        self,
        tool: str,
        findings: Iterable[Finding] = (),
        sources: Mapping[str, str] | None = None,
        version: str | None = None,
    ) -> None:
        self._fill(tool, tuple(sorted(findings, key=_place)), dict(sources or {}), version)

    def count(self, severity: Severity) -> int:
        """How many findings have exactly this severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def exit_code(self, threshold: Severity = Severity.ERROR) -> int:
        """1 when a finding is at or above the threshold, else 0."""
        return int(any(finding.severity.rank >= threshold.rank for finding in self.findings))

    def __add__(self, other: Report) -> Report:
        """Both reports in one; name and version are the left one's."""
        if not isinstance(other, Report):
            return NotImplemented
        sources = {**self.sources, **other.sources}
        return Report(self.tool, self.findings + other.findings, sources, self.version)


def _place(finding: Finding) -> tuple[str, int, int, str, str]:
    at = finding.at
    return (at.path or "", at.line or 0, at.column or 0, finding.code, finding.message)
