"""A sigstore of one's own on loopback: Fulcio, certificate log, Rekor v1 and v2, timestamps, tokens.

Takes:   nothing; every key is made anew, and gone when the process ends.
Gives:   `LocalSigstore`: a context manager that listens, and signs without listening (`bundle`); `Signer`.
For:     tests and demonstrations, of ours and of others: real client code, end to end, without a public network.
Ignores: anything that keeps a real authority safe.  Never trust its root outside a test.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from penstock_trust.dsse import IN_TOTO, pae
from penstock_trust.local_sigstore.authority import CertificateLog as CertificateLog
from penstock_trust.local_sigstore.authority import Fulcio as Fulcio
from penstock_trust.local_sigstore.authority import Signer as Signer
from penstock_trust.local_sigstore.rekor import Log as Log
from penstock_trust.local_sigstore.rekor import body_v1, body_v2, dsse_v1
from penstock_trust.local_sigstore.service import Service
from penstock_trust.local_sigstore.timestamps import TimestampAuthority as TimestampAuthority
from penstock_trust.local_sigstore.tokens import TokenIssuer as TokenIssuer
from penstock_trust.local_sigstore.trust import client_config, signing_config, trusted_root
from penstock_trust.strict import base64_text, canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CertificateLog", "Fulcio", "LocalSigstore", "Log", "Signer", "TimestampAuthority", "TokenIssuer"]

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def _now() -> datetime:
    return datetime.now(timezone.utc)


class LocalSigstore:
    """All parts together; `with LocalSigstore() as local:` also listens on loopback.

    `clock` says what time every part believes it is.  The keys are good for 30 days before and after.
    """

    def __init__(self, clock: Callable[[], datetime] = _now) -> None:
        self.clock = clock
        self.since = clock() - timedelta(days=30)
        self.until = clock() + timedelta(days=30)
        self.certificates = CertificateLog()
        self.fulcio = Fulcio(self.certificates, self.since, self.until)
        self.logs = {1: Log(1), 2: Log(2)}
        self.stamps = TimestampAuthority(self.since, self.until)
        self.tokens = TokenIssuer()
        self._service: Service | None = None

    def __enter__(self) -> LocalSigstore:
        self._service = Service(self)
        self._service.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.service.stop()
        self._service = None

    @property
    def service(self) -> Service:
        """What listens. Raises `RuntimeError` outside the `with`."""
        if self._service is None:
            raise RuntimeError("this local sigstore does not listen; enter it with `with`")
        return self._service

    @property
    def base(self) -> str:
        """The address where it listens, or one where nobody does."""
        return self._service.base if self._service else "http://127.0.0.1:9"

    def trusted_root(self) -> dict[str, Any]:
        """Its keys, as a trusted root."""
        return trusted_root(self.fulcio, self.certificates, self.logs, self.stamps, self.since, self.base)

    def config(self, *, rekor: int = 1, stamped: bool | None = None) -> dict[str, Any]:
        """What `--trust-config` takes; Rekor v2 gives no time, so it is stamped unless told otherwise."""
        wanted = rekor == 2 if stamped is None else stamped
        return client_config(self.trusted_root(), signing_config(self.base, rekor, wanted, self.since))

    def write_root(self, path: Path) -> str:
        """Write the trusted root to a file; gives its sha256, as a policy pins it."""
        data = json.dumps(self.trusted_root(), indent=1).encode("utf-8")
        path.write_bytes(data)
        return sha256(data).hexdigest()

    def write_config(self, path: Path, *, rekor: int = 1, stamped: bool | None = None) -> Path:
        """Write what `--trust-config` takes to a file."""
        path.write_text(json.dumps(self.config(rekor=rekor, stamped=stamped), indent=1), encoding="utf-8")
        return path

    def bundle(
        self,
        data: bytes = b"",
        signer: Signer | None = None,
        *,
        statement: bytes | None = None,
        rekor: int = 1,
        stamped: bool | None = None,
        at: datetime | None = None,
        payload_type: str = IN_TOTO,
        leaf: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """A bundle for `data`, or for a statement, made without HTTP and without sigstore's client.

        `leaf` holds keyword arguments for `Fulcio.issue`, for those who need a wrong certificate.
        """
        at = at or self.clock()
        key = ec.generate_private_key(ec.SECP256R1())
        leaf_certificate = self.fulcio.issue(key.public_key(), signer or Signer(), at, **(leaf or {}))
        said = data if statement is None else pae(payload_type, statement)
        signature = key.sign(said, ec.ECDSA(SHA256()))
        digest = sha256(said).digest()
        pem, raw = (leaf_certificate.public_bytes(kind) for kind in (Encoding.PEM, Encoding.DER))
        envelope = {
            "payload": base64_text(statement or b""),
            "payloadType": payload_type,
            "signatures": [{"sig": base64_text(signature)}],
        }
        if rekor == 2:
            body = body_v2(digest, signature, raw)
        elif statement is None:
            body = body_v1(digest, signature, pem)
        else:
            body = dsse_v1(canonical(envelope), statement, signature, pem)
        material: dict[str, Any] = {
            "certificate": {"rawBytes": base64_text(raw)},
            "tlogEntries": [self.logs[rekor].append(body, at)],
        }
        if stamped or (stamped is None and rekor == 2):
            stamp = base64_text(self.stamps.stamp(sha256(signature).digest(), at))
            material["timestampVerificationData"] = {"rfc3161Timestamps": [{"signedTimestamp": stamp}]}
        made: dict[str, Any] = {"mediaType": BUNDLE, "verificationMaterial": material}
        if statement is None:
            label = {"algorithm": "SHA2_256", "digest": base64_text(digest)}
            return {**made, "messageSignature": {"messageDigest": label, "signature": base64_text(signature)}}
        return {**made, "dsseEnvelope": envelope}
