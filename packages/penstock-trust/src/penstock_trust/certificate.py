"""Read who a Fulcio certificate is for.

Takes:   the DER of a certificate.
Gives:   `Certificate`: the name in it, the claims of the issuer (Fulcio's extensions), its times, its digest.
Source:  https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
Ignores: whether anybody vouches for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

FULCIO = "1.3.6.1.4.1.57264.1."
OTHER_NAME = "1.3.6.1.4.1.57264.1.7"

RAW = {  # plain text
    1: "issuer",
    2: "github_workflow_trigger",
    3: "github_workflow_sha",
    4: "github_workflow_name",
    5: "github_workflow_repository",
    6: "github_workflow_ref",
}
DER = {  # DER UTF8String
    8: "issuer_v2",
    9: "build_signer_uri",
    10: "build_signer_digest",
    11: "runner_environment",
    12: "source_repository_uri",
    13: "source_repository_digest",
    14: "source_repository_ref",
    15: "source_repository_identifier",
    16: "source_repository_owner_uri",
    17: "source_repository_owner_identifier",
    18: "build_config_uri",
    19: "build_config_digest",
    20: "build_trigger",
    21: "run_invocation_uri",
    22: "source_repository_visibility",
}


@dataclass(frozen=True, slots=True)
class Name:
    """One subject alternative name: `kind` is uri, email or other."""

    kind: str
    value: str


class Certificate:
    """A certificate as it says it is. Every property may raise `ValueError` for one that is malformed."""

    def __init__(self, der: bytes) -> None:
        from cryptography.x509 import load_der_x509_certificate

        self.der = der
        self.parsed = load_der_x509_certificate(der)

    @cached_property
    def digest(self) -> str:
        """The sha256 of the DER, in hex."""
        return sha256(self.der).hexdigest()

    @cached_property
    def claims(self) -> Mapping[str, str]:
        """What the issuer wrote into it, by name."""
        found: dict[str, str] = {}
        for extension in self.parsed.extensions:
            dotted = extension.oid.dotted_string
            number = dotted[len(FULCIO) :] if dotted.startswith(FULCIO) else ""
            if number.isdigit() and (int(number) in RAW or int(number) in DER):
                raw: bytes = extension.value.public_bytes()
                plain = int(number) in RAW
                name = RAW[int(number)] if plain else DER[int(number)]
                found[name] = raw.decode("utf-8") if plain else utf8_of(raw)
        return found

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """The subject alternative names."""
        from cryptography import x509

        try:
            listed = self.parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return ()
        return tuple(_name(each) for each in listed)

    @cached_property
    def issuer(self) -> str:
        """Who vouched for the name to Fulcio, "" when it does not say."""
        return self.claims.get("issuer_v2") or self.claims.get("issuer", "")

    @cached_property
    def promises(self) -> tuple[tuple[str, datetime], ...]:
        """`(log id in hex, time)` of each signed certificate timestamp in it."""
        from datetime import timezone

        from cryptography import x509

        try:
            listed = self.parsed.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps)
        except x509.ExtensionNotFound:
            return ()
        return tuple((each.log_id.hex(), each.timestamp.replace(tzinfo=timezone.utc)) for each in listed.value)

    def issued_by(self, chain: Sequence[bytes]) -> bool:
        """Whether one of these certificates issued it, by name and by signature."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.x509 import load_der_x509_certificate

        for each in chain:
            above = load_der_x509_certificate(each)
            if above.subject == self.parsed.issuer:
                try:
                    self.parsed.verify_directly_issued_by(above)
                except (InvalidSignature, ValueError, TypeError):
                    continue
                return True
        return False


def _name(name: Any) -> Name:
    from cryptography import x509

    if isinstance(name, x509.UniformResourceIdentifier):
        return Name("uri", name.value)
    if isinstance(name, x509.RFC822Name):
        return Name("email", name.value)
    if isinstance(name, x509.OtherName) and name.type_id.dotted_string == OTHER_NAME:
        return Name("other", utf8_of(name.value))
    return Name("other", "")


def utf8_of(der: bytes) -> str:
    """The text of a DER UTF8String that is all there is. Raises `ValueError`.

    >>> utf8_of(bytes.fromhex("0c026162"))
    'ab'
    """
    if len(der) < 2 or der[0] != 0x0C:
        raise ValueError("this is no UTF8String")
    size, start = der[1], 2
    if size & 0x80:
        many = size & 0x7F
        size, start = int.from_bytes(der[2 : 2 + many], "big"), 2 + many
        if not 1 <= many <= 2 or size < 0x80 or (many == 2 and size < 0x100):
            raise ValueError("the length of this UTF8String is not DER")
    if len(der) != start + size:
        raise ValueError("this UTF8String has another length than it says")
    return der[start:].decode("utf-8")
