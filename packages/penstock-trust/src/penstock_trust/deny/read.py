"""Believe a deny list, or say why not: it is one, somebody signed it who may, and it is the latest there is.

Takes:   the bytes of the file, the keys that may sign, the time, and what was seen before.
Gives:   `read_list`: a `ReadList`, with a list only where nothing is wrong; `CHECKS`; `DOUBTS`.
Ignores: what the list hits (`match`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from penstock_findings.finding import Finding, Location, Severity
from penstock_findings.load import parse_json
from penstock_trust import dsse
from penstock_trust.deny.model import PAYLOAD_TYPE
from penstock_trust.deny.shape import list_of, misfits
from penstock_trust.keys import PublicKey
from penstock_trust.policy.files import read_small
from penstock_trust.policy.moments import moment_text
from penstock_trust.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import TypeAlias

    from penstock_trust.deny.model import DenyList
    from penstock_trust.policy.model import DenyRules, Policy

    Check: TypeAlias = "Callable[[Candidate], Iterable[Finding]]"

LIMIT = 32 << 20  # bytes
SKEW = timedelta(minutes=5)  # how far the clock of whoever issued a list may be ahead of ours
DOUBTS = frozenset({"T340", "T343", "T344"})  # nothing is known to be wrong, and too little is known


@dataclass(frozen=True, slots=True)
class Candidate:
    """A list that could be read, and everything that it is held against."""

    listed: DenyList
    envelope: dsse.Envelope
    keys: Mapping[str, PublicKey]
    rules: DenyRules | None
    now: datetime
    seen: Mapping[str, tuple[int, str]]

    @property
    def at(self) -> Location:
        """The file."""
        return Location(self.listed.path)

    def signed_by(self) -> tuple[str, ...]:
        """The names of those of the keys that did sign it."""
        signed = dsse.signers(self.envelope, self.keys.values())
        return tuple(name for name, key in self.keys.items() if key in signed)


@dataclass(frozen=True, slots=True)
class ReadList:
    """A believed list, or the findings that say why there is none; warnings may stand beside a list."""

    listed: DenyList | None
    findings: tuple[Finding, ...] = ()

    @property
    def doubtful(self) -> bool:
        """Whether it only cannot be told; otherwise what is missing is refused."""
        errors = [finding for finding in self.findings if finding.severity is Severity.ERROR]
        return self.listed is None and all(finding.code in DOUBTS for finding in errors)


def kind(candidate: Candidate) -> Iterable[Finding]:
    """T341: what was signed was meant as a deny list."""
    if candidate.envelope.payload_type != PAYLOAD_TYPE:
        said = candidate.envelope.payload_type[:80]
        yield Finding("T341", f"what was signed is `{said}`, and no deny list", candidate.at)


def signature(candidate: Candidate) -> Iterable[Finding]:
    """T342: one of those signed it who may."""
    if not candidate.signed_by():
        names = ", ".join(f"`{name}`" for name in candidate.keys) or "nobody"
        yield Finding(
            "T342", f"the deny list is not signed by {names}", candidate.at, hint="get it from its owner again"
        )


def named(candidate: Candidate) -> Iterable[Finding]:
    """T347: it is the list that the policy means, where it says which; one key may sign several, each with numbers of its own."""
    wanted = candidate.rules.name if candidate.rules is not None else None
    if wanted is not None and candidate.listed.name != wanted:
        message = f"the deny list is `{candidate.listed.name}`, and the policy wants `{wanted}`"
        yield Finding("T347", message, candidate.at, hint="find out who put another list there")


def issued(candidate: Candidate) -> Iterable[Finding]:
    """T346: it was issued before now, and before its end."""
    listed = candidate.listed
    if listed.issued > candidate.now + SKEW or listed.issued >= listed.expires:
        said = moment_text(listed.issued)
        yield Finding("T346", f"the deny list says to be issued at {said}", candidate.at, hint="look at the clocks")


def expiry(candidate: Candidate) -> Iterable[Finding]:
    """T343: it has not ended."""
    if candidate.now >= candidate.listed.expires:
        said = moment_text(candidate.listed.expires)
        yield Finding("T343", f"the deny list ended at {said}", candidate.at, hint="get a newer one from its owner")


def age(candidate: Candidate) -> Iterable[Finding]:
    """T344: it is not older than the policy wants, or the policy says that this is a warning only."""
    rules = candidate.rules
    if rules is None or rules.max_age is None:
        return
    old = (candidate.now - candidate.listed.issued).total_seconds()
    if old > rules.max_age:
        severity = Severity.ERROR if rules.refuse_stale else Severity.WARNING
        message = f"the deny list is {_days(old)} old, and the policy wants one of at most {_days(rules.max_age)}"
        yield Finding("T344", message, candidate.at, severity, hint="get a newer one from its owner")


def sequence(candidate: Candidate) -> Iterable[Finding]:
    """T345: no later one was seen here before, and no other one with its number."""
    listed = candidate.listed
    highest, digest = candidate.seen.get(listed.name, (0, ""))
    if listed.sequence < highest or (listed.sequence == highest and digest != listed.digest):
        message = f"the deny list has sequence {listed.sequence}, and {highest} was in use already"
        yield Finding("T345", message, candidate.at, hint="find out who put the old one back")


CHECKS: tuple[Check, ...] = (kind, signature, named, issued, expiry, age, sequence)


def read_list(
    data: bytes,
    path: str,
    keys: Mapping[str, PublicKey],
    *,
    now: datetime,
    rules: DenyRules | None = None,
    seen: Mapping[str, tuple[int, str]] | None = None,
    checks: Sequence[Check] = CHECKS,
) -> ReadList:
    """The list in the bytes, if all checks let it pass. `keys` is name -> key, `seen` list name -> (sequence, digest)."""
    at = Location(path)
    try:
        envelope = dsse.read(data, f"the deny list `{path}`", limit=LIMIT, code="T341")
    except Refusal as refusal:
        return ReadList(None, (Finding("T341", str(refusal), at),))
    parsed = parse_json(envelope.payload, path, limit=LIMIT)
    wrong = list(parsed.findings)
    if parsed.document is not None and not wrong:
        wrong = list(misfits(parsed.document))
        if not wrong and "issued" not in _keys(parsed.document.value):
            wrong = [Finding("T303", "the list does not say when it was `issued`", at)]
    if parsed.document is None or wrong:
        why = wrong[0].message if wrong else "it cannot be read"
        return ReadList(None, (Finding("T341", f"`{path}` is no deny list: {why}", at),))
    listed = list_of(parsed.document.value, digest=hashlib.sha256(data).hexdigest(), path=path)
    candidate = Candidate(listed, envelope, keys, rules, now, seen or {})
    findings = tuple(finding for check in checks for finding in check(candidate))
    if any(finding.severity is Severity.ERROR for finding in findings):
        return ReadList(None, findings)
    return ReadList(replace(listed, signed_by=candidate.signed_by()), findings)


def list_for(
    policy: Policy,
    *,
    now: datetime,
    seen: Mapping[str, tuple[int, str]] | None = None,
    checks: Sequence[Check] = CHECKS,
) -> ReadList | None:
    """The list that the policy wants, believed or not; None when it wants none. A file that is not there is T340."""
    from penstock_trust.policy.model import KeyRoot

    rules = policy.deny
    if rules is None:
        return None
    try:
        data = read_small(rules.file, LIMIT)
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        message = f"the deny list `{rules.file}` cannot be read: {why}"
        return ReadList(None, (Finding("T340", message, rules.at or Location(policy.path)),))
    roots = {name: policy.roots[name] for name in rules.signers}
    keys = {name: PublicKey(root.public_key) for name, root in roots.items() if isinstance(root, KeyRoot)}
    return read_list(data, rules.file, keys, now=now, rules=rules, seen=seen, checks=checks)


def _keys(value: object) -> Iterable[str]:
    return value.keys() if isinstance(value, dict) else ()


def _days(seconds: float) -> str:
    return f"{seconds / 86_400:.1f} days" if seconds >= 86_400 else f"{seconds / 3600:.1f} hours"
