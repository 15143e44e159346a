"""Play Fulcio and its certificate log: issue a short-lived certificate for whoever a token names.

Takes:   a public key and an identity (`Signer`), or the claims of an identity token.
Gives:   `Fulcio`: `issue`, its chain; `CertificateLog`, which signs the one SCT; `Signer`.
Facts:   exactly one SCT, as the last extension, so the certificate is built twice and the first to-be-signed part is
         the precertificate; issuer extension .1.1 is raw and .1.8 DER; a leaf has an empty subject, so SAN is critical.
Ignores: HTTP (`service`), and whether the token may be believed (`tokens`).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from penstock_trust.local_sigstore import der

FULCIO = "1.3.6.1.4.1.57264.1."
SCT_LIST = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")

# claim of a CI token -> the Fulcio extension that carries it, as DER text
CI_CLAIMS = {
    "job_workflow_ref": 9,
    "job_workflow_sha": 10,
    "runner_environment": 11,
    "repository": 12,
    "sha": 13,
    "ref": 14,
    "repository_id": 15,
    "repository_owner": 16,
    "repository_owner_id": 17,
    "workflow_ref": 18,
    "workflow_sha": 19,
    "event_name": 20,
    "run_id": 21,
    "repository_visibility": 22,
}
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
_AS_URL = {"job_workflow_ref", "workflow_ref", "repository", "repository_owner"}


@dataclass(frozen=True, slots=True)
class Signer:
    """Who a certificate is for: `extensions` is number below 1.3.6.1.4.1.57264.1 -> its value, DER text from .8 on."""

    san: str = "ann@example.org"
    san_type: str = "email"
    issuer: str = "https://accounts.example.org"
    extensions: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of_claims(cls, claims: dict[str, Any]) -> Signer:
        """Whom a token names: its `email`, or the workflow of a CI job."""
        if "email" in claims:
            return cls(str(claims["email"]), "email", str(claims["iss"]))
        said = {
            number: f"https://github.com/{claims[name]}" if name in _AS_URL else str(claims[name])
            for name, number in CI_CLAIMS.items()
            if name in claims
        }
        return cls(said.get(9, str(claims["sub"])), "uri", str(claims["iss"]), said)


def spki(key: Any) -> bytes:
    """The SubjectPublicKeyInfo of a public key."""
    info: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return info


class CertificateLog:
    """The log that promises to publish a certificate; it keeps nothing."""

    def __init__(self, key: ec.EllipticCurvePrivateKey | None = None) -> None:
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.id = sha256(spki(self.key.public_key())).digest()

    def sct(self, precertificate: bytes, issuer: Any, at: datetime) -> bytes:
        """The promise, as the value of the SCT list extension, for the to-be-signed part of a precertificate."""
        stamp = int(at.timestamp() * 1000)
        issuer_id = sha256(spki(issuer)).digest()
        said = struct.pack("!BBQH", 0, 0, stamp, 1) + issuer_id + _u24(precertificate) + struct.pack("!H", 0)
        signature = self.key.sign(said, ec.ECDSA(SHA256()))
        one = struct.pack("!B32sQHBBH", 0, self.id, stamp, 0, 4, 3, len(signature)) + signature
        return struct.pack("!HH", len(one) + 2, len(one)) + one


def _u24(data: bytes) -> bytes:
    return len(data).to_bytes(3, "big") + data


class Fulcio:
    """A root and an intermediate authority that issue for `lifetime`, and log what they issue."""

    def __init__(self, log: CertificateLog, since: datetime, until: datetime, *, name: str = "local") -> None:
        self.log = log
        self.lifetime = timedelta(minutes=10)
        self.raw: dict[int, bytes] = {}  # extensions to write as they are, for those who need a wrong one
        self.root_key, self.key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        top, middle = f"{name} root", f"{name} intermediate"
        self.root = authority(top, self.root_key.public_key(), top, self.root_key, since, until, 1)
        self.intermediate = authority(middle, self.key.public_key(), top, self.root_key, since, until, 0)

    @property
    def chain(self) -> list[x509.Certificate]:
        """The certificates above a leaf, the root last."""
        return [self.intermediate, self.root]

    def issue(
        self,
        key: Any,
        signer: Signer,
        at: datetime,
        *,
        until: datetime | None = None,
        usages: tuple[ObjectIdentifier, ...] = (ExtendedKeyUsageOID.CODE_SIGNING,),
        old_issuer: str | None = None,
        logs: tuple[CertificateLog, ...] | None = None,
        logged_at: datetime | None = None,
    ) -> x509.Certificate:
        """A certificate for `key`, good from `at`; the keywords are for those who need a wrong one."""
        start = at.replace(microsecond=0)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.intermediate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(until or start + self.lifetime)
            .add_extension(usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .add_extension(x509.SubjectAlternativeName([_name(signer)]), critical=True)
        )
        for number, raw in sorted({**_extensions(signer, old_issuer), **self.raw}.items()):
            extension = x509.UnrecognizedExtension(ObjectIdentifier(f"{FULCIO}{number}"), raw)
            builder = builder.add_extension(extension, critical=False)
        precertificate = builder.sign(self.key, SHA256()).tbs_certificate_bytes
        when = logged_at or start
        promised = [log.sct(precertificate, self.key.public_key(), when) for log in logs or (self.log,)]
        if promised:
            both = b"".join(each[2:] for each in promised)
            value = der.octets(struct.pack("!H", len(both)) + both)
            builder = builder.add_extension(x509.UnrecognizedExtension(SCT_LIST, value), critical=False)
        return builder.sign(self.key, SHA256())


def _extensions(signer: Signer, old_issuer: str | None) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    if signer.issuer or old_issuer:
        found[1] = (signer.issuer if old_issuer is None else old_issuer).encode("utf-8")
    if signer.issuer:
        found[8] = der.utf8(signer.issuer)
    for number, text in signer.extensions.items():
        found[number] = der.utf8(text) if number >= 8 else text.encode("utf-8")
    return found


def _name(signer: Signer) -> x509.GeneralName:
    return x509.RFC822Name(signer.san) if signer.san_type == "email" else x509.UniformResourceIdentifier(signer.san)


def usage(**wanted: bool) -> x509.KeyUsage:
    """The key usage extension with just these bits."""
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in _USAGES})


def authority(
    name: str, key: Any, issuer: str, issuer_key: Any, since: datetime, until: datetime, below: int
) -> x509.Certificate:
    """The certificate of an authority; `below` is how many more may stand between it and a leaf."""
    return (
        x509.CertificateBuilder()
        .subject_name(called(name))
        .issuer_name(called(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
        .add_extension(usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, SHA256())
    )


def called(name: str) -> x509.Name:
    """The subject of an authority."""
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "local"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
