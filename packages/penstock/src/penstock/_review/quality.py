"""The scale of a pack, bronze to platinum: which point belongs to which level, and what a pack has reached.

Takes:   the findings of a review, and which points nobody could look at.
Gives:   `POINTS`, the table; `severity_of` a code; `Quality`; `quality_of`; `badge`, for a shields endpoint.
Ignores: how a point is looked at (the other rooms), and wording of what was found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock_findings.fact import EMPTY, Fact
from penstock_findings.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from penstock_findings.finding import Finding

LEVELS = ("bronze", "silver", "gold", "platinum")
_SEVERITIES = {
    "bronze": Severity.ERROR,
    "silver": Severity.WARNING,
    "gold": Severity.WARNING,
    "platinum": Severity.NOTE,
}
_COLOURS = {"none": "red", "bronze": "#cd7f32", "silver": "#c0c0c0", "gold": "#ffd700", "platinum": "#e5e4e2"}
MANIFEST, PROMISES, COMPATIBLE, SDK = "manifest", "promises", "compatible", "sdk"


class Point(Fact):
    """One thing that a pack does or lacks.

    `name` is the code that says it is missing; a word where other tools' codes say it (`begins`: how those begin).
    `asked_of` is where it can be told from: "folder", "wheel" or both.
    """

    name: str
    level: str
    says: str  # what a pack does that has it
    begins: tuple[str, ...] = ()
    asked_of: tuple[str, ...] = ("folder", "wheel")


_FOLDER, _WHEEL = ("folder",), ("wheel",)
POINTS = (
    Point(MANIFEST, "bronze", "its manifest is what its code makes", ("M1", "M2", "M3")),
    Point("M502", "bronze", "its entry points name what is there"),
    Point("M503", "bronze", "it says on which Pythons it runs"),
    Point("M504", "bronze", "what it says of Pythons is true of its code"),
    Point("M505", "bronze", "it says with which SDKs it works, with both ends of the range"),
    Point("M506", "bronze", "it carries nothing that Python runs by itself"),
    Point("M507", "bronze", "it puts nothing beside its own package"),
    Point("M508", "bronze", "it carries no leftovers"),
    Point("M509", "bronze", "it carries no secrets"),
    Point("M510", "bronze", "it names no place of one machine, and stays in its own folder"),
    Point("M511", "bronze", "its record is that of its files", asked_of=_WHEEL),
    Point("M512", "bronze", "it says under which licence it is"),
    Point("M521", "bronze", "it declares what its nodes need of the world"),
    Point("M523", "bronze", "its policies touch nothing of the world"),
    Point(SDK, "bronze", "it uses nothing that the oldest SDK of its range lacks", ("M401", "M402")),
    Point("M513", "silver", "it carries the text of its licence"),
    Point("M531", "silver", "each node and policy says in a line what it does"),
    Point("M534", "silver", "it has a readme"),
    Point(PROMISES, "silver", "its nodes and policies keep the promises that the test kit asks about", ("Q", "M552")),
    Point("M403", "gold", "it uses nothing of the SDK that is going away", ("M403", "M404")),
    Point("M522", "gold", "it declares nothing that it does not need"),
    Point("M532", "gold", "each node and policy has a page of docs", asked_of=_FOLDER),
    Point("M535", "gold", "its changelog tells of this version", asked_of=_FOLDER),
    Point("M536", "gold", "each node stands in an example graph", asked_of=_FOLDER),
    Point("M541", "gold", "each port has a contract"),
    Point("M551", "gold", "its own tests put each node and policy to the test kit", asked_of=_FOLDER),
    Point("M561", "gold", "each dependency has a lower end"),
    Point("M533", "platinum", "the pages name every setting", asked_of=_FOLDER),
    Point("M553", "platinum", "no question of the test kit is left out"),
    Point(COMPATIBLE, "platinum", "its contracts keep the promises of the last release", ("K", "M542")),
    Point("M562", "platinum", "each dependency has an upper end"),
    Point("M563", "platinum", "it says that it is typed"),
)


class Quality(Fact):
    """What a pack has reached: "none" or a level; points that are missing, and those that nobody could look at.

    `missing` and `unknown` are names of points -> how many findings, and why.
    """

    level: str
    missing: Mapping[str, int] = EMPTY
    unknown: Mapping[str, str] = EMPTY
    of: str = "folder"


def severity_of(code: str) -> Severity:
    """How grave it is that a point is missing: what bronze wants is an error, what platinum wants a note."""
    point = next(one for one in POINTS if code == one.name or code.startswith(one.begins or "-"))
    return _SEVERITIES[point.level]


def quality_of(findings: Iterable[Finding], unknown: Mapping[str, str], of: str) -> Quality:
    """A level is reached when no point of it, or of one below, is missing; what nobody could look at is not there."""
    told = list(findings)
    missing = {one.name: count for one in POINTS if of in one.asked_of and (count := _count(one, told))}
    reached = "none"
    for level in LEVELS:
        names = {one.name for one in POINTS if one.level == level}
        if names & (missing.keys() | unknown.keys()):
            break
        reached = level
    return Quality(reached, missing, dict(unknown), of)


def lines_of(quality: Quality) -> list[str]:
    """The level, and what the next ones want, as text for people."""
    lines = [f"quality: {quality.level}"]
    for level in LEVELS:
        for point in POINTS:
            if point.level != level:
                continue
            if point.name in quality.missing:
                lines.append(f"  {level} wants that {point.says} ({_codes(point)}: {quality.missing[point.name]})")
            elif point.name in quality.unknown:
                lines.append(f"  {level} wants that {point.says}; unknown: {quality.unknown[point.name]}")
    left = [point for point in POINTS if quality.of not in point.asked_of]
    if left and quality.of == "wheel":
        lines.append(f"  {len(left)} points can only be told from the project's folder: {', '.join(map(_codes, left))}")
    return lines


def badge(quality: Quality) -> dict[str, Any]:
    """What a badge shows, in the form that shields.io reads from an endpoint."""
    return {
        "schemaVersion": 1,
        "label": "penstock pack",
        "message": quality.level if quality.level != "none" else "below bronze",
        "color": _COLOURS[quality.level],
    }


def _count(point: Point, findings: Iterable[Finding]) -> int:
    """How many findings say that it is missing; what another tool only remarks on, such as a waived break, says nothing."""
    marks = point.begins or (point.name,)
    carried = point.name in (PROMISES, COMPATIBLE)
    return sum(
        finding.code.startswith(marks) and not (carried and finding.severity is Severity.NOTE) for finding in findings
    )


def _codes(point: Point) -> str:
    return point.name if point.name not in (MANIFEST, PROMISES, COMPATIBLE, SDK) else "/".join(point.begins)
