"""A report as JUnit XML, which build servers show as a table of tests.

Takes:   a report.
Gives:   `render`: one test suite, in ASCII; each error is a failed case, each warning or note a passed one with output.
Ignores: times; a report has none.
"""

from __future__ import annotations

from penstock_findings.finding import Severity
from penstock_findings.reporters._words import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_findings.finding import Finding
    from penstock_findings.report import Report

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def render(report: Report) -> str:
    """The report as an XML document; a clean one holds one passed case, for some readers refuse an empty suite."""
    tests = max(1, len(report.findings))
    counts = f'tests="{tests}" failures="{report.count(Severity.ERROR)}" errors="0" skipped="0"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<testsuites {counts}>",
        f'  <testsuite name="{_text(report.tool)}" {counts}>',
        *(line for finding in report.findings for line in _case(finding)),
    ]
    if not report.findings:
        lines.append(f'    <testcase classname="{_text(report.tool)}" name="no findings"/>')
    lines += ["  </testsuite>", "</testsuites>"]
    return "".join(f"{line}\n" for line in lines)


def _case(finding: Finding) -> Iterator[str]:
    at = finding.at
    place = str(at)
    name = _text(f"{finding.code} {place}".rstrip())
    where = f' file="{_text(at.path)}"' if at.path is not None else ""
    where += f' line="{at.line}"' if at.line is not None else ""
    yield f'    <testcase classname="{_text(at.path or finding.code)}" name="{name}"{where}>'
    said = [f"{place}: {finding.severity} {finding.code}: {finding.message}" if place else finding.message]
    said += [f"see {related.at}: {related.message}" for related in finding.related]
    said += [f"hint: {finding.hint}"] if finding.hint else []
    body = "\n".join(_text(line) for line in said)
    if finding.severity is Severity.ERROR:
        yield f'      <failure type="{_text(finding.code)}" message="{_text(finding.message)}">{body}</failure>'
    else:
        yield f"      <system-out>{body}</system-out>"
    yield "    </testcase>"


def _text(text: str) -> str:
    """The text for an XML attribute or element; what XML 1.0 cannot hold is escaped as `visible` does."""
    escaped = "".join(_ENTITIES.get(char, char) for char in visible(text))
    return escaped.encode("ascii", "xmlcharrefreplace").decode("ascii")
