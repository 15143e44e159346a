"""A report as Markdown, for a comment on a change or the summary of a job.

Takes:   a report.
Gives:   `render`: a heading with the counts and a table; when clean, one line that says so. `prose` and `code`, which
         take any text literally, for tools with a layout of their own.
Ignores: source lines; they would not fit in a table.
"""

from __future__ import annotations

from penstock_findings.reporters._words import summary, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock_findings.finding import Finding
    from penstock_findings.report import Report

_SPECIAL = frozenset("\\*_[]<>|&~#!$@")


def render(report: Report) -> str:
    """The report as a section of GitHub-flavoured Markdown."""
    lines = [f"### {prose(report.tool)}: {summary(report)}"]
    if report.findings:
        lines += ["", "| place | code | finding |", "|---|---|---|"]
        lines += [f"| {code(str(f.at))} | {f.severity} {prose(f.code)} | {_said(f)} |" for f in report.findings]
    return "".join(f"{line}\n" for line in lines)


def _said(finding: Finding) -> str:
    said = [prose(finding.message)]
    said += [f"see {code(str(related.at))} {prose(related.message)}" for related in finding.related]
    said += [f"hint: {prose(finding.hint)}"] if finding.hint else []
    return "<br>".join(said)


def code(text: str) -> str:
    """The text as a code span inside a table cell; the empty text stays empty."""
    if not text:
        return ""
    text = visible(text).replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in _runs(text)), default=0))
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _runs(text: str) -> list[str]:
    return [run for run in "".join(char if char == "`" else " " for char in text).split(" ") if run]


def prose(text: str) -> str:
    """The text with our own `names` as code spans and everything else taken literally."""
    parts = visible(text).split("`")
    if len(parts) % 2 == 0:  # a backtick without its partner
        return "\\`".join(_literal(part) for part in parts)
    return "".join(_literal(part) if at % 2 == 0 else code(part) or "``" for at, part in enumerate(parts))


def _literal(text: str) -> str:
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in text)
