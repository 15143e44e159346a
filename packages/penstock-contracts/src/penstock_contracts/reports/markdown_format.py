"""What the gate found as Markdown, for a comment on a change: a table, and behind each line the payload that shows it.

Takes:   an `Outcome`.
Gives:   `render`; `MARK`, the first line, by which a job finds its comment of the time before.
Ignores: source lines; the code host shows them beside the comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from penstock_contracts.reports.phrases import (
    CLEARED,
    GLYPHS,
    Standing,
    answered,
    answers_of,
    asked,
    decided,
    headline,
    loud,
    quiet,
    sides,
    standing_of,
    standing_of_change,
    waived,
    witnessed,
)
from penstock_findings import Severity
from penstock_findings.reporters.markdown_format import code, prose

if TYPE_CHECKING:
    from penstock_contracts.change import Change, Comparison, Outcome
    from penstock_findings import Finding

MARK = "<!-- penstock contracts -->"
_LIMIT = 60_000  # characters; GitHub refuses comments of more than 65,536
_LONGEST = 4_000  # characters of one payload


def render(outcome: Outcome) -> str:
    """The outcome as a comment in GitHub-flavoured Markdown; what does not fit is counted."""
    lines = [MARK, f"### {GLYPHS[standing_of(outcome)]} Contracts {prose(headline(outcome))}", ""]
    size = sum(map(len, lines))
    parts = list(_parts(outcome))
    for number, part in enumerate(parts):
        size += sum(len(line) + 1 for line in part)
        if size > _LIMIT:
            lines += ["", f"{len(parts) - number} more parts do not fit here; the job's own report has them."]
            break
        lines += part
    return "".join(f"{line}\n" for line in lines)


def _parts(outcome: Outcome) -> Iterator[list[str]]:
    """Pieces that stand or fall as a whole, the most important first."""
    if outcome.findings:
        rows = [f"| {_severity(f)} | {code(str(f.at))} | {_said(f)} |" for f in outcome.findings]
        yield ["| | place | finding |", "|---|---|---|", *rows, ""]
    for comparison in loud(outcome):
        yield [
            f"#### {GLYPHS[standing_of(comparison)]} {code(comparison.name)}: "
            f"{code(comparison.baseline)} → {code(comparison.candidate)}",
            "",
            f"{prose(asked(comparison))}.",
            "",
            *(
                f"* {prose(direction.name)}: {prose(decided(direction, comparison))}"
                for direction in comparison.directions
            ),
            *_others(comparison),
            *(["* equal: proved, both sides accept the same payloads"] if comparison.equivalent else []),
            "",
        ]
        telling = [each for each in comparison.changes if standing_of_change(each) is not Standing.COMPATIBLE]
        rest = [each for each in comparison.changes if standing_of_change(each) is Standing.COMPATIBLE]
        for change in telling:
            yield [*_change(change, comparison), ""]
        if rest:
            rows = [f"| {prose(each.code)} | {code(_place(each))} | {prose(each.message)} |" for each in rest]
            title = f"{len(rest)} compatible change{'s' * (len(rest) > 1)}"
            yield ["<details>", f"<summary>{title}</summary>", "", "| | place | change |", "|---|---|---|", *rows]
            yield ["", "</details>", ""]
    if still := quiet(outcome):
        yield [f"{prose(still)}.", ""]


def _others(comparison: Comparison) -> Iterator[str]:
    for direction in comparison.extra:
        yield (
            f"* {prose(direction.name)}, {code(direction.producer)} → {code(direction.consumer)}: "
            f"{prose(decided(direction, comparison))}"
        )


def _change(change: Change, comparison: Comparison) -> Iterator[str]:
    standing = standing_of_change(change)
    yield f"**{GLYPHS[standing]} {standing}** {prose(change.code)} {code(_place(change))}: {prose(change.message)}"
    yield ""
    if change.was or change.now:
        for label, words in zip(sides(comparison), (change.was, change.now), strict=True):
            yield f"* {label}: {prose(words)}"
    for answer in answers_of(change, comparison):
        yield f"* {prose(answer.direction)}: {prose(answered(answer))}"
    if change.cleared:
        yield f"* {CLEARED}"
    if change.waiver is not None:
        yield f"* waived {prose(waived(change.waiver))}"
    for answer in answers_of(change, comparison):
        if answer.witness is not None:
            yield from _witness(answer.witness.text, witnessed(answer.direction, comparison))


def _witness(text: str, special: str) -> Iterator[str]:
    yield from ("", "<details>", f"<summary>a payload that {special}</summary>", "")
    shown = text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", shown)), default=0))
    yield from (f"{fence}json", shown.replace("\n", " "), fence, "", "</details>")


def _place(change: Change) -> str:
    return str(change.candidate.at) or change.candidate.pointer


def _severity(finding: Finding) -> str:
    return f"**{finding.severity}**" if finding.severity is Severity.ERROR else str(finding.severity)


def _said(finding: Finding) -> str:
    hint = f"<br>hint: {prose(finding.hint)}" if finding.hint else ""
    return f"{prose(finding.code)}: {prose(finding.message)}{hint}"
