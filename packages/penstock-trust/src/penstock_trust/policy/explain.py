"""Say in words what a policy wants of one pack.

Takes:   a policy, a name, a version, the time.
Gives:   `explain`: lines of text; `facts_of`: the same for programs.
Ignores: any wheel; `verify --explain` tells what one has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock_trust.keys import PublicKey
from penstock_trust.policy.judge import in_force
from penstock_trust.policy.model import ALLOWED, KeyRoot
from penstock_trust.policy.moments import moment_text

if TYPE_CHECKING:
    from datetime import datetime

    from penstock_trust.policy.model import Identity, PackRule, Policy, Signers

_LOADS = {
    "sealed": "its modules are imported from the bytes of the wheel itself",
    "verified": "every module is hashed before it is executed",
    "checked": "every file is hashed once, when a process starts",
    "off": "it is imported as Python would, without another look",
}


def explain(policy: Policy, name: str, version: str | None, *, now: datetime) -> list[str]:
    """What has to hold for this pack, a line for each thing."""
    lines = [f"policy `{policy.name}`, sequence {policy.sequence}, until {moment_text(policy.expires)}"]
    lines += [f"  but: {finding.message}" for finding in in_force(policy, now)]
    rule = policy.rule_for(name)
    if rule is None:
        return [*lines, f"`{name}` is refused: no rule is for it, and what no rule names is refused"]
    lines.append(
        f"`{name}` falls under the rule for `{rule.match}`"
        + (f" (line {rule.at.line})" if rule.at and rule.at.line else "")
    )
    if rule.signers is None:
        lines.append("  nobody has to sign it")
    else:
        lines += _signers(policy, rule.signers, version, "it has to be signed by")
    for wanted in rule.attestations:
        lines += _signers(policy, wanted.signers, version, f"it needs `{wanted.predicate_type}`, signed by")
    lines += _rest(policy, rule)
    return lines


def facts_of(policy: Policy, name: str, version: str | None, *, now: datetime) -> dict[str, Any]:
    """The same as JSON values."""
    rule = policy.rule_for(name)
    made: dict[str, Any] = {
        "format": "penstock-trust-explain/1",
        "policy": {"name": policy.name, "sequence": policy.sequence, "sha256": policy.digest, "expires": moment_text(policy.expires)},
        "in-force": not in_force(policy, now),
        "pack": name,
        "rule": None,
    }  # fmt: skip  # the policy in one line
    if rule is not None:
        made["rule"] = {
            "match": rule.match,
            "signers": None if rule.signers is None else _signer_facts(policy, rule.signers, version),
            "attestations": [
                {"type": one.predicate_type, **_signer_facts(policy, one.signers, version)} for one in rule.attestations
            ],
            "min-version": rule.min_version,
            "rollback": rule.rollback,
            "load": str(rule.load),
            "allow": sorted(rule.allow),
            "dependencies": rule.dependencies if isinstance(rule.dependencies, str) else sorted(rule.dependencies),
        }
    return made


def _signer_facts(policy: Policy, signers: Signers, version: str | None) -> dict[str, Any]:
    who = {name: _who(policy, policy.identities[name], version) for name in signers.identities}
    return {"threshold": signers.threshold, "identities": who}


def _signers(policy: Policy, signers: Signers, version: str | None, head: str) -> list[str]:
    count = len(signers.identities)
    many = "" if count == 1 else " all of" if signers.threshold == count else f" {signers.threshold} of"
    return [
        f"  {head}{many}:",
        *(f"    `{name}`: {_who(policy, policy.identities[name], version)}" for name in signers.identities),
    ]


def _who(policy: Policy, identity: Identity, version: str | None) -> str:
    root = policy.root_of(identity)
    if isinstance(root, KeyRoot):
        return f"whoever holds the key {PublicKey(root.public_key)}"
    name = identity.subject_for(version) if version is not None else identity.uri or identity.email
    ids = [
        ("repository", identity.repository),
        ("repository id", identity.repository_id),
        ("owner id", identity.owner_id),
    ]
    more = "".join(f", {what} {value}" for what, value in ids if value is not None)
    return f"{name}, as {identity.issuer} says{more}; pinned root sha256 {root.sha256[:12]}..."


def _rest(policy: Policy, rule: PackRule) -> list[str]:
    lines = [
        f"  lowest version: {rule.min_version or 'any'}; going back to an older one: {'allowed' if rule.rollback else 'refused'}"
    ]
    lines.append(f"  load `{rule.load}`: {_LOADS[str(rule.load)]}")
    lines += [f"  allowed: {ALLOWED[word]}" for word in ALLOWED if rule.allows(word)]
    if isinstance(rule.dependencies, str):
        said = "not looked at" if rule.dependencies == "any" else "only packs that have a rule here"
    else:
        said = "only " + (", ".join(f"`{name}`" for name in sorted(rule.dependencies)) or "none")
    lines.append(f"  dependencies: {said}")
    deny = policy.deny
    lines.append(
        f"  deny list: {deny.file}{f', called `{deny.name}`' if deny.name else ''}"
        if deny is not None
        else "  deny list: none"
    )
    return lines
