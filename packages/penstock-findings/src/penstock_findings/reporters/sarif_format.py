"""A report as SARIF 2.1.0, which code hosts and editors show beside the code.

Takes:   a report.
Gives:   `render`: one run with its rules and results. Columns count code points, as ours do.
Ignores: what a rule's full text is; `penstock explain` has it.
"""

from __future__ import annotations

from penstock_findings.reporters._words import known, portable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock_findings.finding import JSON, Finding, Location
    from penstock_findings.report import Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(report: Report) -> str:
    """The report as a SARIF log, indented, in ASCII."""
    from json import dumps

    return dumps(portable(_log(report)), indent=2) + "\n"


def _log(report: Report) -> dict[str, JSON]:
    codes = sorted({finding.code for finding in report.findings})
    rules: list[JSON] = [{"id": code} for code in codes]
    driver = known(name=report.tool, version=report.version, rules=rules)
    run: dict[str, JSON] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code)) for finding in report.findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding, rule: int) -> dict[str, JSON]:
    text = finding.message + (f" (hint: {finding.hint})" if finding.hint else "")
    at = _location(finding.at)
    related: list[JSON] = [
        {"id": number, "message": {"text": one.message}, **_location(one.at)}
        for number, one in enumerate(finding.related, 1)
    ]
    return known(
        ruleId=finding.code,
        ruleIndex=rule,
        level=str(finding.severity),  # SARIF has the same three words
        message={"text": text},
        locations=[at] if at else None,
        relatedLocations=related or None,
        properties={"evidence": dict(finding.evidence)} if finding.evidence else None,
    )


def _location(at: Location) -> dict[str, JSON]:
    """A SARIF location: a region needs a line, a physical location a file, and a pointer is a logical one."""
    physical: JSON = None
    if at.path is not None:
        region = known(startLine=at.line, startColumn=at.column, endLine=at.end_line, endColumn=at.end_column)
        physical = known(artifactLocation={"uri": uri(at.path)}, region=region if at.line is not None else None)
    logical: JSON = [{"fullyQualifiedName": at.pointer}] if at.pointer else None
    return known(physicalLocation=physical, logicalLocations=logical)


def uri(path: str) -> str:
    """The path as a URI reference: relative paths stay relative, absolute ones become `file:` addresses.

    >>> uri("flows/my flow.yaml")
    'flows/my%20flow.yaml'
    """
    from os import sep
    from urllib.parse import quote

    parts = path.replace(sep, "/")
    drive = parts[:2] if parts[1:3] == ":/" else ""
    quoted = drive + quote(parts[len(drive) :], errors="surrogatepass")
    if drive:
        return f"file:///{quoted}"
    return f"file://{quoted}" if parts.startswith("/") else quoted
