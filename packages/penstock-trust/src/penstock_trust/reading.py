"""Read a claim: what it says, who says to have signed it, and when; believing nothing.

Takes:   a `Claim`.
Gives:   `Reading`: every part as a property, read when it is first asked for, and as loosely as sigstore reads it.
Why so:  what is read loosely here is held against the strict form by the step `limits`, and against its signature by the
         step `bundle`; each of them can fail alone, so that each can be tested alone.
Ignores: whether anything is true.  `vouchers` are set by the step `bundle`, and made fewer by `strict`.
"""

from __future__ import annotations

import base64
import json
import os
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any

from penstock_trust import dsse
from penstock_trust.certificate import Certificate
from penstock_trust.facts import Identity, LogEntry
from penstock_trust.predicates import BYTES

if TYPE_CHECKING:
    from penstock_trust.facts import Claim


class Reading:
    """One claim while it is looked at. A property raises `ValueError`, `KeyError` or the like when it is malformed."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.vouchers: tuple[str, ...] = ()  # names of the trust roots that vouch for it

    @property
    def what(self) -> str:
        """What to call it in a message."""
        return f"`{os.path.basename(self.claim.source)}`"

    @cached_property
    def value(self) -> Any:
        """The JSON value."""
        return json.loads(self.claim.text)

    @cached_property
    def envelope(self) -> dsse.Envelope | None:
        """The envelope, None where the bytes themselves were signed."""
        raw = self.value if self.claim.kind == "key" else self.value.get("dsseEnvelope")
        if raw is None:
            return None
        signatures = tuple(dsse.Signature(each.get("keyid", ""), _bytes(each["sig"])) for each in raw["signatures"])
        return dsse.Envelope(raw["payloadType"], _bytes(raw["payload"]), signatures)

    @cached_property
    def statement(self) -> Any:
        """What the envelope says, None where there is none."""
        return None if self.envelope is None else json.loads(self.envelope.payload)

    @property
    def predicate_type(self) -> str:
        """The type of the statement, "" where the bytes themselves were signed."""
        return BYTES if self.statement is None else str(self.statement["predicateType"])

    @property
    def predicate(self) -> Any:
        """What the statement says of its subject."""
        return None if self.statement is None else self.statement.get("predicate")

    @property
    def signature(self) -> bytes:
        """The one signature of a sigstore bundle."""
        if self.envelope is not None:
            return self.envelope.signatures[0].sig
        return _bytes(self.value["messageSignature"]["signature"])

    @property
    def material(self) -> Any:
        """The verification material of a sigstore bundle."""
        return self.value["verificationMaterial"]

    @cached_property
    def certificate(self) -> Certificate:
        """The certificate of whoever signed a sigstore bundle."""
        one = self.material.get("certificate")
        return Certificate(_bytes((one or self.material["x509CertificateChain"]["certificates"][0])["rawBytes"]))

    @cached_property
    def entry(self) -> Any:
        """The log entry of a sigstore bundle."""
        return self.material["tlogEntries"][0]

    @cached_property
    def entries(self) -> tuple[LogEntry, ...]:
        """Where it was logged."""
        if self.claim.kind == "key":
            return ()
        return (LogEntry(_bytes(self.entry["logId"]["keyId"]).hex(), int(self.entry["logIndex"])),)

    @cached_property
    def stamps(self) -> tuple[Any, ...]:
        """The RFC 3161 responses in a sigstore bundle."""
        from rfc3161_client import decode_timestamp_response

        listed = (self.material.get("timestampVerificationData") or {}).get("rfc3161Timestamps") or ()
        return tuple(decode_timestamp_response(_bytes(each["signedTimestamp"])) for each in listed)

    @cached_property
    def integrated(self) -> datetime | None:
        """When the log says to have taken the entry; None for a log that does not say."""
        seconds = int(self.entry.get("integratedTime") or 0)
        return datetime.fromtimestamp(seconds, tz=timezone.utc) if seconds else None

    @cached_property
    def times(self) -> tuple[datetime, ...]:
        """When it was signed, as said by each authority that says so; empty for a key."""
        if self.claim.kind == "key":
            return ()
        stamped = [each.tst_info.gen_time for each in self.stamps]
        return tuple(sorted([*stamped, *([self.integrated] if self.integrated else [])]))

    def identity(self, trust: str, key: str = "") -> Identity:
        """Who signed, if that trust root is to be believed."""
        if self.claim.kind == "key":
            return Identity("key", trust, key=key)
        name = self.certificate.names[0]
        return Identity("sigstore", trust, self.certificate.issuer, name.value, name.kind, self.certificate.claims)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
