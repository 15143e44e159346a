"""Step 1: what is claimed can only be read in one way, and not too much of it.

Takes:   the claims, as bytes.
Gives:   findings T101 to T103 and T106; evidence of how much was read.
Why so:  whoever reads a key twice, or base64 loosely, reads something else than whoever signed it.
Ignores: what the claims say.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from penstock_trust import dsse
from penstock_trust.facts import Evidence
from penstock_trust.refusal import Refusal
from penstock_trust.strict import base64_of, json_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_trust.case import Case
    from penstock_trust.claims import Found

_U64 = re.compile(r"0|[1-9][0-9]{0,19}")

# The shape of a bundle: key -> what it holds; a list of one holds many of that; "?" says that it may be left out.
_CERTIFICATE = {"rawBytes": "base64"}
_SIGNATURE = {"sig": "base64", "keyid?": "text"}
_ENTRY = {
    "logIndex": "u64",
    "logId": {"keyId": "base64"},
    "kindVersion": {"kind": "text", "version": "text"},
    "integratedTime?": "u64",
    "inclusionPromise?": {"signedEntryTimestamp": "base64"},
    "inclusionProof": {
        "logIndex": "u64",
        "rootHash": "base64",
        "treeSize": "u64",
        "hashes": ["base64"],
        "checkpoint": {"envelope": "text"},
    },
    "canonicalizedBody": "base64",
}
BUNDLE: dict[str, Any] = {
    "mediaType": "text",
    "verificationMaterial": {
        "certificate?": _CERTIFICATE,
        "x509CertificateChain?": {"certificates": [_CERTIFICATE]},
        "tlogEntries": [_ENTRY],
        "timestampVerificationData?": {"rfc3161Timestamps?": [{"signedTimestamp": "base64"}]},
    },
    "messageSignature?": {"messageDigest?": {"algorithm": "text", "digest": "base64"}, "signature": "base64"},
    "dsseEnvelope?": {"payload": "base64", "payloadType": "text", "signatures": [_SIGNATURE]},
}
MANY = 64  # of anything that a bundle lists
LONGEST = 16_384  # characters of a text that is not base64; a checkpoint has a few hundred


def limits(case: Case) -> Iterator[Evidence]:
    """Read every claim strictly."""
    for found in case.found:
        read_strictly(found)
    total = sum(len(found.text) for found in case.found)
    many = len(case.found)
    said = f"{many} claim{'' if many == 1 else 's'}, each readable in one way only"
    yield Evidence("limits", said, {"claims": [found.source for found in case.found], "bytes": total})


def read_strictly(found: Found) -> None:
    """Refuse a claim that can be read in two ways (T101, T102, T103, T106)."""
    what = f"`{os.path.basename(found.source)}`"
    value = json_of(found.text, what)
    if found.kind == "key":
        payload: bytes | None = dsse.of_json(value, what, code="T106").payload
    else:
        _shaped(value, BUNDLE, what, "")
        envelope = value.get("dsseEnvelope")
        payload = None if envelope is None else base64_of(envelope["payload"], what)
    if payload is not None:
        json_of(payload, f"the statement in {what}")


def _shaped(value: Any, shape: Any, what: str, at: str) -> None:
    """Refuse a value that has not this shape."""
    if isinstance(shape, dict):
        _members(value, shape, what, at)
    elif isinstance(shape, list):
        if not isinstance(value, list) or len(value) > MANY:
            raise Refusal("T106", f"{what} has at `{at}` no list of at most {MANY}")
        for index, one in enumerate(value):
            _shaped(one, shape[0], what, f"{at}/{index}")
    elif not isinstance(value, str) or (shape == "text" and len(value) > LONGEST):
        raise Refusal("T106", f"{what} has at `{at}` no text of at most {LONGEST} characters")
    elif shape == "base64":
        base64_of(value, f"`{at}` of {what}")
    elif shape == "u64" and not (_U64.fullmatch(value) and int(value) < 1 << 63):
        raise Refusal("T106", f"{what} has at `{at}` no whole number that a log could mean")


def _members(value: Any, shape: dict[str, Any], what: str, at: str) -> None:
    if not isinstance(value, dict):
        raise Refusal("T106", f"{what} has at `{at or '/'}` no object")
    wanted = {key.rstrip("?"): (inner, key.endswith("?")) for key, inner in shape.items()}
    for key in value:
        if key not in wanted:
            raise Refusal("T106", f"{what} has at `{at}/{key[:60]}` something that no bundle has")
    for key, (inner, optional) in wanted.items():
        if key in value:
            _shaped(value[key], inner, what, f"{at}/{key}")
        elif not optional:
            raise Refusal("T106", f"{what} lacks `{at}/{key}`")
