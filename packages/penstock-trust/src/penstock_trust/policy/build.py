"""Make the facts of a policy from a draft in which nothing was found wrong.

Takes:   a draft and the digest of the file.
Gives:   `build`; defaults are filled in here and nowhere else.
Ignores: complaints; what has the wrong shape ends in `TypeError`, `ValueError` or `KeyError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock_trust.keys import PublicKey
from penstock_trust.policy.model import (
    AttestationRule,
    DenyRules,
    Identity,
    KeyRoot,
    Load,
    PackRule,
    Policy,
    Signers,
    SigstoreRoot,
)
from penstock_trust.policy.moments import moment_of, seconds_of

if TYPE_CHECKING:
    from penstock_trust.policy.draft import Draft, Row
    from penstock_trust.policy.model import Root

DEFAULT_NAME = "policy"


def build(draft: Draft, digest: str) -> Policy:
    """The policy that stands in the draft."""
    top = draft.top.values
    expires = moment_of(top["expires"])
    if expires is None:
        raise ValueError("a policy without a moment at which it ends")
    identities = [_identity(draft, row) for row in draft.identities()]
    deny = draft.deny()
    return Policy(
        path=draft.document.path,
        digest=digest,
        name=top.get("name", DEFAULT_NAME),
        sequence=top["sequence"],
        expires=expires,
        roots={name: _root(draft, name, row) for name, row in draft.trust().items()},
        identities={identity.name: identity for identity in identities},
        packs=tuple(_pack(draft, row) for row in draft.packs()),
        deny=None if deny is None else _deny(draft, deny),
    )


def _root(draft: Draft, name: str, row: Row) -> Root:
    at = draft.document.at(row.pointer)
    if row.values["kind"] == "key":
        return KeyRoot(name, PublicKey.parse(row.values["public-key"]).raw, at)
    return SigstoreRoot(name, draft.path(row.values["file"]), row.values["sha256"], at)


def _identity(draft: Draft, row: Row) -> Identity:
    return Identity(
        name=row.values["name"],
        trust=row.values["trust"],
        issuer=row.text("issuer"),
        uri=row.text("uri"),
        email=row.text("email"),
        repository=row.text("repository"),
        repository_id=row.text("repository-id"),
        owner_id=row.text("owner-id"),
        at=draft.document.at(row.pointer),
    )


def _signers(values: dict[str, Any]) -> Signers:
    if "all" in values:
        return Signers(tuple(values["all"]), len(values["all"]))
    return Signers(tuple(values["any"]), values.get("threshold", 1))


def _pack(draft: Draft, row: Row) -> PackRule:
    values = row.values
    signers = _signers(values["signers"]) if "signers" in values else None
    dependencies = values.get("dependencies", "any")
    top_levels = values.get("top-levels")
    return PackRule(
        match=values["match"],
        signers=signers,
        attestations=tuple(_attestation(one, signers) for one in values.get("attestations", ())),
        min_version=row.text("min-version"),
        rollback=values.get("rollback", False) is True,
        load=Load(values.get("load", "verified")),
        allow=frozenset(values.get("allow", ())),
        dependencies=dependencies if isinstance(dependencies, str) else frozenset(dependencies),
        top_levels=None if top_levels is None else frozenset(top_levels),
        at=draft.document.at(row.pointer),
    )


def _attestation(value: Any, signers: Signers | None) -> AttestationRule:
    """A bare type means: signed by whoever has to sign the wheel."""
    wanted: dict[str, Any] = {"type": value} if isinstance(value, str) else value
    own = _signers(wanted["signers"]) if "signers" in wanted else signers
    if own is None:
        raise ValueError("an attestation that nobody has to sign")
    return AttestationRule(wanted["type"], own)


def _deny(draft: Draft, row: Row) -> DenyRules:
    values = row.values
    age = row.text("max-age")
    return DenyRules(
        file=draft.path(values["file"]),
        signers=tuple(values["signers"]),
        max_age=None if age is None else seconds_of(age),
        refuse_stale=values.get("stale", "refuse") == "refuse",
        name=row.text("name"),
        at=draft.document.at(row.pointer),
    )
