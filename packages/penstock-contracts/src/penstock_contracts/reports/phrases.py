"""Phrase what the gate found: one word for how a thing stands, and the sentences that every format uses.

Takes:   the facts of `change`.
Gives:   `Standing`, `standing_of`, `standing_of_change`; `headline`, `counts`, `loud`, `quiet`, `asked`, `answered`, `decided`, `waived`.
Ignores: layout; each format has its own.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING

from penstock_contracts.change import Comparison, Effect
from penstock_contracts.verdict import Proven, Refuted
from penstock_findings import Severity

if TYPE_CHECKING:
    from penstock_contracts.change import Answer, Change, Direction, Outcome, Waiver
    from penstock_contracts.verdict import Verdict

LOOKED_IN_VAIN = "K3"  # findings of these codes say that something could not be decided or found


class Standing(str, Enum):
    """How a change, a comparison or a whole outcome stands."""

    BREAKING = "breaking"
    UNDECIDED = "undecided"
    WAIVED = "waived"
    COMPATIBLE = "compatible"

    def __str__(self) -> str:
        return str(self.value)


GLYPHS = {Standing.BREAKING: "✗", Standing.UNDECIDED: "?", Standing.WAIVED: "⚑", Standing.COMPATIBLE: "✓"}
_VERBS = {
    Standing.BREAKING: ("breaks", "break"),
    Standing.UNDECIDED: ("is undecided", "are undecided"),
    Standing.WAIVED: ("is waived", "are waived"),
    Standing.COMPATIBLE: ("is compatible", "are compatible"),
}


def standing_of_change(change: Change) -> Standing:
    """How one change stands; a waiver matters only to what would fail the gate."""
    if not (change.breaking or change.undecided):
        return Standing.COMPATIBLE
    if change.waiver is not None:
        return Standing.WAIVED
    return Standing.BREAKING if change.breaking else Standing.UNDECIDED


def standing_of(found: Comparison | Outcome) -> Standing:
    """How a comparison stands, or all that was found: a break outweighs a doubt."""
    parts = (found,) if isinstance(found, Comparison) else found.comparisons
    findings = () if isinstance(found, Comparison) else found.findings
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if any(part.breaking for part in parts) or any(not error.code.startswith(LOOKED_IN_VAIN) for error in errors):
        return Standing.BREAKING
    return Standing.UNDECIDED if errors or any(part.undecided for part in parts) else Standing.COMPATIBLE


def counts(outcome: Outcome) -> Counter[Standing]:
    """How many changes stand how."""
    return Counter(standing_of_change(change) for comparison in outcome.comparisons for change in comparison.changes)


def loud(outcome: Outcome) -> list[Comparison]:
    """The comparisons that people want to read: all, when there is one; else those in which something changed."""
    every = list(outcome.comparisons)
    return every if len(every) == 1 else [comparison for comparison in every if not _is_quiet(comparison)]


def quiet(outcome: Outcome) -> str:
    """The others in one line: `97 contracts accept what they did, 3 links hold`; empty when there are none."""
    if len(outcome.comparisons) == 1:
        return ""
    still = [comparison for comparison in outcome.comparisons if _is_quiet(comparison)]
    links = sum(comparison.is_link for comparison in still)
    parts = [
        (len(still) - links, "contract", "accepts what it did", "accept what they did"),
        (links, "link", "holds", "hold"),
    ]
    return ", ".join(f"{n} {what}{'s' * (n > 1)} {many if n > 1 else one}" for n, what, one, many in parts if n)


def _is_quiet(comparison: Comparison) -> bool:
    """Whether nothing is worth reading about it: a contract that did not change, or a link that holds."""
    holds = comparison.is_link and all(isinstance(each.verdict, Proven) for each in comparison.directions)
    return not comparison.changes and (comparison.equivalent or holds)


def headline(outcome: Outcome) -> str:
    """All of it in one line: `breaking: 2 changes break, 1 is compatible; the version needs a major step`."""
    found = counts(outcome)
    parts = [f"{found[kind]} {_VERBS[kind][found[kind] > 1]}" for kind in Standing if found[kind]]
    if parts:
        what = "place" if all(comparison.is_link for comparison in outcome.comparisons) else "change"
        parts[0] = parts[0].replace(" ", f" {what} " if parts[0].startswith("1 ") else f" {what}s ", 1)
    errors = sum(finding.severity is Severity.ERROR for finding in outcome.findings)
    parts += [f"{errors} error{'s' * (errors > 1)}{' besides' * bool(parts)}"] if errors else []
    parts = parts or [_nothing(outcome)]
    step = f"; the version needs a {outcome.bump} step" if outcome.bump is not None else ""
    standing = standing_of(outcome)
    breaking = standing is Standing.BREAKING and any(comparison.breaking for comparison in outcome.comparisons)
    return f"{'failed' if standing is Standing.BREAKING and not breaking else standing}: {', '.join(parts)}{step}"


def _nothing(outcome: Outcome) -> str:
    """What is said when nothing is to be told."""
    every = outcome.comparisons
    if every and all(comparison.is_link for comparison in every):
        return "every link is proved"
    if every and all(comparison.equivalent for comparison in every):
        return "the same payloads on both sides"
    return "no mistakes" if outcome.command == "check" else "no changes"


def asked(comparison: Comparison) -> str:
    """What was compared, how: `input; mode backward; contents as the schemas are written`."""
    if comparison.is_link:
        return "a link: everything that is written has to be accepted"
    contents = {"open": "contents as the schemas are written", "declared": "contents with declared properties only"}
    places = f"{' and '.join(comparison.positions)}; " if comparison.positions else ""
    return f"{places}mode {comparison.mode}; {contents.get(comparison.content, comparison.content)}"


def answered(answer: Answer) -> str:
    """What a change does in one direction, in words; the payload that shows it is told apart from this."""
    why = f": {answer.reason}" if answer.reason else ""
    said = {
        Effect.BREAKS: "breaks",
        Effect.HARMLESS: f"harmless here{why}",
        Effect.FITS: "fits",
        Effect.UNDECIDED: f"undecided{why}",
        Effect.UNASKED: f"not looked at alone{why}",
    }[answer.effect]
    return f"{said} (only a line terminator or a dialect of patterns shows it)" if answer.exotic else said


def sides(comparison: Comparison) -> tuple[str, str]:
    """What the two sides of a change are called."""
    return ("writes", "reads") if comparison.is_link else ("was", "now")


def answers_of(change: Change, comparison: Comparison) -> list[Answer]:
    """The answers that people want to read: a link has one direction."""
    return [answer for answer in change.answers if not comparison.is_link or answer.direction == "backward"]


def witnessed(direction: str, comparison: Comparison) -> str:
    """What is special about a payload that shows a break in that direction."""
    if comparison.is_link:
        return "may be written and is refused"
    if direction == "backward":
        return "was accepted before and is refused now"
    return "is accepted now and was refused before"


def decided(direction: Direction, comparison: Comparison) -> str:
    """The verdict on whole contracts in one direction, and why it was asked; the contents in use come first."""
    said = verdict_word(direction.verdict)
    if direction.declared is not None and verdict_word(direction.declared) != said:
        declared = verdict_word(direction.declared)
        if comparison.content == "declared":
            said = f"{declared}, and {said} as the schemas are written"
        else:
            said = f"{said}, and {declared} when payloads hold declared properties only"
    need = "needed" if direction.needed else "not needed"
    return f"{said} ({need}: {direction.why})" if direction.why else f"{said} ({need})"


def verdict_word(verdict: Verdict) -> str:
    """`compatible`, `breaking`, or `undecided: ...`."""
    if isinstance(verdict, Proven):
        return "compatible"
    if isinstance(verdict, Refuted):
        return "breaking"
    return f"undecided: {verdict.reason}" + (f", {verdict.detail}" if verdict.detail else "")


def waived(waiver: Waiver) -> str:
    """Who lets it pass, until when and why."""
    return f"by {waiver.owner} until {waiver.expires}: {waiver.reason}"


CLEARED = "only payloads with undeclared properties break; with declared properties nothing does"
