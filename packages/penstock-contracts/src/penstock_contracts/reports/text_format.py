"""What the gate found, for people: each change with its line, what was and is allowed, and a payload that shows it.

Takes:   an `Outcome` and whether to colour.
Gives:   `render`.
Ignores: terminals; `reports.write` knows whether there is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from penstock_contracts.reports.as_findings import finding_of
from penstock_contracts.reports.phrases import (
    CLEARED,
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
from penstock_findings import Location
from penstock_findings.reporters import visible
from penstock_findings.reporters.text_format import Sources, lines_of

if TYPE_CHECKING:
    from penstock_contracts.change import Change, Comparison, Outcome, Place

_PAINT = {Standing.BREAKING: "1;31", Standing.UNDECIDED: "1;33", Standing.WAIVED: "1;36", Standing.COMPATIBLE: "1;32"}


def render(outcome: Outcome, color: bool = False) -> str:
    """Everything, contract by contract, and a last line that sums up."""
    sources = Sources(outcome.sources)
    lines: list[str] = []
    for finding in outcome.findings:
        lines += lines_of(finding, sources, color)
    for comparison in loud(outcome):
        lines += _comparison(comparison, sources, color)
    if still := quiet(outcome):
        lines.append(still)
    lines.append(_painted(headline(outcome), standing_of(outcome), color))
    return "".join(f"{line}\n" for line in lines)


def _comparison(comparison: Comparison, sources: Sources, color: bool) -> Iterator[str]:
    both = f"{comparison.baseline} -> {comparison.candidate}"
    yield f"{visible(comparison.name)}: {visible(both)} ({visible(asked(comparison))})"
    for direction in (*comparison.directions, *comparison.extra):
        ends = f", {direction.producer} -> {direction.consumer}" if direction in comparison.extra else ""
        yield f"  {direction.name}{visible(ends)}: {visible(decided(direction, comparison))}"
    for change in comparison.changes:
        yield from _change(change, comparison, sources, color)
    if comparison.equivalent:
        yield "  equal: proved, both sides accept the same payloads"
    if comparison.bump is not None:
        yield f"  version step, all in all: {comparison.bump}"
    yield ""


def _change(change: Change, comparison: Comparison, sources: Sources, color: bool) -> Iterator[str]:
    finding = finding_of(change, comparison)
    yield from lines_of(finding.__replace__(message=change.message, related=()), sources, color)
    yield from _members(change, comparison)
    standing = standing_of_change(change)
    if standing is not Standing.COMPATIBLE:
        step = "" if comparison.is_link else f"; version step: {change.bump}"
        told = f" {visible(waived(change.waiver))}" if change.waiver else step
        yield f"  {_painted(str(standing), standing, color)}{told}"


def _members(change: Change, comparison: Comparison) -> Iterator[str]:
    before, after = sides(comparison)
    for label, words, place in ((before, change.was, change.baseline), (after, change.now, change.candidate)):
        told = f"{words} ({_where(place)})" if change.was or change.now else _where(place)
        yield f"  {label}: {visible(told)}"
    for answer in answers_of(change, comparison):
        yield f"  {answer.direction}: {visible(answered(answer))}"
        if answer.witness is not None:
            yield f"    {witnessed(answer.direction, comparison)}: {visible(answer.witness.text)}"
    if change.cleared:
        yield f"  {CLEARED}"


def _where(place: Place) -> str:
    """Line and column, and the pointer; `nothing at` tells that the place is only near."""
    known = [str(Location(place.at.path, place.at.line, place.at.column)), place.pointer or "the whole schema"]
    return ("at " if place.present else "nothing at ") + ", ".join(part for part in known if part)


def _painted(text: str, standing: Standing, color: bool) -> str:
    return f"\x1b[{_PAINT[standing]}m{visible(text)}\x1b[0m" if color else visible(text)
