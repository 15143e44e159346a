"""Check one RFC 3161 timestamp by one authority.

Takes:   a decoded response, a chain of certificates, the signature that was stamped.
Gives:   `signed_by`.
Ignores: when the authority was valid (`steps.strict`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def signed_by(stamp: Any, chain: Sequence[bytes], signature: bytes) -> bool:
    """Whether the authority of this chain (its leaf first, the root last) stamped the signature."""
    from cryptography.x509 import load_der_x509_certificate
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        leaf, *middle, root = (load_der_x509_certificate(each) for each in chain)
        builder = VerifierBuilder(intermediates=middle).tsa_certificate(leaf).add_root_certificate(root)
        return bool(builder.build().verify_message(stamp, signature))
    except (VerificationError, ValueError):
        return False
