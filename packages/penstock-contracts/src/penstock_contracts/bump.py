"""Decide which version a candidate may carry: semantic versioning, with what was proved.

Takes:   the old and the new version, and the step that the changes ask for.
Gives:   `step_between`, `next_version`, `judged`: a finding when the declared version is too low.
Ignores: how the step was found out (`compare`).

Below 1.0.0 the second number stands for breaking changes, as semantic versioning 2.0.0, clause 4, and every resolver
with `^0.2` has it; everything else is a patch there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from penstock_contracts.change import Bump
from penstock_findings.finding import Finding, Severity

if TYPE_CHECKING:
    from penstock_findings.finding import Location

_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?((?:-|\+|\.?(?:a|b|rc|dev|post)|_).*)?", re.IGNORECASE)


def release_of(version: str) -> tuple[int, int, int] | None:
    """The three numbers of a version; None when it is none.

    >>> release_of("v1.2"), release_of("0.3.0rc1"), release_of("latest")
    ((1, 2, 0), (0, 3, 0), None)
    """
    found = _VERSION.fullmatch(version.strip())
    if found is None:
        return None
    major, minor, patch = (int(number or 0) for number in found.groups()[:3])
    return major, minor, patch


def step_between(old: str, new: str) -> Bump | None:
    """The step that two versions declare; None when it goes backwards, stays, or one of them is no version.

    >>> [str(step_between("1.2.3", new)) for new in ("1.2.4", "1.3.0", "2.0.0", "1.2.3")]
    ['patch', 'minor', 'major', 'None']
    >>> str(step_between("0.2.0", "0.3.0")), str(step_between("0.2.0", "0.2.1"))
    ('major', 'minor')
    """
    before, after = release_of(old), release_of(new)
    if before is None or after is None or after <= before:
        return None
    if before[0] == after[0] == 0:
        return Bump.MAJOR if after[1] > before[1] else Bump.MINOR
    if after[0] > before[0]:
        return Bump.MAJOR
    return Bump.MINOR if after[1] > before[1] else Bump.PATCH


def next_version(old: str, step: Bump) -> str | None:
    """The lowest version that makes the step.

    >>> next_version("1.2.3", Bump.MAJOR), next_version("0.2.3", Bump.MAJOR), next_version("0.2.3", Bump.MINOR)
    ('2.0.0', '0.3.0', '0.2.4')
    """
    release = release_of(old)
    if release is None:
        return None
    major, minor, patch = release
    if major == 0:
        return f"0.{minor + 1}.0" if step is Bump.MAJOR else f"0.{minor}.{patch + 1}"
    if step is Bump.MAJOR:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if step is Bump.MINOR else f"{major}.{minor}.{patch + 1}"


def judged(
    name: str, old: str | None, new: str | None, step: Bump | None, at: Location, changed: bool
) -> Finding | None:
    """What is wrong with the declared version, if anything. `step` is None when it could not be decided."""
    if old is None or new is None or release_of(old) is None or release_of(new) is None:
        known = ", ".join(f"`{one}`" for one in (old, new) if one is not None)
        message = f"`{name}` has no two versions to compare" + (f", only {known}" if known else "")
        hint = "say them with --from-version and --to-version"
        return Finding("K532", message, at, Severity.ERROR, hint) if changed else None
    before, after = release_of(old), release_of(new)
    assert before is not None  # both were looked at above
    assert after is not None
    if after < before:
        message = f"the version of `{name}` goes back from {old} to {new}"
        return Finding("K531", message, at, hint=f"write `{next_version(old, step or Bump.PATCH)}` or higher")
    if step is None:
        message = f"the step of `{name}` from {old} to {new} could not be judged, for its changes are not decided"
        return Finding("K301", message, at, hint="see the undecided change; waive it, or make a major step")
    declared = step_between(old, new)
    if not changed or (declared is not None and declared.rank >= step.rank):
        return None
    low = next_version(old, step)
    message = f"`{name}` goes from {old} to {new}, and its changes need a {step} step"
    return Finding("K530", message, at, hint=f"write `{low}` or higher", evidence={"needed": low, "step": str(step)})
