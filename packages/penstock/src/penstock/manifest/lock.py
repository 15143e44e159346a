"""Compile a pack's manifest from its code, or tell how far the two have drifted.

Takes:   the folder of a project.
Gives:   `lock`, which writes the manifest; `check` and `check_project`, which only look.
Ignores: printing and exit codes (`cli/pack.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.manifest.compile import compile_pack
from penstock.manifest.drift import diff, drift
from penstock.manifest.project import find_project, imported
from penstock.manifest.read import read_manifest
from penstock.manifest.write import text_of_manifest, write_atomically
from penstock_findings.fact import Fact
from penstock_findings.finding import Finding, Location
from penstock_findings.report import Report

if TYPE_CHECKING:
    from penstock.manifest.model import Manifest
    from penstock.manifest.project import Project


class Locked(Fact):
    """What became of locking: the findings of the code and, when there are none, the manifest as it is now on disk."""

    report: Report
    path: str
    manifest: Manifest | None = None
    changed: bool = False
    diff: str = ""


def lock(folder: str) -> Locked:
    """Write the manifest that the code makes; nothing is written while the code has findings.

    Raises `PenstockError` when there is no project, or when its package cannot be imported.
    """
    project = find_project(folder)
    manifest, text, findings = _compiled(project)
    if manifest is None:
        return Locked(Report("pack lock", findings), project.manifest)
    before = _committed(project)
    if before == text:
        return Locked(Report("pack lock"), project.manifest, manifest)
    write_atomically(project.manifest, text)
    return Locked(Report("pack lock"), project.manifest, manifest, True, diff(before or "", text, project.manifest))


def check(folder: str) -> Report:
    """Everything that is wrong with the code's offers, and how the committed manifest differs from them."""
    return check_project(find_project(folder))


def check_project(project: Project) -> Report:
    """The same, of a project that is found already."""
    manifest, text, findings = _compiled(project)
    committed = _committed(project)
    if committed is None:
        at = Location(project.manifest)
        findings.append(
            Finding("M302", "the pack has no manifest", at, hint="run `penstock pack lock` and commit the file")
        )
        return Report("pack check", findings)
    data = committed.encode("utf-8", "surrogateescape")
    on_disk, mistakes = read_manifest(data, project.manifest)
    findings += mistakes
    if on_disk is not None and manifest is not None:
        differing = list(drift(on_disk, manifest, project.manifest))
        if not differing and committed != text:
            message = "the manifest says what the code says, but not in canonical form"
            differing = [
                Finding(
                    "M303", message, Location(project.manifest), hint="run `penstock pack lock`; do not format the file"
                )
            ]
        findings += differing
    return Report("pack check", findings, {project.manifest: committed})


def _compiled(project: Project) -> tuple[Manifest | None, str, list[Finding]]:
    """The manifest that the code makes and its text, or why it makes none; what we write, we can read."""
    compiled = compile_pack(imported(project), project.name, project.version)
    findings = list(compiled.findings)
    if findings:
        return None, "", findings
    try:
        text = text_of_manifest(compiled.manifest)
        data = text.encode("utf-8")
    except (ValueError, TypeError) as error:
        findings.append(
            Finding("M215", f"the manifest would hold what JSON cannot say: {error}", Location(project.folder))
        )
        return None, "", findings
    manifest, mistakes = read_manifest(data, project.manifest)
    findings += [
        Finding("M215", f"the code offers what no manifest may say, at `{mistake.at.pointer}`: {mistake.message}",
                Location(project.folder), hint=mistake.hint)
        for mistake in mistakes
    ]  # fmt: skip  # one finding is one line
    return manifest, text, findings


def _committed(project: Project) -> str | None:
    try:
        with open(project.manifest, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None
