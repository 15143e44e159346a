"""Envelopes that a key has signed, or not.

Gives:   more of `BUNDLES`, each of which makes a `Case`.
Ignores: sigstore.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from hostile.archive import wheel_of
from hostile.bundling import (
    BUNDLES,
    SLSA,
    flipped,
    keyed,
    put,
)
from hostile.case import FACTORY, SECURITY, Case
from hostile.denials import private_key
from hostile.forge import (
    b64,
)


def held(name: str, step: str, code: str, **how: Any) -> None:
    """An attack on an envelope of a key."""
    BUNDLES.add(name, step, code, lambda: keyed(**how))


def _renamed(made: Any) -> None:
    made["signatures"][0]["keyid"] = private_key(FACTORY).public.id


def _other_wheel(case: Case) -> None:
    case.wheel = wheel_of({"acme_flow/nodes.py": b"raise SystemExit('owned')\n"})


held("a key that nobody named signed", "bundle", "T124", by="stranger")
held("a key that nobody named signed in another's name", "bundle", "T125", by="stranger", envelope=_renamed)
held("a bit of the key's signature is turned over", "bundle", "T125", envelope=put("signatures", 0, "sig", to=flipped))
held(
    "the key's signature is cut short",
    "bundle",
    "T125",
    envelope=put("signatures", 0, "sig", to=lambda text: b64(base64.b64decode(text)[:63])),
)
held(
    "the key's signature is longer",
    "bundle",
    "T125",
    envelope=put("signatures", 0, "sig", to=lambda text: b64(base64.b64decode(text) + b"\0")),
)
held("the key of the deny list signed a wheel", "identity", "T140", by=SECURITY)
held("the key signed another wheel", "subject", "T114", more=_other_wheel)
held("the key's statement has no signature", "limits bundle", "T106", envelope=put("signatures", to=[]))
held(
    "the key's statement has seventeen signatures",
    "limits",
    "T106",
    envelope=lambda made: made["signatures"].extend(made["signatures"] * 16),
)
held("the key's statement has a field more", "limits", "T106", envelope=put("trusted", to=True))
held(
    "the key's statement has odd base64",
    "limits",
    "T106",
    envelope=put("signatures", 0, "sig", to=lambda text: text[:60] + "\n" + text[60:]),
)
held(
    "the key's statement has a key twice",
    "limits",
    "T102",
    more=lambda case: case.bundles.__setitem__(0, b'{"payloadType": "x", ' + json.dumps(case.bundles[0]).encode()[1:]),
)
held("the key signed no statement", "subject", "T112", kind="text/plain")
held("the key attested a build and released nothing", "policy", "T324", change=put("predicateType", to=SLSA))
held(
    "a byte moved from the statement to its type",
    "subject bundle",
    "T112",
    envelope=lambda made: made.update(payloadType=made["payloadType"] + " "),
)
held(
    "a key stands where a sigstore is wanted",
    "identity",
    "T140",
    more=lambda case: setattr(case, "signers", '{any = ["release"]}'),
)


@BUNDLES.by("bundle", "T125")
def one_of_two_keys_did_not_sign() -> Case:
    """Both are named; the signature of the second is a copy of the first's."""
    case = keyed()
    first = case.bundles[0]["signatures"][0]
    case.bundles[0]["signatures"].append({"keyid": private_key(SECURITY).public.id, "sig": first["sig"]})
    return case
