"""Step 8: the version is one that the rule takes, and what it leans on is known.

Takes:   the subject, what was accepted before, the metadata of the wheel.
Gives:   findings T330 to T334.
Ignores: how versions compare (`penstock_trust.versions`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock_trust.facts import Evidence
from penstock_trust.hygiene.archive import read_archive
from penstock_trust.hygiene.wheel import Rules, Wheel
from penstock_trust.versions import dependencies, judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_findings.finding import Finding
    from penstock_trust.case import Case


def versions(case: Case) -> Iterator[Evidence | Finding]:
    """Hold version and requirements against the rule."""
    rule = case.rule
    if rule is None:
        return
    version = case.known.version
    found = judge(rule, version, installed=case.installed)
    if rule.dependencies != "any":  # what reads requirements takes longer to import than the whole step otherwise
        found += dependencies(case.policy, rule, _requirements(case))
    yield from found
    if not found:
        facts = {"version": version, "minimum": rule.min_version, "accepted-before": case.installed}
        yield Evidence("versions", f"version {version} is one that the rule takes", facts)


def _requirements(case: Case) -> list[str]:
    archive = read_archive(case.data)
    if archive is None:
        return []
    return Wheel(archive, case.known.filename, Rules()).headers.get("requires-dist", [])
