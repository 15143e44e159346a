"""A report as workflow commands, which GitHub Actions shows as annotations on the changed lines.

Takes:   a report.
Gives:   `render`: one command for each finding; nothing when there are none.
Ignores: how many of them GitHub shows (ten of each kind for a step).
"""

from __future__ import annotations

from penstock_findings.finding import Severity
from penstock_findings.reporters._words import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock_findings.finding import Finding
    from penstock_findings.report import Report

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report) -> str:
    """The report as lines of `::error file=...,line=...::message`."""
    return "".join(f"{_command(finding)}\n" for finding in report.findings)


def _command(finding: Finding) -> str:
    at = finding.at
    places = {"file": at.path, "line": at.line, "endLine": at.end_line}
    if at.end_line in (None, at.line):  # GitHub refuses columns of a range over several lines
        # our end is the column after the place, theirs the last one in it
        last = max(at.end_column - 1, at.column or 1) if at.end_column is not None else None
        places |= {"col": at.column, "endColumn": last}
    places["title"] = finding.code
    inside = f" (at `{at.pointer}`)" if at.pointer and at.line is None else ""
    said = [visible(finding.message + inside)]
    said += [visible(f"see {related.at}: {related.message}") for related in finding.related]
    said += [visible(f"hint: {finding.hint}")] if finding.hint else []
    properties = ",".join(
        f"{name}={_property(visible(str(value)))}" for name, value in places.items() if value is not None
    )
    return f"::{_COMMANDS[finding.severity]} {properties}::{_data(chr(10).join(said))}"


def _data(text: str) -> str:
    """Escape as the runner does: https://github.com/actions/toolkit, `escapeData`."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
