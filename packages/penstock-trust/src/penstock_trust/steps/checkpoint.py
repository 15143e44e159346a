"""Read the checkpoint of a log, and check by which key it is signed.

Takes:   the text of a checkpoint (a signed note), a log of the root.
Gives:   `size_of`, `names_its_log`, `signed_by`.
Source:  https://github.com/transparency-dev/formats/blob/main/log/README.md
Ignores: the tree below it; sigstore walks the path.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

_SIGNATURE = re.compile(r"\u2014 (\S+) (\S+)\n")  # as sigstore reads them

if TYPE_CHECKING:
    from penstock_trust.reading import Reading
    from penstock_trust.roots import LogKey


def size_of(text: str) -> int:
    """How many entries the tree has, -1 for a checkpoint that cannot be read."""
    lines = text.split("\n")
    sized = len(lines) > 2 and lines[1].isascii() and lines[1].isdigit() and len(lines[1]) < 20
    return int(lines[1]) if sized else -1


def names_its_log(text: str, log_id: str) -> bool:
    """Whether what the log of this id (hex) signed bears the log's name: nothing signs the name beside a signature."""
    note, _, block = text.partition("\n\n")
    origin = note.partition("\n")[0].partition(" ")[0]
    named = [(name, base64.b64decode(signature)[:4].hex()) for name, signature in _SIGNATURE.findall(block)]
    return all(name == origin for name, hint in named if hint == log_id[:8])


def signed_by(reading: Reading, log: LogKey) -> bool:
    """Whether this very log signed the checkpoint of the entry.

    Only asked of logs whose id is not the digest of their key; for those sigstore tries every key that it has.
    """
    text: str = reading.entry["inclusionProof"]["checkpoint"]["envelope"]
    note, _, block = text.partition("\n\n")
    for line in block.splitlines():
        signature = base64.b64decode(line.rsplit(" ", 1)[-1])
        if signature[:4].hex() == log.id[:8] and _holds(log.key, signature[4:], note.encode("utf-8") + b"\n"):
            return True
    return False


def _holds(der: bytes, signature: bytes, said: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    key = load_der_public_key(der)
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, said)
        elif isinstance(key, EllipticCurvePublicKey):
            key.verify(signature, said, ECDSA(SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True
