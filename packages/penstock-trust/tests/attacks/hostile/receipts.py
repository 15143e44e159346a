"""Receipts that nobody gave, or that say something else than a receipt.

Gives:   `RECEIPTS`: each attack makes the bytes of a receipt; `honest`, one that is in order; `KEYS`, whose receipts count.
Ignores: whether a receipt fits what is installed (`loads`).
"""

from __future__ import annotations

import base64
import json
from datetime import timezone
from functools import cache
from typing import Any

from hostile.attack import Collection
from hostile.bundling import flipped, put
from hostile.denials import private_key
from hostile.forge import NOW, Edit, b64, nothing
from penstock_trust import dsse, receipt
from penstock_trust.facts import Accepted, FileFact, Hygiene, Identity, LogEntry, Proof, Subject
from penstock_trust.predicates import RELEASE

RECEIPTS = Collection("receipt")
HOUSE = "house"


@cache
def verdict() -> Accepted:
    """That a wheel was accepted."""
    subject = Subject("acme-flow", "1.2.0", "acme_flow-1.2.0-py3-none-any.whl", "ab" * 32, 4711)
    who = Identity("key", "factory", key="sha256:" + "cd" * 32)
    proof = Proof(subject, who, "key", NOW, ("factory",), RELEASE, {}, "ef" * 32, (LogEntry("ab" * 32, 5),))
    files = {
        "acme_flow/__init__.py": FileFact("12" * 32, 7),
        "acme_flow-1.2.0.dist-info/METADATA": FileFact("34" * 32, 8),
    }
    table = Hygiene(files, ("acme_flow",), (("penstock", "acme-flow", "acme_flow"),))
    return Accepted(subject, (proof,), (), table, "56" * 32, NOW.astimezone(timezone.utc), "78" * 32, {"factory": "x"})


def honest() -> bytes:
    """A receipt."""
    return receipt.emit(verdict(), private_key(HOUSE), code={"cpython-311": "9a" * 32})


def _statement(data: bytes) -> Any:
    return json.loads(base64.b64decode(json.loads(data)["payload"]))


def saying(change: Edit, by: str = HOUSE, kind: str = dsse.IN_TOTO) -> bytes:
    """A receipt that says something else, and is signed like that."""
    said = _statement(honest())
    change(said)
    return dsse.write(dsse.sign(kind, json.dumps(said).encode(), private_key(by)))


def wrapped(change: Edit) -> bytes:
    """A receipt with another envelope around it, and the signature that it had."""
    made = json.loads(honest())
    change(made)
    return json.dumps(made).encode()


def _add(name: str, step: str, code: str, change: Edit, **how: Any) -> None:
    RECEIPTS.add(name, step, code, lambda: saying(change, **how))


def _other(made: Any) -> None:
    """The payload of another receipt, under the signature of this one."""
    said = _statement(honest())
    said["predicate"]["penstock"]["version"] = "9.9"
    made["payload"] = b64(json.dumps(said).encode())


def _in_our_name(made: Any) -> None:
    said = base64.b64decode(made["payload"])
    signature = private_key("stranger").sign(dsse.pae(dsse.IN_TOTO, said))
    made["signatures"] = [{"keyid": private_key(HOUSE).public.id, "sig": b64(signature)}]


P, OURS = ("predicate",), ("predicate", "penstock")

_add("a stranger signed the receipt", "signature", "T402", nothing, by="stranger")
RECEIPTS.add("a stranger signed the receipt in our name", "signature", "T402", lambda: wrapped(_in_our_name))
RECEIPTS.add("the receipt was edited and kept its signature", "signature", "T402", lambda: wrapped(_other))
RECEIPTS.add(
    "a bit of the receipt's signature is turned over",
    "signature",
    "T402",
    lambda: wrapped(put("signatures", 0, "sig", to=flipped)),
)
RECEIPTS.add(
    "the receipt has the signature of another type",
    "signature",
    "T402",
    lambda: wrapped(
        put("signatures", 0, "sig", to=lambda _: b64(private_key(HOUSE).sign(dsse.pae("text/plain", b""))))
    ),
)
_add("a wheel's own signature is taken for a receipt", "kind", "T405", put("predicateType", to=RELEASE))
_add(
    "a build attestation is taken for a receipt",
    "kind",
    "T405",
    put("predicateType", to="https://slsa.dev/provenance/v1"),
)
_add(
    "a later kind of verification summary is taken for a receipt",
    "kind",
    "T405",
    put("predicateType", to="https://slsa.dev/verification_summary/v2"),
)
_add("an older statement is taken for a receipt", "kind", "T405", put("_type", to="https://in-toto.io/Statement/v0.1"))
_add(
    "a checkpoint of the audit log is taken for a receipt",
    "kind",
    "T405",
    nothing,
    kind="application/vnd.penstock.audit-checkpoint+json",
)
_add("a deny list is taken for a receipt", "kind", "T405", nothing, kind="application/vnd.penstock.deny-list+json")
_add("the receipt says that the wheel was refused", "result", "T406", put(*P, "verificationResult", to="FAILED"))
_add("the receipt says neither yes nor no", "result", "T406", lambda said: said["predicate"].pop("verificationResult"))
_add("the receipt says yes in lower case", "result", "T406", put(*P, "verificationResult", to="passed"))
for _name, _change in {
    "the receipt is of a format of the future": put(*OURS, "format", to=2),
    "the receipt covers a file outside of the environment": lambda said: said["predicate"]["penstock"]["files"].update(
        {"../evil.py": "ab" * 32 + ":7"}
    ),
    "the receipt covers an absolute file": lambda said: said["predicate"]["penstock"]["files"].update(
        {"/etc/evil.py": "ab" * 32 + ":7"}
    ),
    "the receipt has a digest in capitals": lambda said: said["predicate"]["penstock"]["files"].update(
        {"acme_flow/__init__.py": "AB" * 32 + ":7"}
    ),
    "the receipt has a size below nought": lambda said: said["predicate"]["penstock"]["files"].update(
        {"acme_flow/__init__.py": "ab" * 32 + ":-7"}
    ),
    "the receipt loads in a way that nobody knows": put(*OURS, "load", to="whatever"),
    "the receipt is about two wheels": lambda said: said["subject"].append(said["subject"][0]),
    "the receipt has a time that is none": put(*P, "timeVerified", to="2026-02-30T00:00:00Z"),
    "the receipt has its files as a list": put(*OURS, "files", to=[]),
    "the receipt has nothing of ours in it": lambda said: said["predicate"].pop("penstock"),
    "the receipt has a log index in another script": put(*OURS, "signed", 0, "entries", 0, to="ab:\u0665"),
}.items():
    _add(_name, "reading", "T405", _change)
for _name, _make in {
    "the receipt is empty": lambda: b"",
    "the receipt has a key twice": lambda: b'{"payload": "e30=", ' + honest()[1:],
    "the receipt has no signature": lambda: wrapped(put("signatures", to=[])),
    "the receipt is nested beyond any stack": lambda: b"[" * 100_000,
}.items():
    RECEIPTS.add(_name, "reading", "T405", _make)
