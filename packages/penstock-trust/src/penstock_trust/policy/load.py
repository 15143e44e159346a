"""Read a policy file, and refuse it whole when anything in it is wrong: a half-understood rule is none.

Takes:   a path, or bytes and the path to name.
Gives:   `load_policy`, which raises `PolicyError`; `read_policy`, which tells everything and raises nothing.
Ignores: whether the policy is in force (`judge`), and wise (`lint`).
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock_findings.errors import PenstockError
from penstock_findings.finding import Finding, Location
from penstock_findings.load import parse_toml
from penstock_trust.policy.build import build
from penstock_trust.policy.checks import CHECKS
from penstock_trust.policy.draft import Draft
from penstock_trust.policy.files import read_small
from penstock_trust.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock_trust.policy.checks import Check
    from penstock_trust.policy.model import Policy

LIMIT = 1 << 20  # bytes


class PolicyError(PenstockError):
    """The policy cannot be used, so nothing is accepted by it. The file is at fault."""

    code = "T304"


@dataclass(frozen=True, slots=True)
class Read:
    """What became of a policy file: the policy only where nothing was wrong; `text` as far as it is text."""

    policy: Policy | None
    findings: tuple[Finding, ...]
    text: str = ""


def load_policy(path: str | os.PathLike[str], *, checks: Sequence[Check] = CHECKS) -> Policy:
    """The policy in the file. Raises `PolicyError` with everything that is wrong with it."""
    name = os.fsdecode(path)
    try:
        data = read_small(name, LIMIT)
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise PolicyError(f"cannot read the policy `{name}`: {why}", at=Location(name), code="T300") from error
    read = read_policy(data, name, checks=checks)
    if read.policy is None:
        raise PolicyError(f"the policy `{name}` cannot be used", findings=read.findings, sources={name: read.text})
    return read.policy


def read_policy(data: bytes, path: str, *, checks: Sequence[Check] = CHECKS) -> Read:
    """The policy in the bytes, or everything that is wrong with it; files that it names are looked for beside `path`."""
    parsed = parse_toml(data, path, limit=LIMIT)
    if parsed.document is None or parsed.findings:
        return Read(None, parsed.findings or (Finding("T304", f"`{path}` is no policy"),), parsed.text)
    draft = Draft(parsed.document, os.path.dirname(os.path.abspath(path)))
    findings = tuple(finding for check in checks for finding in check(draft))
    if findings:
        return Read(None, findings, parsed.text)
    try:
        return Read(build(draft, hashlib.sha256(data).hexdigest()), (), parsed.text)
    except (TypeError, ValueError, KeyError, AttributeError, Refusal) as error:  # only where a check was left out
        return Read(None, (Finding("T304", f"`{path}` is no policy: {error}", Location(path)),), parsed.text)
