"""Bundles that sigstore's client lets pass: keys out of their time, names of no log, labels that do not fit.

Gives:   more of `BUNDLES`, each of which makes a `Case`.
Ignores: what the client refuses by itself.
"""

from __future__ import annotations

import base64
from typing import Any

from cryptography import x509

from hostile.bundling import (
    BUNDLES,
    DAY,
    ENTRY,
    NEW,
    PROOF,
    add,
    edit,
    put,
)
from hostile.case import Case, signed
from hostile.forge import (
    SAN,
    SIGNED,
    Edit,
    b64,
)
from hostile.policies import ROOT_FILE


def rooted(name: str, code: str, change: Edit, **how: Any) -> None:
    """An attack that a closed window of the trusted root has to stop."""

    def make() -> Case:
        case = signed(**how)
        case.root = change
        return case

    BUNDLES.add(name, "strict", code, make)


def window(*path: Any, **times: Any) -> Edit:
    """Set the window in which something of the trusted root is valid."""

    def change(root: Any) -> None:
        value = root
        for part in path:
            value = value[part]
        value["validFor"] = {word: time.strftime("%Y-%m-%dT%H:%M:%SZ") for word, time in times.items()}

    return change


_LONG = SIGNED - 300 * DAY
rooted(
    "the authority had been retired when it issued",
    "T131",
    window("certificateAuthorities", 0, start=_LONG, end=SIGNED - DAY),
)
rooted("the authority began after it issued", "T131", window("certificateAuthorities", 0, start=SIGNED + DAY))
rooted(
    "the log had been retired when it logged", "T131", window("tlogs", 0, "publicKey", start=_LONG, end=SIGNED - DAY)
)
rooted("the log began after it logged", "T131", window("tlogs", 0, "publicKey", start=SIGNED + DAY))
rooted(
    "the newer log had been retired when it logged",
    "T131",
    window("tlogs", 1, "publicKey", start=_LONG, end=SIGNED - DAY),
    log="rekor2",
    log_edwards=True,
    **NEW,
)
rooted(
    "the certificates' log had been retired", "T131", window("ctlogs", 0, "publicKey", start=_LONG, end=SIGNED - DAY)
)
rooted("the certificates' log began later", "T131", window("ctlogs", 0, "publicKey", start=SIGNED + DAY))
add("the certificate was logged under a name that no log has", "strict", "T133", sct_log_id=bytes(32))
BUNDLES.add(
    "it was logged under a name that no log has",
    "strict",
    "T130",
    lambda: signed(
        note=lambda text: _renamed_note(text),
        bundle=put(*ENTRY, "logId", "keyId", to=b64(b"\1" * 32)),
        promise=put("logID", to=(b"\1" * 32).hex()),
    ),
)
edit(
    "the digest is said to be another algorithm's",
    "strict",
    "T136",
    put("messageSignature", "messageDigest", "algorithm", to="SHA2_512"),
)
add("the certificate says no issuer", "strict identity", "T137", issuer=None, issuer_v2=None)
add("the certificate says two issuers", "strict", "T137", issuer="https://evil.test")
edit("the proof is of a tree larger than the checkpoint's", "strict", "T139", put(*PROOF, "treeSize", to="12"))
add(
    "the certificate has two names",
    "strict",
    "T138",
    sans=(x509.UniformResourceIdentifier(SAN), x509.RFC822Name("ada@acme.test")),
)


def _renamed_note(text: str) -> str:
    """A note whose signature says that it is of a log that nobody has heard of; sigstore then tries all keys."""
    head, _, signature = text.rstrip("\n").rpartition(" ")
    return f"{head} {b64(bytes([1]) * 4 + base64.b64decode(signature)[4:])}\n"


@BUNDLES.by("strict", "T129")
def it_was_signed_after_now() -> Case:
    case = signed()
    case.now = SIGNED - DAY
    return case


@BUNDLES.by("bundle strict reading", "T121")
def the_trusted_root_was_exchanged_after_the_policy_was_read() -> Case:
    case = signed()
    case.later = lambda folder: (folder / ROOT_FILE).write_bytes(case.root_text() + b" ")
    return case
