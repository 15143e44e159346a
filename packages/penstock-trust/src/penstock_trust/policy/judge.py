"""Decide what follows from a policy for one wheel: is it in force, is there a rule, have enough signed.

Takes:   facts of the policy, the time, what was remembered, and what was proved.
Gives:   `in_force`, `rule_for`, `quorum`: findings T320 to T325, none when all is well.
Ignores: how anything was proved, and what a finding leads to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock_findings.finding import Finding, Location
from penstock_trust.policy.moments import moment_text

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
    from datetime import datetime

    from penstock_findings.finding import JSON
    from penstock_trust.policy.model import PackRule, Policy, Signers

    Seen = Mapping[str, tuple[int, str]]  # name of a policy -> the highest sequence that was used, and its digest


def in_force(policy: Policy, now: datetime, *, seen: Seen | None = None) -> tuple[Finding, ...]:
    """Why the policy does not hold at `now`, after those in `seen` have been used (T320, T321, T322)."""
    found = []
    at = Location(policy.path)
    if now >= policy.expires:
        message = f"the policy `{policy.name}` ended at {moment_text(policy.expires)}"
        hint = "ask its owner for a new one, with a higher `sequence` and a later `expires`"
        found.append(Finding("T320", message, at, hint=hint, evidence={"expires": moment_text(policy.expires)}))
    highest, digest = (seen or {}).get(policy.name, (0, ""))
    if policy.sequence < highest:
        message = f"the policy `{policy.name}` has sequence {policy.sequence}, and {highest} was in use already"
        found.append(Finding("T321", message, at, hint="find out who put the old one back"))
    elif policy.sequence == highest and digest != policy.digest:
        message = f"the policy `{policy.name}` was changed and kept its sequence {policy.sequence}"
        found.append(Finding("T322", message, at, hint="give every change a higher `sequence`"))
    return tuple(found)


def rule_for(policy: Policy, name: str) -> PackRule | Finding:
    """The rule for the pack of this normalised name, or why nothing is allowed (T323)."""
    rule = policy.rule_for(name)
    if rule is not None:
        return rule
    hint = f'if it is wanted, add a `[[pack]]` with `match = "{name}"`; what no rule names is refused'
    return Finding("T323", f"no rule of the policy `{policy.name}` is for `{name}`", Location(policy.path), hint=hint)


def quorum(
    signers: Signers, proofs: Iterable[Any], what: str = "the wheel", *, code: str = "T324"
) -> tuple[Finding, ...]:
    """Why not enough different signers of the rule have signed `what`; nothing when they have.

    Each proof (`identity`, `matched`) counts for one name only, and each signer once, however many names fit them and
    however often they signed.
    """
    fitting: dict[Hashable, set[str]] = {}
    for proof in proofs:
        names = fitting.setdefault(_who(proof.identity), set())
        names.update(name for name in proof.matched if name in signers.identities)
    signed = _most_names(list(fitting.values()))
    if len(signed) >= signers.threshold:
        return ()
    missing = [name for name in signers.identities if name not in signed]
    facts: dict[str, JSON] = {"signed": [*sorted(signed)], "missing": [*missing], "threshold": signers.threshold}
    return (
        Finding(code, _who_is_missing(signers, signed, what), hint=f"get it signed by `{missing[0]}`", evidence=facts),
    )


def _who_is_missing(signers: Signers, signed: set[str], what: str) -> str:
    listed = ", ".join(f"`{name}`" for name in signers.identities)
    if len(signers.identities) == 1:
        return f"{listed} has not signed {what}"
    need = "all" if signers.threshold == len(signers.identities) else str(signers.threshold)
    return f"of {listed}, {need} have to sign {what}, and {len(signed) or 'none'} did"


def _who(identity: Any) -> Hashable:
    """What makes two signatures those of one signer; not the root, for one sigstore may be pinned under two names."""
    return ("key", identity.key) if identity.kind == "key" else (identity.issuer, identity.san_type, identity.san)


def _most_names(choices: Sequence[Collection[str]]) -> set[str]:
    """The largest set of names such that each is taken by a signer of its own (augmenting paths)."""
    taken: dict[str, int] = {}

    def place(signer: int, tried: set[str]) -> bool:
        for name in sorted(choices[signer]):
            if name in tried:
                continue
            tried.add(name)
            if name not in taken or place(taken[name], tried):
                taken[name] = signer
                return True
        return False

    for signer in range(len(choices)):
        place(signer, set())
    return set(taken)
