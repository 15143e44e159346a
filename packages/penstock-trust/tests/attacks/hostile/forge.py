"""Make bundles as a sigstore makes them, in memory, and let every part of them be wrong.

Takes:   a `Signing`: what is signed by whom, how it is logged, and the one thing that is different.
Gives:   `Forge`: certificates, log entries, time stamps, bundles, and the trusted root that vouches for them.
Why not: the local sigstore beside this: it is honest, and a client cannot make it write what no client would ask for.
Ignores: the network.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hostile import der

Json: TypeAlias = Any
LogKey: TypeAlias = "ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey"
Edit: TypeAlias = Callable[[Json], object]

ECDSA = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)  # so that a bit is the same bit in every run
SIGNED = datetime(2026, 11, 20, 9, 30, tzinfo=timezone.utc)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)
LIFE = timedelta(minutes=10)

ISSUER = "https://token.actions.githubusercontent.com"
REPOSITORY = "https://github.com/acme/flow"
WORKFLOW = f"{REPOSITORY}/.github/workflows/release.yml"
SAN = f"{WORKFLOW}@refs/tags/v1.2.0"
CLAIMS = {9: SAN, 11: "github-hosted", 12: REPOSITORY, 13: "a" * 40, 14: "refs/tags/v1.2.0", 15: "4711",
          16: "https://github.com/acme", 17: "815", 18: SAN, 20: "push", 22: "public"}  # fmt: skip  # Fulcio's arc -> value
FULCIO = "1.3.6.1.4.1.57264.1"
SCT_LIST = "1.3.6.1.4.1.11129.2.4.2"
STATEMENT = "application/vnd.in-toto+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


@cache
def key(seed: str) -> ec.EllipticCurvePrivateKey:
    """A P-256 key, the same for the same seed."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")
    return ec.derive_private_key(number % (2**255), ec.SECP256R1())


@cache
def edwards(seed: str) -> ed25519.Ed25519PrivateKey:
    """An Ed25519 key, the same for the same seed."""
    return ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())


def b64(data: bytes) -> str:
    """Base64, as JSON carries bytes."""
    return base64.b64encode(data).decode()


def spki(private: LogKey | ec.EllipticCurvePrivateKey) -> bytes:
    """The DER of the public key."""
    return private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def key_id(private: LogKey) -> bytes:
    """What a log is called by: the digest of its public key."""
    return hashlib.sha256(spki(private)).digest()


def log_signature(private: LogKey, data: bytes) -> bytes:
    """What a log's key says about data."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(data)
    return private.sign(data, ECDSA)


def canonical(value: Json) -> bytes:
    """JSON as RFC 8785 writes it, for what occurs here."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def pae(kind: str, payload: bytes) -> bytes:
    """What a DSSE envelope signs."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)


def nothing(value: Json) -> None:
    """Change nothing."""


def ca_name(name: str) -> x509.Name:
    """The name of an authority."""
    return x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "acme"), x509.NameAttribute(NameOID.COMMON_NAME, name)
    ])  # fmt: skip  # one name, two attributes


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate with the key that belongs to it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(serialization.Encoding.DER)


def _builder(subject: x509.Name, issuer: x509.Name, public: Any, start: datetime, end: datetime) -> Any:
    serial = int.from_bytes(hashlib.sha256(repr((subject, start)).encode()).digest()[:8], "big")
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    return made.serial_number(serial).not_valid_before(start).not_valid_after(end)


def _usage(**said: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip  # all of them
    return x509.KeyUsage(**{name: said.get(name, False) for name in names})


def authority(name: str, above: Authority | None = None, *, seed: str = "", eku: Any = None, ca: bool = True,
              start: datetime = BEGAN - timedelta(days=365), end: datetime = BEGAN + timedelta(days=3650)) -> Authority:  # fmt: skip  # a long line of choices
    """A certificate authority, or with `ca=False` whatever else signs with a certificate of its own."""
    own = key(seed or name)
    issuer = above or Authority(None, own)  # type: ignore[arg-type]  # signs itself
    by = above.certificate.subject if above else ca_name(name)
    made = _builder(ca_name(name), by, own.public_key(), start, end)
    made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    usage = _usage(key_cert_sign=True, crl_sign=True) if ca else _usage(digital_signature=True)
    made = made.add_extension(usage, critical=True)
    if eku is not None:
        made = made.add_extension(x509.ExtendedKeyUsage([eku]), critical=not ca)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    made = made.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False
    )
    return Authority(made.sign(issuer.key, hashes.SHA256(), ecdsa_deterministic=True), own)


# -- what is signed, and what is wrong with it -----------------------------------------------------------------------


@dataclass(slots=True)
class Signing:
    """How one bundle is made. An attack changes one of these; an `edit` changes what was made, in place."""

    rekor: int = 1
    dsse: bool = False
    tsa: bool = False
    at: datetime = SIGNED  # when it was logged and stamped
    issued: datetime = SIGNED - timedelta(minutes=1)
    life: timedelta = LIFE
    san: x509.GeneralName | None = field(default_factory=lambda: x509.UniformResourceIdentifier(SAN))
    sans: tuple[x509.GeneralName, ...] | None = None
    issuer: str | None = ISSUER
    issuer_v2: str | None = ISSUER
    claims: dict[int, str | bytes] = field(default_factory=lambda: dict(CLAIMS))
    leaf: Any = field(default_factory=lambda: key("leaf"))
    signer: Any = None  # who signs the content; None: the leaf
    ca: str = "ca"
    ct: str = "ct"
    scts: int = 1
    sct_log_id: bytes | None = None
    sct_at: datetime | None = None
    sct_signed: Edit = nothing  # on the bytearray that the CT log signs
    usage: x509.KeyUsage | None = field(default_factory=lambda: _usage(digital_signature=True))
    eku: Any = ExtendedKeyUsageOID.CODE_SIGNING
    basic: x509.BasicConstraints | None = None
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    log: str = "rekor"
    log_edwards: bool = False
    size: int = 11  # of the tree
    index: int = 5
    stamps: int = 1
    stamp: dict[str, Any] = field(default_factory=dict)  # words for `der.timestamp`
    stamp_at: datetime | None = None
    stamped: bytes | None = None  # instead of the signature
    tsa_name: str = "tsa"
    content: bytes | None = None  # what is signed instead of the wheel
    statement: Edit = nothing
    statement_text: Callable[[bytes], bytes] = lambda text: text
    payload_type: str = STATEMENT
    predicate_type: str = "https://slsa.dev/provenance/v1"
    body: Edit = nothing  # of the log entry, before it is logged
    body_text: Callable[[bytes], bytes] = lambda text: text
    checkpoint: Callable[[str], str] = lambda text: text  # before it is signed
    note: Callable[[str], str] = lambda text: text  # after
    promise: Edit = nothing  # before it is signed
    bundle: Edit = nothing  # the whole, at the end


class Forge:
    """A sigstore in memory: two certificate authorities, logs and a time-stamp authority, each with a twin that nobody trusts."""

    def __init__(self) -> None:
        root = authority("acme root")
        self.cas = {
            "ca": authority("acme issuing", root, eku=ExtendedKeyUsageOID.CODE_SIGNING),
            "twin": authority("acme issuing", authority("acme root", seed="other root"), seed="other issuing"),
        }
        self.root = root
        stamps = authority("acme stamps root")
        self.tsa_root = stamps
        other = authority("acme stamps root", seed="other stamps root")
        stamping = ExtendedKeyUsageOID.TIME_STAMPING
        self.tsas = {
            "tsa": authority("acme stamps", stamps, eku=stamping, ca=False),
            "twin": authority("acme stamps", other, eku=stamping, ca=False, seed="other stamps"),
        }

    # -- certificates

    def certificate(self, how: Signing) -> x509.Certificate:
        """The certificate of a signer, logged as the CT log has it."""
        above = self.cas[how.ca]
        names = ([how.san] if how.san is not None else []) if how.sans is None else list(how.sans)
        made = _builder(
            x509.Name([]), above.certificate.subject, how.leaf.public_key(), how.issued, how.issued + how.life
        )
        if how.usage is not None:
            made = made.add_extension(how.usage, critical=True)
        if how.eku is not None:
            made = made.add_extension(x509.ExtendedKeyUsage([how.eku]), critical=False)
        if how.basic is not None:
            made = made.add_extension(how.basic, critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(how.leaf.public_key()), critical=False)
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(above.key.public_key()), critical=False
        )
        if names:
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=True)
        for number, text, plain in ((1, how.issuer, True), (8, how.issuer_v2, False)):
            if text is not None:
                made = made.add_extension(_fulcio(number, text.encode() if plain else der.utf8(text)), critical=False)
        for number, value in how.claims.items():
            held = value if isinstance(value, bytes) else der.utf8(value)
            made = made.add_extension(_fulcio(number, held), critical=False)
        for extension, critical in how.extra:
            made = made.add_extension(extension, critical=critical)
        first = made.sign(above.key, hashes.SHA256(), ecdsa_deterministic=True)
        if not how.scts:
            return first
        scts = [self._sct(how, first.tbs_certificate_bytes) for _ in range(how.scts)]
        listed = b"".join(struct.pack("!H", len(one)) + one for one in scts)
        held = der.octets(struct.pack("!H", len(listed)) + listed)
        made = made.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(SCT_LIST), held), critical=False)
        return made.sign(above.key, hashes.SHA256(), ecdsa_deterministic=True)

    def _sct(self, how: Signing, tbs: bytes) -> bytes:
        private = key(how.ct)
        time = int((how.sct_at or how.issued).timestamp() * 1000)
        issuer = hashlib.sha256(spki(self.cas[how.ca].key)).digest()
        said = bytearray(struct.pack("!BBQH", 0, 0, time, 1) + issuer + len(tbs).to_bytes(3, "big") + tbs + b"\0\0")
        how.sct_signed(said)
        signature = private.sign(bytes(said), ECDSA)
        name = key_id(private) if how.sct_log_id is None else how.sct_log_id
        return struct.pack("!B32sQH", 0, name, time, 0) + b"\x04\x03" + struct.pack("!H", len(signature)) + signature

    # -- the log

    def log_key(self, how: Signing) -> LogKey:
        """The key of the log."""
        return edwards(how.log) if how.log_edwards else key(how.log)

    def entry(self, how: Signing, body: bytes, kind: str, version: str) -> Json:
        """A log entry with its proofs, as a bundle carries it."""
        private = self.log_key(how)
        leaves = [hashlib.sha256(b"\0other %d" % n).digest() for n in range(how.size)]
        leaves[how.index] = hashlib.sha256(b"\0" + body).digest()
        root = _tree(leaves)
        origin = "rekor.acme.test" if how.rekor == 2 else "rekor.acme.test - 2605736670972794746"
        text = how.checkpoint(f"{origin}\n{how.size}\n{b64(root)}\n")
        signed = key_id(private)[:4] + log_signature(private, text.encode())
        made: Json = {
            "logIndex": str(how.index),
            "logId": {"keyId": b64(key_id(private))},
            "kindVersion": {"kind": kind, "version": version},
            "inclusionProof": {
                "logIndex": str(how.index),
                "rootHash": b64(root),
                "treeSize": str(how.size),
                "hashes": [b64(one) for one in _path(how.index, leaves)],
                "checkpoint": {"envelope": how.note(f"{text}\n\u2014 rekor.acme.test {b64(signed)}\n")},
            },
            "canonicalizedBody": b64(body),
        }
        if how.rekor == 1:
            time = int(how.at.timestamp())
            promise = {"body": b64(body), "integratedTime": time, "logID": key_id(private).hex(), "logIndex": how.index}
            how.promise(promise)
            made["integratedTime"] = str(time)
            made["inclusionPromise"] = {"signedEntryTimestamp": b64(log_signature(private, canonical(promise)))}
        return made

    def _body(
        self, how: Signing, certificate: bytes, digest: bytes, signature: bytes, payload: bytes
    ) -> tuple[Json, str, str]:
        pem = b64(_pem(certificate))
        if how.rekor == 2:
            verifier = {"keyDetails": "PKIX_ECDSA_P256_SHA_256", "x509Certificate": {"rawBytes": b64(certificate)}}
            spec: Json = {
                "hashedRekordV002": {
                    "data": {"algorithm": "SHA2_256", "digest": b64(digest)},
                    "signature": {"content": b64(signature), "verifier": verifier},
                }
            }
            return {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": spec}, "hashedrekord", "0.0.2"
        if how.dsse:
            spec = {
                "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(b"whatever").hexdigest()},
                "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
                "signatures": [{"signature": b64(signature), "verifier": pem}],
            }
            return {"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}, "dsse", "0.0.1"
        spec = {
            "data": {"hash": {"algorithm": "sha256", "value": digest.hex()}},
            "signature": {"content": b64(signature), "publicKey": {"content": pem}},
        }
        return {"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": spec}, "hashedrekord", "0.0.1"

    # -- bundles

    def statement(self, how: Signing, wheel: bytes, filename: str) -> bytes:
        """An in-toto statement about the wheel."""
        made: Json = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": filename, "digest": {"sha256": hashlib.sha256(wheel).hexdigest()}}],
            "predicateType": how.predicate_type,
            "predicate": {"buildDefinition": {"buildType": "https://acme.test/build/v1"}},
        }
        how.statement(made)
        return how.statement_text(json.dumps(made).encode())

    def bundle(self, how: Signing, wheel: bytes, filename: str) -> Json:
        """A bundle, as a JSON value."""
        certificate = self.certificate(how)
        held = certificate.public_bytes(serialization.Encoding.DER)
        payload = self.statement(how, wheel, filename) if how.dsse else b""
        message = pae(how.payload_type, payload) if how.dsse else (wheel if how.content is None else how.content)
        digest = hashlib.sha256(message).digest()
        signature = (how.signer or how.leaf).sign(message, ECDSA)
        body, kind, version = self._body(how, held, digest, signature, payload)
        how.body(body)
        made: Json = {
            "mediaType": BUNDLE,
            "verificationMaterial": {
                "certificate": {"rawBytes": b64(held)},
                "tlogEntries": [self.entry(how, how.body_text(canonical(body)), kind, version)],
            },
        }
        if how.dsse:
            made["dsseEnvelope"] = {
                "payload": b64(payload),
                "payloadType": how.payload_type,
                "signatures": [{"sig": b64(signature)}],
            }
        else:
            made["messageSignature"] = {
                "messageDigest": {"algorithm": "SHA2_256", "digest": b64(digest)},
                "signature": b64(signature),
            }
        if how.tsa:
            made["verificationMaterial"]["timestampVerificationData"] = {
                "rfc3161Timestamps": [
                    {"signedTimestamp": b64(self.stamp(how, signature, serial=number + 1))}
                    for number in range(how.stamps)
                ]
            }
        how.bundle(made)
        return made

    def stamp(self, how: Signing, signature: bytes, *, serial: int = 1) -> bytes:
        """A time stamp of a signature."""
        who = self.tsas[how.tsa_name]
        message = signature if how.stamped is None else how.stamped
        return der.timestamp(
            message, how.stamp_at or how.at, who.key, who.certificate, **{"serial": serial, **how.stamp}
        )

    # -- who is trusted

    def trusted_root(self, edit: Edit = nothing) -> bytes:
        """The trusted root, as a file."""

        def log(url: str, private: LogKey) -> Json:
            kind = "PKIX_ED25519" if isinstance(private, ed25519.Ed25519PrivateKey) else "PKIX_ECDSA_P256_SHA_256"
            return {
                "baseUrl": url,
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": b64(spki(private)), "keyDetails": kind, "validFor": {"start": _zulu(BEGAN)},
                },
                "logId": {"keyId": b64(key_id(private))},
            }  # fmt: skip  # a public key in one line

        def chain(name: str, *certificates: Authority) -> Json:
            return {
                "subject": {"organization": "acme", "commonName": name},
                "uri": f"https://{name}.acme.test",
                "certChain": {"certificates": [{"rawBytes": b64(one.der)} for one in certificates]},
                "validFor": {"start": _zulu(BEGAN)},
            }

        made: Json = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log("https://rekor.acme.test", key("rekor")), log("https://rekor2.acme.test", edwards("rekor2"))],
            "certificateAuthorities": [chain("fulcio", self.cas["ca"], self.root)],
            "ctlogs": [log("https://ct.acme.test", key("ct"))],
            "timestampAuthorities": [chain("tsa", self.tsas["tsa"], self.tsa_root)],
        }
        edit(made)
        return json.dumps(made).encode()


def _zulu(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _fulcio(number: int, value: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(f"{FULCIO}.{number}"), value)


def _pem(certificate: bytes) -> bytes:
    return x509.load_der_x509_certificate(certificate).public_bytes(serialization.Encoding.PEM)


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def _tree(leaves: list[bytes]) -> bytes:
    """The root of a tree of RFC 6962."""
    if len(leaves) == 1:
        return leaves[0]
    middle = _split(len(leaves))
    return _node(_tree(leaves[:middle]), _tree(leaves[middle:]))


def _path(index: int, leaves: list[bytes]) -> list[bytes]:
    """The proof that a leaf is in the tree."""
    if len(leaves) == 1:
        return []
    middle = _split(len(leaves))
    if index < middle:
        return [*_path(index, leaves[:middle]), _tree(leaves[middle:])]
    return [*_path(index - middle, leaves[middle:]), _tree(leaves[:middle])]
