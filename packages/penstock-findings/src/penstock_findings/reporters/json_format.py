"""A report for programs, as canonical JSON: keys sorted, no spaces, ASCII, one line, nothing that is not known.

Takes:   a report.
Gives:   `render`; `FORMAT`, which grows by one when a reader would have to change; `finding_value` and
         `location_value`, the parts that formats of other tools have in common with it.
Ignores: people; they have `text`.
"""

from __future__ import annotations

from penstock_findings.finding import Severity
from penstock_findings.reporters._words import known, portable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock_findings.finding import JSON, Finding, Location
    from penstock_findings.report import Report

FORMAT = "penstock-findings/1"


def render(report: Report) -> str:
    """The report as one line of JSON."""
    from json import dumps

    return dumps(portable(_report(report)), sort_keys=True, separators=(",", ":")) + "\n"


def _report(report: Report) -> dict[str, JSON]:
    return {
        "format": FORMAT,
        "tool": known(name=report.tool, version=report.version),
        "summary": {str(severity): report.count(severity) for severity in Severity},
        "findings": [finding_value(finding) for finding in report.findings],
    }


def finding_value(finding: Finding) -> dict[str, JSON]:
    """One finding as a JSON value."""
    return known(
        code=finding.code,
        severity=str(finding.severity),
        message=finding.message,
        at=location_value(finding.at) or None,
        hint=finding.hint,
        related=[known(message=r.message, at=location_value(r.at) or None) for r in finding.related] or None,
        evidence=dict(finding.evidence) or None,
    )


def location_value(at: Location) -> dict[str, JSON]:
    """What is known of a place, as a JSON value."""
    return known(**{name: getattr(at, name) for name in at.__match_args__})
