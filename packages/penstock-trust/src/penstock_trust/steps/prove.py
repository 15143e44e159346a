"""Make a proof of a reading: the only place that does.

Takes:   a reading that a root vouches for, and the names of the identities that it meets.
Gives:   `prove`.
Why so:  whoever holds a `Proof` holds something that went through the steps before; a test looks that nobody else makes one.
Ignores: how it was established.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock_trust.facts import Proof

if TYPE_CHECKING:
    from penstock_trust.facts import Identity
    from penstock_trust.reading import Reading


def prove(reading: Reading, identity: Identity, matched: tuple[str, ...]) -> Proof:
    """The proof that this identity signed. Raises `LookupError` when the identity's root does not vouch for it."""
    if identity.trust not in reading.vouchers:
        raise LookupError(f"the root `{identity.trust}` does not vouch for {reading.what}")
    return Proof(
        subject=reading.claim.subject,
        identity=identity,
        kind=reading.claim.kind,
        time=reading.times[-1] if reading.times else None,
        matched=matched,
        predicate_type=reading.predicate_type,
        predicate=reading.predicate,
        certificate="" if reading.claim.kind == "key" else reading.certificate.digest,
        entries=reading.entries,
        source=reading.claim.source,
    )
