"""Wheels that are on the deny list, and deny lists that nobody may believe, seen from a wheel.

Gives:   more of `BUNDLES`, each of which makes a `Case`.
Ignores: deny lists by themselves (`denials`).
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from typing import Any

from hostile.archive import files_of as wheel_files
from hostile.bundling import (
    BUNDLES,
    keyed,
    seen,
    version_of,
)
from hostile.case import FACTORY, Case, signed
from hostile.denials import private_key, signed_list
from hostile.forge import (
    ISSUER,
    SAN,
    Edit,
    key,
    key_id,
    nothing,
)

_DENY = '[deny]\nfile = "deny.json"\nsigners = ["security"]\nmax-age = "7d"'


def denied(
    name: str, code: str, row: Callable[[Case], dict[str, Any]], make: Callable[[], Case] = signed, **said: Any
) -> None:
    """A wheel that is on the list."""

    def made() -> Case:
        case = make()
        case.more += "\n" + _DENY
        case.deny = signed_list(row(case), **said)
        return case

    BUNDLES.add(name, "deny", code, made)


def certificate(case: Case) -> bytes:
    """The certificate of its first bundle."""
    return base64.b64decode(case.bundles[0]["verificationMaterial"]["certificate"]["rawBytes"])


denied("the wheel is denied", "T350", lambda case: {"kind": "wheel", "sha256": hashlib.sha256(case.wheel).hexdigest()})
denied(
    "a file of the wheel is denied",
    "T351",
    lambda case: {"kind": "file", "sha256": hashlib.sha256(wheel_files()["acme_flow/nodes.py"]).hexdigest()},
)
denied(
    "the version is denied", "T352", lambda case: {"kind": "version", "name": "acme-flow", "versions": ">=1.2,<1.2.1"}
)
denied("every version is denied", "T352", lambda case: {"kind": "version", "name": "acme-flow", "versions": ">=0"})
denied(
    "the range holds what comes before its end",
    "T352",
    lambda case: {"kind": "version", "name": "acme-flow", "versions": "<2"},
    lambda: version_of("1.3rc1"),
)
denied("the signer is denied", "T353", lambda case: {"kind": "identity", "issuer": ISSUER, "uri": SAN})
denied(
    "the signer's repository is denied",
    "T353",
    lambda case: {"kind": "identity", "issuer": ISSUER, "repository-id": "4711"},
)
denied(
    "the certificate is denied",
    "T354",
    lambda case: {"kind": "certificate", "sha256": hashlib.sha256(certificate(case)).hexdigest()},
)
denied("the key is denied", "T355", lambda case: {"kind": "key", "key": str(private_key(FACTORY).public)}, keyed)
denied(
    "the key is denied by its id", "T355", lambda case: {"kind": "key", "key": private_key(FACTORY).public.id}, keyed
)
denied(
    "the key is denied since some time, and nobody knows when it signed",
    "T355",
    lambda case: {"kind": "key", "key": private_key(FACTORY).public.id, "effective-from": "2026-11-22T11:00:00Z"},
    keyed,
)
denied(
    "the log entry is denied",
    "T356",
    lambda case: {"kind": "log-entry", "log-id": key_id(key("rekor")).hex(), "index": 5},
)
denied(
    "the signer is denied since the moment in which it signed",
    "T353",
    lambda case: {"kind": "identity", "issuer": ISSUER, "uri": SAN, "effective-from": "2026-11-20T09:30:00Z"},
)
denied(
    "the version is denied since now",
    "T352",
    lambda case: {
        "kind": "version",
        "name": "acme-flow",
        "versions": "==1.2",
        "effective-from": "2026-11-22T12:00:00Z",
    },
)


def undeniable(name: str, code: str, change: Edit = nothing, /, **said: Any) -> None:
    """A deny list that is missing, or not to be believed."""

    def made() -> Case:
        case = signed()
        case.more = _DENY
        case.deny = signed_list(**said)
        change(case)
        return case

    BUNDLES.add(name, "deny", code, made)


undeniable("the deny list is gone", "T340", lambda case: setattr(case, "deny", None))
undeniable("the deny list is empty", "T341", lambda case: setattr(case, "deny", b""))
undeniable(
    "the deny list is a folder",
    "T340",
    lambda case: (
        setattr(case, "deny", None),
        setattr(case, "after", lambda folder: (folder / "deny.json").mkdir(exist_ok=True)),
    ),
)
undeniable(
    "the deny list is a pipe",
    "T340",
    lambda case: (setattr(case, "deny", None), setattr(case, "after", lambda folder: os.mkfifo(folder / "deny.json"))),
)
undeniable("the deny list has ended", "T343", expires="2026-11-22T11:59:59Z")
undeniable("the deny list is too old", "T344", issued="2026-11-10T00:00:00Z")
undeniable("the deny list is older than one that was here", "T345", seen(lists={"site-deny": (13, "")}))

undeniable(
    "the deny list was rolled back, and the policy has its name",
    "T345",
    seen({"acme": (1, "0" * 64)}, {"acme": (13, "")}),
    name="acme",
)
