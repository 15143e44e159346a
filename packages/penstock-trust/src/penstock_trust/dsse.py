"""Read, write and check DSSE envelopes: a payload, its type, and signatures over both.

Takes:   bytes of an envelope, or a payload to sign; Ed25519 keys.
Gives:   `Envelope`, `pae`, `sign`, `read`, `write`, `signers`.
Source:  https://github.com/secure-systems-lab/dsse, protocol 1.0.2.
Ignores: what the payload means, and envelopes inside sigstore bundles (`bundle`).
"""

from __future__ import annotations

from penstock_findings.fact import Fact
from penstock_trust.refusal import Refusal
from penstock_trust.strict import LIMIT, base64_of, base64_text, canonical, json_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock_trust.keys import PrivateKey, PublicKey

IN_TOTO = "application/vnd.in-toto+json"
SIGNATURES = 16  # an envelope has no more


class Signature(Fact):
    """One signature: `keyid` is only a hint, as nothing signs it."""

    keyid: str
    sig: bytes


class Envelope(Fact):
    """A payload with its type, and who says to have signed it."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]


def pae(payload_type: str, payload: bytes) -> bytes:
    """What is signed: type and payload, each with its length, so that nobody can move the border.

    >>> pae("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(payload_type: str, payload: bytes, *keys: PrivateKey) -> Envelope:
    """The payload, signed with each of the keys."""
    said = pae(payload_type, payload)
    return Envelope(payload_type, payload, tuple(Signature(key.public.id, key.sign(said)) for key in keys))


def write(envelope: Envelope) -> bytes:
    """The envelope as canonical JSON, with a line end."""
    return (
        canonical(
            {
                "payload": base64_text(envelope.payload),
                "payloadType": envelope.payload_type,
                "signatures": [{"keyid": each.keyid, "sig": base64_text(each.sig)} for each in envelope.signatures],
            }
        )
        + b"\n"
    )


def read(data: bytes, what: str, *, limit: int = LIMIT, code: str = "T102") -> Envelope:
    """The envelope in `data`, which must have exactly the keys that an envelope has; else a `Refusal` with `code`."""
    return of_json(json_of(data, what, limit=limit, code=code), what, code=code)


def of_json(value: object, what: str, *, code: str = "T102") -> Envelope:
    """The envelope that a JSON value spells; else a `Refusal` with `code`."""
    if not isinstance(value, dict) or value.keys() != {"payload", "payloadType", "signatures"}:
        raise Refusal(code, f"{what} is no DSSE envelope: it has other keys than payload, payloadType and signatures")
    kind, signatures = value["payloadType"], value["signatures"]
    if not isinstance(kind, str) or not kind or not isinstance(signatures, list):
        raise Refusal(code, f"{what} is no DSSE envelope: its type is no text, or its signatures are no list")
    if not 1 <= len(signatures) <= SIGNATURES:
        raise Refusal(code, f"{what} has {len(signatures)} signatures, not 1 to {SIGNATURES}")
    payload = base64_of(value["payload"], f"the payload of {what}", code=code)
    return Envelope(kind, payload, tuple(_signature(each, what, code) for each in signatures))


def _signature(value: object, what: str, code: str) -> Signature:
    if not isinstance(value, dict) or not {"sig"} <= value.keys() <= {"sig", "keyid"}:
        raise Refusal(code, f"{what} has a signature with other keys than keyid and sig")
    keyid = value.get("keyid", "")
    if not isinstance(keyid, str):
        raise Refusal(code, f"{what} has a signature whose keyid is no text")
    return Signature(keyid, base64_of(value["sig"], f"a signature of {what}", code=code))


def signers(envelope: Envelope, keys: Iterable[PublicKey]) -> tuple[PublicKey, ...]:
    """Those of the keys that did sign the envelope, each once, in the order of `keys`.

    A signature that names a key by its id is tried with that key only; one that names none, with all.
    """
    said = pae(envelope.payload_type, envelope.payload)
    known = {key.id: key for key in keys}
    return tuple(
        key
        for key in known.values()
        if any(each.keyid in (key.id, "") and key.signed(each.sig, said) for each in envelope.signatures)
    )
