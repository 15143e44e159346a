"""Say what a deny list is: entries of seven kinds, each with the moment from which it holds.

Takes:   plain values.
Gives:   `DenyList`, `Entry`; `KINDS`, what an entry of each kind names.
Ignores: who signed it (`read`), and what it hits (`match`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock_trust.policy import fields
from penstock_trust.policy.shape import Field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SCHEMA = 1
PAYLOAD_TYPE = "application/vnd.penstock.deny-list+json"
MANY = 100_000  # entries of one list

_digest = Field("text", required=True, pattern=fields.DIGEST, like="the sha256 in lower case, 64 digits")
KINDS: dict[str, dict[str, Field]] = {
    "wheel": {"sha256": _digest},
    "file": {"sha256": _digest},
    "version": {
        "name": Field("text", required=True, pattern=fields.PROJECT, like="acme-vision"),
        "versions": Field("text", required=True, pattern=r"[<>=!~][!-~ ]{1,500}", like=">=1.2,<1.2.5"),
    },
    "identity": {
        "issuer": Field("text", required=True, like="https://token.actions.githubusercontent.com"),
        "uri": Field("text", like="https://github.com/acme/vision/.github/workflows/release.yml@refs/tags/v1.2"),
        "email": Field("text", like="release@acme.example"),
        "repository-id": Field("text", like="123456789"),
    },
    "certificate": {"sha256": _digest},
    "key": {"key": Field("text", required=True, pattern=rf"{fields.KEY}|sha256:{fields.DIGEST}", like="ed25519:...")},
    "log-entry": {
        "log-id": Field("text", required=True, pattern=fields.DIGEST, like="the id in lower-case hex, 64 digits"),
        "index": Field("integer", required=True, low=0),
    },
}  # kind -> what it names
SIGNER_KINDS = frozenset({"identity", "certificate", "key"})  # they hold for signatures made from then on


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is denied.

    `names` are the members of its kind. For a wheel, a file, a version or a log entry `effective_from` is when it stops
    being accepted; for an identity, a certificate or a key it is since when its signatures are not believed. None is: always.
    """

    kind: str
    names: Mapping[str, str | int]
    effective_from: datetime | None = None
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.kind} " + " ".join(str(value) for value in self.names.values())


@dataclass(frozen=True, slots=True)
class DenyList:
    """A whole list. `digest` is the sha256 (hex) of the signed file; the moments are zone-aware."""

    name: str
    sequence: int
    issued: datetime
    expires: datetime
    entries: tuple[Entry, ...]
    digest: str = ""
    path: str = ""
    signed_by: tuple[str, ...] = field(default=())
