"""Play a timestamp authority (RFC 3161): sign that some digest was seen at some time.

Takes:   a digest and a time, or the DER of a request.
Gives:   `TimestampAuthority`: `stamp`, `answer`, its chain.
Ignores: HTTP (`service`), accuracy, ordering.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from penstock_trust.local_sigstore import der
from penstock_trust.local_sigstore.authority import authority, called, usage

_SHA256 = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"), der.NULL)
_ECDSA_SHA256 = der.sequence(der.oid("1.2.840.10045.4.3.2"))
_SIGNED_DATA = der.oid("1.2.840.113549.1.7.2")
_TST_INFO = der.oid("1.2.840.113549.1.9.16.1.4")
_CONTENT_TYPE = der.oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = der.oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE = der.oid("1.2.840.113549.1.9.16.2.47")


class TimestampAuthority:
    """A root, and a leaf below it that signs timestamps."""

    def __init__(self, since: datetime, until: datetime) -> None:
        self.root_key, self.key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        name = "local timestamp root"
        self.root = authority(name, self.root_key.public_key(), name, self.root_key, since, until, 0)
        self.leaf = self._leaf(since, until)
        self._serials = count(1)

    @property
    def chain(self) -> list[x509.Certificate]:
        """The leaf that signs, and the root."""
        return [self.leaf, self.root]

    def _leaf(self, since: datetime, until: datetime) -> x509.Certificate:
        key = self.key.public_key()
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root_key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(called("local timestamps"))
            .issuer_name(self.root.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(since)
            .not_valid_after(until)
            .add_extension(usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(above, critical=False)
            .sign(self.root_key, SHA256())
        )

    def answer(self, request: bytes, at: datetime) -> bytes:
        """The response to a request in DER. Raises `ValueError` for one that cannot be read."""
        ((_, body),) = der.parts(request)
        fields = list(der.parts(body))
        ((_, _algorithm), (_, digest)) = der.parts(fields[1][1])
        nonce = next((int.from_bytes(content, "big") for tag, content in fields[2:] if tag == 0x02), None)
        return self.stamp(digest, at, nonce=nonce)

    def stamp(self, digest: bytes, at: datetime, *, nonce: int | None = None, status: int = 0) -> bytes:
        """A response that says: this sha256 digest was there at this time."""
        info = der.sequence(
            der.integer(1),
            der.oid("1.3.6.1.4.1.57264.2"),
            der.sequence(_SHA256, der.octets(digest)),
            der.integer(next(self._serials)),
            der.moment(at),
            *([] if nonce is None else [der.integer(nonce)]),
        )
        certificate = self.leaf.public_bytes(Encoding.DER)
        signed_data = der.sequence(
            der.integer(3),
            der.set_of(_SHA256),
            der.sequence(_TST_INFO, der.tagged(0xA0, der.octets(info))),
            der.tagged(0xA0, certificate),
            der.set_of(self._signer(info, certificate)),
        )
        token = der.sequence(_SIGNED_DATA, der.tagged(0xA0, signed_data))
        return der.sequence(der.sequence(der.integer(status)), token)

    def _signer(self, info: bytes, certificate: bytes) -> bytes:
        attributes = b"".join(
            sorted(
                der.sequence(kind, der.set_of(value))
                for kind, value in (
                    (_CONTENT_TYPE, _TST_INFO),
                    (_MESSAGE_DIGEST, der.octets(sha256(info).digest())),
                    (
                        _SIGNING_CERTIFICATE,
                        der.sequence(der.sequence(der.sequence(der.octets(sha256(certificate).digest())))),
                    ),
                )
            )
        )
        signature: Any = self.key.sign(der.tagged(0x31, attributes), ec.ECDSA(SHA256()))
        return der.sequence(
            der.integer(1),
            der.sequence(self.leaf.issuer.public_bytes(), der.integer(self.leaf.serial_number)),
            _SHA256,
            der.tagged(0xA0, attributes),
            _ECDSA_SHA256,
            der.octets(signature),
        )
