"""Decide whether a version may be installed: high enough, no step back, and nothing it leans on is unknown.

Takes:   the rule for a pack, its version as PEP 440 has it, what is installed, what it requires.
Gives:   `judge`, `dependencies`: findings T330 to T334, none when all is well.
Ignores: deny lists (`deny`), which name versions as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock_findings.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.version import Version

    from penstock_findings.finding import Location
    from penstock_trust.policy.model import PackRule, Policy


def judge(rule: PackRule, version: str, *, installed: str | None = None) -> tuple[Finding, ...]:
    """Why this version may not be installed over the one that is (T330, T331, T332).

    `installed` is the highest version that was accepted here before; a version that cannot be read is lower than all.
    """
    here = _version(version)
    if here is None:
        return (Finding("T332", f"`{version[:60]}` is no version", hint="versions are written as PEP 440 says"),)
    found = []
    least = _version(rule.min_version) if rule.min_version is not None else None
    if rule.min_version is not None and (least is None or here < least):
        message = f"version {version} is lower than {rule.min_version}, the lowest that the policy accepts"
        found.append(Finding("T330", message, rule_place(rule), hint=f"take {rule.min_version} or a later one"))
    if installed is not None and not rule.rollback:
        before = _version(installed)
        if before is None or here < before:
            message = f"version {version} is older than {installed}, which was accepted here before"
            hint = "an old version can bring old holes back; if it has to be, write `rollback = true` into its rule"
            found.append(Finding("T331", message, rule_place(rule), hint=hint))
    return tuple(found)


def dependencies(policy: Policy, rule: PackRule, requires: Iterable[str]) -> tuple[Finding, ...]:
    """What the wheel requires (lines of `Requires-Dist`) and the policy does not know (T333, T334)."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    if rule.dependencies == "any":
        return ()
    found = []
    for line in requires:
        try:
            wanted = Requirement(line)
        except InvalidRequirement:
            found.append(Finding("T333", f"it requires `{line[:100]}`, which cannot be read"))
            continue
        name = canonicalize_name(wanted.name)
        if wanted.url:
            message = f"it requires `{name}` from an address of its own: `{wanted.url[:100]}`"
            found.append(Finding("T334", message, hint="a dependency comes from where the site takes packages"))
        elif name not in rule.dependencies if isinstance(rule.dependencies, frozenset) else not policy.rule_for(name):
            hint = f"add `{name}` to `dependencies` of its rule, if that is right"
            found.append(
                Finding("T334", f"it requires `{name}`, which the policy does not list", rule_place(rule), hint=hint)
            )
    return tuple(found)


def rule_place(rule: PackRule) -> Location:
    """Where in the policy file the rule stands."""
    from penstock_findings.finding import NOWHERE

    return rule.at or NOWHERE


def _version(text: str) -> Version | None:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text) if len(text) <= 200 else None
    except InvalidVersion:
        return None
