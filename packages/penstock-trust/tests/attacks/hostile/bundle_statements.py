"""Statements about a wheel that are not those that were asked for.

Gives:   more of `BUNDLES`, each of which makes a `Case`.
Ignores: signatures of the bytes of a wheel.
"""

from __future__ import annotations

import base64
from typing import Any

from hostile.bundling import (
    BUNDLES,
    SLSA,
    flipped,
    put,
    uri,
)
from hostile.case import Case, bundle_of, signed
from hostile.forge import (
    SAN,
    Edit,
    b64,
    key,
)

_ASKED = f'attestations = ["{SLSA}"]'


def stated(name: str, step: str, code: str, **how: Any) -> None:
    """An attack on a statement, beside a wheel whose signature is in order."""

    def make() -> Case:
        case = signed()
        case.more = _ASKED
        case.bundles.append(bundle_of(case, dsse=True, **how))
        return case

    BUNDLES.add(name, step, code, make)


def subject(**said: Any) -> Edit:
    """Change the subject of a statement."""
    return lambda statement: statement["subject"][0].update(said)


stated("the statement is about other bytes", "subject", "T114", statement=subject(digest={"sha256": "ab" * 32}))
stated(
    "the statement is about a file of another name",
    "subject",
    "T113",
    statement=subject(name="acme_flow-1.3.0-py3-none-any.whl"),
)
stated(
    "the statement gives one name two digests",
    "subject",
    "T112",
    statement=lambda said: said["subject"].append({**said["subject"][0], "digest": {"sha256": "ab" * 32}}),
)
stated(
    "the statement knows the wheel by a weak digest only",
    "subject",
    "T112",
    statement=subject(digest={"sha1": "ab" * 20}),
)
stated("the statement is about nothing", "subject", "T112", statement=put("subject", to=[]))
stated(
    "the statement is of an old version",
    "subject",
    "T112",
    statement=put("_type", to="https://in-toto.io/Statement/v0.1"),
)
stated("the statement says more than statements say", "subject", "T112", statement=put("trusted", to=True))
stated("what is signed is no statement", "subject", "T112", payload_type="application/json")
stated("the statement has a key twice", "limits", "T102", statement_text=lambda text: b'{"subject": [], ' + text[1:])
stated("the statement is signed by another key than the certificate's", "bundle", "T122", signer=key("somebody"))
stated(
    "the statement was changed after it was signed",
    "bundle",
    "T122",
    bundle=put(
        "dsseEnvelope",
        "payload",
        to=lambda text: b64(base64.b64decode(text).replace(b"acme.test/build/v1", b"evil.test/build/v1")),
    ),
)
stated(
    "the statement's type was changed after it was signed",
    "subject bundle",
    "T112",
    bundle=put("dsseEnvelope", "payloadType", to="text/plain"),
)
stated(
    "the statement is signed twice",
    "bundle",
    "T122",
    bundle=lambda made: made["dsseEnvelope"]["signatures"].append({"sig": "AAAA"}),
)
stated("the log has another statement", "bundle", "T122", body=put("spec", "payloadHash", "value", to="ab" * 32))
stated(
    "the log has another signature of the statement",
    "bundle",
    "T122",
    body=put("spec", "signatures", 0, "signature", to=flipped),
)
stated(
    "the log has the digest of the statement without its type",
    "bundle",
    "T122",
    rekor=2,
    tsa=True,
    body=put("spec", "hashedRekordV002", "data", "digest", to=b64(bytes(32))),
)
stated(
    "the statement is of another type than was asked for",
    "attestations",
    "T150",
    predicate_type="https://slsa.dev/provenance/v0.2",
)
stated(
    "the statement's type only begins like the one that was asked for",
    "attestations",
    "T150",
    predicate_type=SLSA + "/",
)
stated(
    "the statement is by somebody who may not attest",
    "attestations",
    "T150",
    san=uri(SAN.replace("release.yml", "test.yml")),
)


@BUNDLES.by("attestations", "T150")
def a_statement_that_was_asked_for_is_not_there() -> Case:
    case = signed()
    case.more = _ASKED
    return case


@BUNDLES.by("policy", "T324")
def a_statement_about_the_wheel_is_no_signature_of_it() -> Case:
    """Whoever built it has attested that, and nobody has released it."""
    return signed(dsse=True)
