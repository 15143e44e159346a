"""Deny lists that would let a denied wheel pass, and have to be refused whole.

Gives:   `DENIALS`: each attack makes a `Listing`; `payload_of`, `signed_list`, which make a list that is in order.
Ignores: what a list hits (`bundles`).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hostile.attack import Collection
from hostile.forge import NOW, Edit, b64, nothing
from penstock_trust import dsse
from penstock_trust.deny.model import PAYLOAD_TYPE
from penstock_trust.keys import PrivateKey, PublicKey
from penstock_trust.policy.model import DenyRules

DENIALS = Collection("deny list")
SECURITY = "security"
DAY = 86_400.0


def private_key(seed: str) -> PrivateKey:
    """An Ed25519 key, the same for the same seed."""
    return PrivateKey.from_seed(hashlib.sha256(seed.encode()).digest())


def payload_of(*rows: dict[str, Any]) -> dict[str, Any]:
    """What a list says."""
    return {
        "schema": 1,
        "name": "site-deny",
        "sequence": 12,
        "issued": "2026-11-21T08:00:00Z",
        "expires": "2026-12-21T08:00:00Z",
        "deny": list(rows),
    }


def signed_list(*rows: dict[str, Any], **said: Any) -> bytes:
    """A list, signed by who may."""
    return dsse.write(
        dsse.sign(PAYLOAD_TYPE, json.dumps({**payload_of(*rows), **said}).encode(), private_key(SECURITY))
    )


def _keys() -> dict[str, PublicKey]:
    return {SECURITY: private_key(SECURITY).public}


@dataclass(slots=True)
class Listing:
    """The bytes of a list, and what it is held against."""

    data: bytes
    now: datetime = NOW
    keys: dict[str, PublicKey] = field(default_factory=_keys)
    seen: dict[str, tuple[int, str]] = field(default_factory=dict)
    rules: DenyRules = field(default_factory=lambda: DenyRules("deny.json", (SECURITY,), 7 * DAY))


def _made(
    edit: Edit = nothing, *, by: str = SECURITY, kind: str = PAYLOAD_TYPE, envelope: Edit = nothing, **more: Any
) -> Listing:
    said = payload_of({"kind": "version", "name": "acme-flow", "versions": "<1.1"})
    edit(said)
    made = json.loads(dsse.write(dsse.sign(kind, json.dumps(said).encode(), private_key(by))))
    envelope(made)
    return Listing(json.dumps(made).encode(), **more)


def _add(name: str, step: str, code: str, make: Callable[[], Listing]) -> None:
    DENIALS.add(name, step, code, make)


def _signature(envelope: Any) -> Any:
    return envelope["signatures"][0]


def _empty(envelope: Any) -> None:
    """Somebody takes the entries out of a list that was signed."""
    envelope["payload"] = b64(json.dumps(payload_of()).encode())


def _moved(envelope: Any) -> None:
    """A byte moves from the payload to its type: without lengths, what is signed would be the same."""
    payload = base64.b64decode(envelope["payload"])
    envelope["payloadType"] += " " + payload[:1].decode()
    envelope["payload"] = b64(payload[1:])


def _flip(envelope: Any) -> None:
    data = bytearray(base64.b64decode(_signature(envelope)["sig"]))
    data[40] ^= 1
    _signature(envelope)["sig"] = b64(bytes(data))


_add("an older list is put back", "sequence", "T345", lambda: _made(seen={"site-deny": (13, "")}))
_add("another list of the same number", "sequence", "T345", lambda: _made(seen={"site-deny": (12, "0" * 64)}))
_add("a list that ended", "expiry", "T343", lambda: _made(lambda said: said.update(expires="2026-11-22T12:00:00Z")))
_add(
    "a list that is older than the policy wants",
    "age",
    "T344",
    lambda: _made(lambda said: said.update(issued="2026-11-15T11:00:00Z")),
)
_add(
    "a list of tomorrow, so that it stays young",
    "issued",
    "T346",
    lambda: _made(lambda said: said.update(issued="2026-11-23T12:00:00Z")),
)
_add("a list that is signed as something else", "kind", "T341", lambda: _made(kind="application/vnd.in-toto+json"))
_add("a list that a stranger signed", "signature", "T342", lambda: _made(by="stranger"))
_add(
    "a list that a stranger signed in our name",
    "signature",
    "T342",
    lambda: _made(by="stranger", envelope=lambda made: _signature(made).update(keyid=private_key(SECURITY).public.id)),
)
_add(
    "a list that nobody named signed",
    "signature",
    "T342",
    lambda: _made(by="stranger", envelope=lambda made: _signature(made).pop("keyid")),
)
_add("a list whose entries were taken out", "signature", "T342", lambda: _made(envelope=_empty))
_add("a list with a bit of its signature turned over", "signature", "T342", lambda: _made(envelope=_flip))
_add(
    "a list with another one's signature",
    "signature",
    "T342",
    lambda: _made(envelope=lambda made: _signature(made).update(sig=json.loads(signed_list())["signatures"][0]["sig"])),
)
_add("a list for which no key counts", "signature", "T342", lambda: _made(keys={}))
_add(
    "a list with an empty signature",
    "signature",
    "T342",
    lambda: _made(envelope=lambda made: _signature(made).update(sig="")),
)
_add("a list without a signature", "reading", "T341", lambda: _made(envelope=lambda made: made["signatures"].clear()))
_add("a list whose type has a piece of its text", "reading", "T341", lambda: _made(envelope=_moved))
_add(
    "a list that misspells what it denies",
    "reading",
    "T341",
    lambda: _made(lambda said: said["deny"][0].update(version="<2")),
)
_add(
    "a list that denies a kind that nobody knows",
    "reading",
    "T341",
    lambda: _made(lambda said: said["deny"][0].update(kind="package")),
)
_add(
    "a list that denies a range that nobody can read",
    "reading",
    "T341",
    lambda: _made(lambda said: said["deny"][0].update(versions="<<1")),
)
_add("a list that never ends", "reading", "T341", lambda: _made(lambda said: said.pop("expires")))
_add("a list of a schema of the future", "reading", "T341", lambda: _made(lambda said: said.update(schema=2)))
_add(
    "a list that holds a key twice",
    "reading",
    "T341",
    lambda: Listing(
        dsse.write(
            dsse.sign(
                PAYLOAD_TYPE,
                json.dumps(payload_of()).replace('"deny": []', '"deny": [{"kind": "wheel"}], "deny": []').encode(),
                private_key(SECURITY),
            )
        )
    ),
)
_add(
    "an envelope with a second payload", "reading", "T341", lambda: Listing(b'{"payload": "e30=", ' + _made().data[1:])
)
