"""Step 6: who signed is somebody whom the rule names, by every mark that the policy gives.

Takes:   the readings, the roots that vouch for them, the policy's identities.
Gives:   `case.proofs`; findings T140 to T143, where a rule wants signers and somebody else signed.
Ignores: whether enough of them signed (`policy`).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from penstock_findings.finding import NOWHERE, Finding
from penstock_trust.facts import Evidence
from penstock_trust.keys import PublicKey
from penstock_trust.policy.model import KeyRoot
from penstock_trust.predicates import SIGNATURES
from penstock_trust.steps.prove import prove

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_trust.case import Case
    from penstock_trust.facts import Identity as Signer
    from penstock_trust.facts import Proof
    from penstock_trust.policy.model import Identity


def identity(case: Case) -> Iterator[Evidence | Finding]:
    """Hold every signer against every identity of the policy."""
    case.proofs = tuple(_proofs(case))
    yield from _strangers(case)
    for proof in case.proofs:
        who = proof.identity.san or proof.identity.key
        known = ", ".join(f"`{name}`" for name in proof.matched) or "nobody of the policy"
        facts = {"signer": who, "issuer": proof.identity.issuer, "matched": [*proof.matched], "claim": proof.source}
        yield Evidence("identity", f"`{who}` signed `{os.path.basename(proof.source)}`, and is {known}", facts)


def _proofs(case: Case) -> Iterator[Proof]:
    """One proof of each bundle, one of each key that signed an envelope."""
    for reading in case.readings:
        made = []
        for name in reading.vouchers:
            signer = reading.identity(name, _key_id(case, name))
            made.append(prove(reading, signer, _matches(case, signer)))
        if reading.claim.kind == "key":
            yield from made
        elif made:  # two roots may hold the same keys; whoever is known by one of them is one signer
            yield next((proof for proof in made if proof.matched), made[0])


def _key_id(case: Case, name: str) -> str:
    root = case.policy.roots[name]
    return PublicKey(root.public_key).id if isinstance(root, KeyRoot) else ""


def _matches(case: Case, signer: Signer) -> tuple[str, ...]:
    known = case.policy.identities.values()
    return tuple(sorted(each.name for each in known if difference(each, signer, case.known.version) is None))


def _strangers(case: Case) -> Iterator[Finding]:
    """Why none of the signers is one whom the rule names; nothing when one is, or when nobody signed at all."""
    rule = case.rule
    signed = [proof for proof in case.proofs if proof.predicate_type in SIGNATURES]
    if rule is None or rule.signers is None or not signed:
        return
    if any(name in proof.matched for proof in signed for name in rule.signers.identities):
        return
    for proof in signed:
        wanted = [case.policy.identities[name] for name in rule.signers.identities]
        nearest = max(
            (difference(each, proof.identity, case.known.version) or ("T140", "") for each in wanted),
            default=("T140", ""),
        )
        code, why = nearest
        listed = ", ".join(f"`{each.name}`" for each in wanted)
        message = f"`{proof.identity.san or proof.identity.key}` signed, and the rule wants {listed}: {why}"
        yield Finding(code, message, rule.at or NOWHERE, hint="get it signed by whom the rule names")


def difference(wanted: Identity, signer: Signer, version: str) -> tuple[str, str] | None:
    """The first mark by which the signer is not this identity, with the code for it; None when it is."""
    if wanted.trust != signer.trust:
        return "T140", f"`{wanted.name}` is vouched for by `{wanted.trust}`, not by `{signer.trust}`"
    if signer.kind == "key":
        return None
    if wanted.issuer != signer.issuer:
        return "T141", f"`{wanted.name}` is vouched for by {wanted.issuer}, not by {signer.issuer or 'nobody'}"
    kind = "uri" if wanted.uri is not None else "email"
    name = wanted.subject_for(version)
    if (kind, name) != (signer.san_type, signer.san):
        return "T142", f"`{wanted.name}` signs {version} as {name}"
    for claim, value in (
        ("source_repository_uri", wanted.repository),
        ("source_repository_identifier", wanted.repository_id),
        ("source_repository_owner_identifier", wanted.owner_id),
    ):
        if value is not None and signer.claims.get(claim) != value:
            said = signer.claims.get(claim, "nothing")
            return "T143", f"`{wanted.name}` has the {claim.replace('_', ' ')} {value}, and the certificate says {said}"
    return None
