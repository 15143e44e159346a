"""Review a pack: ask everything, and say what it is worth.

Takes:   a folder or a wheel, and what may be run.
Gives:   `review`: a `Reviewed`, with a report and the quality of the pack.
Ignores: printing and exit codes (`cli/pack.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock._review.capabilities import said_of_capabilities
from penstock._review.contents import said_of_contents
from penstock._review.material import opened, told_of
from penstock._review.packaging import said_of_packaging
from penstock._review.papers import said_of_papers
from penstock._review.quality import COMPATIBLE, LEVELS, MANIFEST, PROMISES, SDK, Quality, quality_of
from penstock_findings.errors import PenstockError
from penstock_findings.fact import Fact
from penstock_findings.finding import Finding, Location
from penstock_findings.report import Report

if TYPE_CHECKING:
    from penstock._review.material import Material

_UNUSED = ("M551", "M553")  # what only the test kit can tell


class Reviewed(Fact):
    """All findings, and the level."""

    report: Report
    quality: Quality


def review(
    path: str, *, against: str | None = None, run: bool = True, kit: bool = True, at_least: str | None = None
) -> Reviewed:
    """Ask everything of the pack at a path.

    Without `run` nothing of it is imported; without `kit` the test kit is not put to it.  What was not looked at is
    unknown, and does not count as there.  `against` is the last release: a wheel, or a git reference.
    Raises `PenstockError` where there is no pack.
    """
    with opened(path) as material:
        findings, sources, unknown = _asked(material, against, run, kit)
        told = [told_of(material, finding) for finding in findings]
    quality = quality_of(told, unknown, material.of)
    if at_least is not None and _rank(quality.level) < _rank(at_least):
        message = (
            f"the pack is {quality.level if quality.level != 'none' else 'below bronze'}, and {at_least} was asked for"
        )
        told.append(Finding("M571", message, Location(path), hint="see what the next level wants, below the findings"))
    return Reviewed(Report("pack check", told, sources), quality)


def _asked(
    material: Material, against: str | None, run: bool, kit: bool
) -> tuple[list[Finding], dict[str, str], dict[str, str]]:
    unknown: dict[str, str] = {}
    findings, sources = _of_manifest(material, run, unknown)
    findings += said_of_packaging(material)
    findings += said_of_contents(material)
    findings += said_of_papers(material)
    findings += said_of_capabilities(material)
    findings += _of_sdk(material, unknown)
    from penstock._review.programs import gate
    from penstock._review.programs import kit as put_to_kit

    broken, unasked = gate(material, against)
    findings += broken
    if unasked:
        unknown[COMPATIBLE] = unasked
    if run and kit:
        findings += put_to_kit(material)
    else:
        unknown |= dict.fromkeys((PROMISES, *_UNUSED), "the test kit was left out")
    return findings, sources, unknown


def _of_manifest(material: Material, run: bool, unknown: dict[str, str]) -> tuple[list[Finding], dict[str, str]]:
    """What is wrong with the manifest; whether it is what the code makes can only be told by importing the code."""
    from penstock.manifest.lock import check_project

    if not run or (any(finding.code == "M302" for finding in material.wrong) and material.of == "wheel"):
        unknown[MANIFEST] = "nothing was imported, so nobody knows what the code makes"
        return list(material.wrong), {}
    try:
        report = check_project(material.project)
    except PenstockError as error:
        if material.of == "folder":
            raise
        return [*material.wrong, *error.findings], dict(error.sources)
    opening = [finding for finding in material.wrong if finding.code.startswith("M5")]
    return [*opening, *report.findings], dict(report.sources)


def _of_sdk(material: Material, unknown: dict[str, str]) -> list[Finding]:
    """What the code uses of the SDK, held against the oldest version that the pack says it works with."""
    from packaging.requirements import InvalidRequirement, Requirement

    from penstock.surface.compare import compare
    from penstock.surface.kept import recorded, versions
    from penstock.surface.uses import uses

    lowest = None
    for text in material.metadata.requires:
        try:
            wanted = Requirement(text)
        except InvalidRequirement:
            continue
        if wanted.name == "penstock":
            lowest = next((one.version for one in wanted.specifier if one.operator in (">=", "~=", "==")), None)
    known = versions()
    if lowest is None and not material.needs_sdk:
        return []
    if lowest is None or ".".join(lowest.split(".")[:2]) not in known:
        said = f"of SDK {lowest} no surface is recorded" if lowest else "the SDK range has no lower end"
        unknown[SDK] = said
        return []
    source = uses(material.project.folder)
    surface = recorded(lowest)
    others = [recorded(other) for other in known if other != surface.sdk]
    return list(compare(source.uses, surface, others))  # what cannot be read is told by M504


def _rank(level: str) -> int:
    return ("none", *LEVELS).index(level)
