"""Play a transparency log, of Rekor v1 and of v2: append an entry and prove that it is in the tree.

Takes:   the canonical body of an entry.
Gives:   `Log`: `append` gives the entry as a bundle holds it; `body_v1`, `dsse_v1`, `body_v2` make bodies.
Facts:   v1 signs a promise with a time (SET), v2 has no time of its own; the name in a checkpoint's signature must hold
         no space; u64 values are strings; the hint of a checkpoint's signature is the start of the log's id, which is the
         digest of the key in v1, and of origin and key in v2.
Ignores: HTTP (`service`); nothing is kept on disk.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256

from penstock_trust.local_sigstore.authority import spki
from penstock_trust.strict import base64_text, canonical


def leaf_hash(body: bytes) -> bytes:
    """The hash of a leaf (RFC 6962)."""
    return sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of what is above two nodes (RFC 6962)."""
    return sha256(b"\x01" + left + right).digest()


def root_and_path(leaves: list[bytes], index: int) -> tuple[bytes, list[bytes]]:
    """The root over the hashes of leaves, and the path that leads there from leaf `index`, lowest first."""
    if len(leaves) == 1:
        return leaves[0], []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    left_side = index < split
    near, far = (leaves[:split], leaves[split:]) if left_side else (leaves[split:], leaves[:split])
    root, path = root_and_path(near, index if left_side else index - split)
    other, _ = root_and_path(far, 0)
    return node_hash(root, other) if left_side else node_hash(other, root), [*path, other]


class Log:
    """One log: version 1 has an ECDSA key and promises, version 2 an Ed25519 key."""

    def __init__(self, version: int, *, origin: str = "") -> None:
        self.version = version
        self.key: Any = (
            ec.generate_private_key(ec.SECP256R1()) if version == 1 else ed25519.Ed25519PrivateKey.generate()
        )
        self.origin = origin or f"log{version}.local"
        public = spki(self.key.public_key())
        # v2: the id of a signed note's key (C2SP signed-note), of which the public-good root has the whole digest
        named = public if version == 1 else self.origin.encode("utf-8") + b"\n\x01" + public[-32:]
        self.id = sha256(named).digest()
        self._leaves: list[bytes] = []

    def sign(self, data: bytes) -> bytes:
        """The log's signature."""
        signature: bytes = self.key.sign(data, ec.ECDSA(SHA256())) if self.version == 1 else self.key.sign(data)
        return signature

    def checkpoint(self, size: int, root: bytes) -> str:
        """The signed note that says: so many leaves, this root."""
        name = f"{self.origin} - 1" if self.version == 1 else self.origin
        note = f"{name}\n{size}\n{base64_text(root)}\n"
        signature = base64_text(self.id[:4] + self.sign(note.encode("utf-8")))
        return f"{note}\n— {self.origin} {signature}\n"

    def promise(self, body: bytes, index: int, at: int) -> bytes:
        """The signed entry timestamp of v1: the log promises the entry at this index, seen at this second."""
        said = {"body": base64_text(body), "integratedTime": at, "logID": self.id.hex(), "logIndex": index}
        return self.sign(canonical(said))

    def append(self, body: bytes, at: datetime) -> dict[str, Any]:
        """The entry of this body, as a bundle holds it."""
        index = len(self._leaves)
        self._leaves.append(leaf_hash(body))
        root, path = root_and_path(self._leaves, index)
        said = json.loads(body)
        entry: dict[str, Any] = {
            "logIndex": str(index),
            "logId": {"keyId": base64_text(self.id)},
            "kindVersion": {"kind": said["kind"], "version": said["apiVersion"]},
            "inclusionProof": {
                "logIndex": str(index),
                "rootHash": base64_text(root),
                "treeSize": str(len(self._leaves)),
                "hashes": [base64_text(each) for each in path],
                "checkpoint": {"envelope": self.checkpoint(len(self._leaves), root)},
            },
            "canonicalizedBody": base64_text(body),
        }
        if self.version == 1:
            second = int(at.timestamp())
            entry["integratedTime"] = str(second)
            entry["inclusionPromise"] = {"signedEntryTimestamp": base64_text(self.promise(body, index, second))}
        return entry


def body_v1(digest: bytes, signature: bytes, pem: bytes) -> bytes:
    """Version 0.0.1 of hashedrekord: who signed which digest."""
    return canonical(
        {
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": {"hash": {"algorithm": "sha256", "value": digest.hex()}},
                "signature": {"content": base64_text(signature), "publicKey": {"content": base64_text(pem)}},
            },
        }
    )


def dsse_v1(envelope: bytes, payload: bytes, signature: bytes, pem: bytes) -> bytes:
    """Version 0.0.1 of dsse: who signed which payload; `envelope` is the envelope as it was sent."""
    return canonical(
        {
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": {"algorithm": "sha256", "value": sha256(envelope).hexdigest()},
                "payloadHash": {"algorithm": "sha256", "value": sha256(payload).hexdigest()},
                "signatures": [{"signature": base64_text(signature), "verifier": base64_text(pem)}],
            },
        }
    )


def body_v2(digest: bytes, signature: bytes, certificate: bytes) -> bytes:
    """Version 0.0.2 of hashedrekord, for bytes and for envelopes (where the digest is that of the PAE)."""
    return canonical(
        {
            "apiVersion": "0.0.2",
            "kind": "hashedrekord",
            "spec": {
                "hashedRekordV002": {
                    "data": {"algorithm": "SHA2_256", "digest": base64_text(digest)},
                    "signature": {
                        "content": base64_text(signature),
                        "verifier": {
                            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                            "x509Certificate": {"rawBytes": base64_text(certificate)},
                        },
                    },
                }
            },
        }
    )


def body_of_v1_request(request: dict[str, Any]) -> bytes:
    """The canonical body of what a client proposes to Rekor v1. Raises `KeyError`, `ValueError` for nonsense."""
    if request["kind"] == "hashedrekord":
        spec = request["spec"]
        signature = base64.b64decode(spec["signature"]["content"])
        pem = base64.b64decode(spec["signature"]["publicKey"]["content"])
        return body_v1(bytes.fromhex(spec["data"]["hash"]["value"]), signature, pem)
    proposed = request["spec"]["proposedContent"]
    envelope = json.loads(proposed["envelope"])
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    pem = base64.b64decode(proposed["verifiers"][0])
    return dsse_v1(proposed["envelope"].encode("utf-8"), base64.b64decode(envelope["payload"]), signature, pem)


def body_of_v2_request(request: dict[str, Any]) -> bytes:
    """The canonical body of what a client proposes to Rekor v2. Raises `KeyError`, `ValueError` for nonsense."""
    asked = request["hashedRekordRequestV002"]
    signature = asked["signature"]
    certificate = base64.b64decode(signature["verifier"]["x509Certificate"]["rawBytes"])
    return body_v2(base64.b64decode(asked["digest"]), base64.b64decode(signature["content"]), certificate)
