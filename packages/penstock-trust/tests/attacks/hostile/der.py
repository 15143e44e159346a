"""Write the few DER structures that no library writes for us: a time-stamp response and what is in it (RFC 3161, RFC 5652).

Gives:   `timestamp`: the DER of a TimeStampResp; `sequence`, `integer` and the like.
Ignores: whether what it says is true.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

SHA256, SHA1, MD5 = "2.16.840.1.101.3.4.2.1", "1.3.14.3.2.26", "1.2.840.113549.2.5"
ECDSA_SHA256 = "1.2.840.10045.4.3.2"
SIGNED_DATA, TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, SIGNING_CERTIFICATE = (
    "1.2.840.113549.1.9.3",
    "1.2.840.113549.1.9.4",
    "1.2.840.113549.1.9.5",
    "1.2.840.113549.1.9.16.2.47",
)


def tlv(tag: int, body: bytes) -> bytes:
    """A tag, a length and a body."""
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE."""
    return tlv(0x30, b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    """A SET OF; its members are sorted, as DER wants it."""
    return tlv(0x31, b"".join(sorted(parts)))


def integer(number: int) -> bytes:
    """An INTEGER, not negative."""
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def octets(data: bytes) -> bytes:
    """An OCTET STRING."""
    return tlv(0x04, data)


def utf8(text: str) -> bytes:
    """A UTF8String."""
    return tlv(0x0C, text.encode())


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *rest = map(int, dotted.split("."))
    body = bytearray([40 * first + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(0x80 | number & 0x7F)
        body += bytes(reversed(groups))
    return tlv(0x06, bytes(body))


def moment(time: datetime) -> bytes:
    """A GeneralizedTime."""
    return tlv(0x18, time.strftime("%Y%m%d%H%M%SZ").encode())


def timestamp(
    message: bytes,
    time: datetime,
    key: ec.EllipticCurvePrivateKey,
    certificate: x509.Certificate,
    *,
    imprint: bytes | None = None,
    algorithm: str = SHA256,
    status: int = 0,
    serial: int = 7,
    embedded: tuple[x509.Certificate, ...] | None = None,
) -> bytes:
    """The response of a time-stamp authority for a message; `imprint` is its digest, if it shall be another."""
    digest = hashlib.sha256(message).digest() if imprint is None else imprint
    info = sequence(
        integer(1),
        oid("1.2.3.4.1"),
        sequence(sequence(oid(algorithm)), octets(digest)),
        integer(serial),
        moment(time),
        integer(serial + 1),
    )
    held = certificate.public_bytes(Encoding.DER)
    attributes = [
        sequence(oid(CONTENT_TYPE), set_of(oid(TST_INFO))),
        sequence(oid(SIGNING_TIME), set_of(moment(time) if time.year >= 2050 else _utc(time))),
        sequence(oid(MESSAGE_DIGEST), set_of(octets(hashlib.sha256(info).digest()))),
        sequence(oid(SIGNING_CERTIFICATE), set_of(sequence(sequence(sequence(octets(hashlib.sha256(held).digest())))))),
    ]
    signed = set_of(*attributes)
    signer = sequence(
        integer(1),
        sequence(certificate.issuer.public_bytes(), integer(certificate.serial_number)),
        sequence(oid(SHA256)),
        b"\xa0" + signed[1:],
        sequence(oid(ECDSA_SHA256)),
        octets(key.sign(signed, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))),
    )
    certificates = (certificate,) if embedded is None else embedded
    content = sequence(
        integer(3),
        set_of(sequence(oid(SHA256))),
        sequence(oid(TST_INFO), tlv(0xA0, octets(info))),
        tlv(0xA0, b"".join(one.public_bytes(Encoding.DER) for one in certificates)),
        set_of(signer),
    )
    return sequence(sequence(integer(status)), sequence(oid(SIGNED_DATA), tlv(0xA0, content)))


def _utc(time: datetime) -> bytes:
    return tlv(0x17, time.strftime("%y%m%d%H%M%SZ").encode())
