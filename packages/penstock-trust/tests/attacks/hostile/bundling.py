"""Make cases with one thing wrong about a bundle, in a line each.

Gives:   `BUNDLES`, which the modules `bundle_*` fill; `add`, `edit`, `text`, which enter an attack; `put`, `without` and the
         places in a bundle that they change; `keyed`, `version_of`, `requiring`: cases with a key, a version, requirements.
Ignores: what is an attack.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography import x509

from hostile.archive import wheel_of
from hostile.attack import Collection
from hostile.case import FACTORY, Case, signed
from hostile.denials import private_key
from hostile.forge import (
    WORKFLOW,
    Edit,
    b64,
    nothing,
)
from penstock_trust import dsse
from penstock_trust.predicates import RELEASE
from penstock_trust.seen import Seen

BUNDLES = Collection("bundle")
DAY = timedelta(days=1)


def add(name: str, step: str, code: str, **how: Any) -> None:
    """An attack on how a bundle is made."""
    BUNDLES.add(name, step, code, lambda: signed(**how))


def edit(name: str, step: str, code: str, change: Edit, **how: Any) -> None:
    """An attack on a bundle that is made."""
    BUNDLES.add(name, step, code, lambda: signed(bundle=change, **how))


def text(name: str, step: str, code: str, change: Callable[[bytes], bytes], **how: Any) -> None:
    """An attack on the text of a bundle."""

    def make() -> Case:
        case = signed(**how)
        case.bundles = [change(json.dumps(case.bundles[0]).encode())]
        return case

    BUNDLES.add(name, step, code, make)


def entry(bundle: Any) -> Any:
    """The log entry of a bundle."""
    return bundle["verificationMaterial"]["tlogEntries"][0]


def proof(bundle: Any) -> Any:
    """Its proof."""
    return entry(bundle)["inclusionProof"]


def put(*path: Any, to: Any) -> Edit:
    """Change one value; a function is handed what was there."""

    def change(value: Any) -> None:
        for part in path[:-1]:
            value = value[part]
        value[path[-1]] = to(value[path[-1]]) if callable(to) else to

    return change


def without(*path: Any) -> Edit:
    """Take one value out."""

    def change(value: Any) -> None:
        for part in path[:-1]:
            value = value[part]
        del value[path[-1]]

    return change


def flipped(text: str) -> str:
    """Base64 of the same length, one bit in the middle of the bytes turned over."""
    data = bytearray(base64.b64decode(text))
    data[len(data) // 2] ^= 1
    return b64(bytes(data))


MATERIAL, ENTRY = ("verificationMaterial",), ("verificationMaterial", "tlogEntries", 0)
PROOF, PROMISE = (*ENTRY, "inclusionProof"), (*ENTRY, "inclusionPromise", "signedEntryTimestamp")
SIGNATURE, CERTIFICATE = ("messageSignature", "signature"), (*MATERIAL, "certificate", "rawBytes")
STAMPS = (*MATERIAL, "timestampVerificationData", "rfc3161Timestamps")
SLSA = "https://slsa.dev/provenance/v1"
NEW: dict[str, Any] = {"rekor": 2, "tsa": True}  # the newer log, which says no time


def uri(name: str) -> x509.GeneralName:
    """A SAN."""
    return x509.UniformResourceIdentifier(name)


def keyed(
    by: str = FACTORY,
    change: Edit = nothing,
    envelope: Edit = nothing,
    kind: str = dsse.IN_TOTO,
    more: Edit = nothing,
    wheel: bytes | None = None,
) -> Case:
    """A wheel that a key has signed, as shops without a network do."""
    case = Case(wheel=wheel_of() if wheel is None else wheel, signers='{any = ["factory"]}')
    said = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": case.filename, "digest": {"sha256": hashlib.sha256(case.wheel).hexdigest()}}],
        "predicateType": RELEASE,
        "predicate": {},
    }
    change(said)
    made = json.loads(dsse.write(dsse.sign(kind, json.dumps(said).encode(), private_key(by))))
    envelope(made)
    case.bundles = [made]
    more(case)
    return case


def version_of(version: str) -> Case:
    """A wheel of another version, signed as its releases are."""
    return signed(
        wheel_of(version=version),
        filename=f"acme_flow-{version}-py3-none-any.whl",
        san=uri(f"{WORKFLOW}@refs/tags/v{version}"),
    )


def requiring(*lines: str) -> Callable[[], Case]:
    """A wheel with these requirements."""
    text = "Metadata-Version: 2.1\nName: acme-flow\nVersion: 1.2.0\n" + "".join(
        f"Requires-Dist: {line}\n" for line in lines
    )
    return lambda: signed(wheel_of({"acme_flow-1.2.0.dist-info/METADATA": text.encode()}))


def seen(policies: dict[str, tuple[int, str]] | None = None, lists: dict[str, tuple[int, str]] | None = None) -> Edit:
    """Say what was used here before."""
    return lambda case: setattr(case, "seen", Seen(policies or {}, lists or {}))
