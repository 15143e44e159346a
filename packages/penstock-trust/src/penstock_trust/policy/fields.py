"""List the keys of a policy file and what each may be.

Takes:   nothing.
Gives:   `POLICY`, the shape; `NAME`, `PROJECT`, `DIGEST` and `DURATION`, patterns that other files of ours share.
Ignores: what the keys mean (`model`).
"""

from __future__ import annotations

from penstock_trust.policy.model import ALLOWED, Load
from penstock_trust.policy.shape import Field

NAME = r"[a-z][a-z0-9_-]{0,62}"
PROJECT = r"[a-z0-9]+(-[a-z0-9]+)*"  # a normalised project name (PEP 503)
DIGEST = r"[0-9a-f]{64}"
DURATION = r"[1-9][0-9]{0,6}(s|m|h|d)"
KEY = r"ed25519:[A-Za-z0-9+/]{43}="
URI = r"[a-z][a-z0-9+.-]*:[!-~]+"

_name = Field("text", required=True, pattern=NAME, like="acme-release")
_names = Field("list", items=Field("text", pattern=NAME, like="acme-release"))
_signers = {"any": _names, "all": _names, "threshold": Field("integer", low=1)}
_attestation = Field(
    "text|table",
    pattern=URI,
    like="https://slsa.dev/provenance/v1",
    members={
        "type": Field("text", required=True, pattern=URI, like="https://slsa.dev/provenance/v1"),
        "signers": Field("table", members=_signers),
    },
)

TRUST = Field(
    "table",
    members={
        "kind": Field("text", required=True, choices=("sigstore", "key")),
        "file": Field("text", pattern=r"[^\x00]+", like="trusted_root.json"),
        "sha256": Field("text", pattern=DIGEST, like="9f86d081884c7d65...  (64 digits, lower case)"),
        "public-key": Field("text", pattern=KEY, like="ed25519:3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de2="),
    },
)
IDENTITY = Field(
    "table",
    members={
        "name": _name,
        "trust": Field("text", required=True, pattern=NAME, like="github"),
        "issuer": Field("text", like="https://token.actions.githubusercontent.com"),
        "uri": Field("text", like="https://github.com/acme/vision/.github/workflows/release.yml@refs/tags/v{version}"),
        "email": Field("text", like="release@acme.example"),
        "repository": Field("text", pattern=URI, like="https://github.com/acme/vision"),
        "repository-id": Field("text", pattern=r"[!-~]{1,200}", like="123456789"),
        "owner-id": Field("text", pattern=r"[!-~]{1,200}", like="4242"),
    },
)
PACK = Field(
    "table",
    members={
        "match": Field("text", required=True, pattern=rf"\*|{PROJECT}(-\*)?", like="acme-vision"),
        "signers": Field("table", members=_signers),
        "attestations": Field("list", items=_attestation),
        "min-version": Field("text", like="1.2"),
        "rollback": Field("flag"),
        "load": Field("text", choices=tuple(str(load) for load in Load)),
        "allow": Field("list", items=Field("text", choices=tuple(ALLOWED))),
        "dependencies": Field("text|list", pattern="any|listed", like="listed", items=Field("text", pattern=PROJECT, like="numpy")),
        "top-levels": Field("list", items=Field("text", pattern=r"[A-Za-z_][A-Za-z0-9_]*", like="acme_vision")),
    },
)  # fmt: skip  # a row for each key
DENY = Field(
    "table",
    members={
        "file": Field("text", required=True, pattern=r"[^\x00]+", like="deny.json"),
        "signers": Field("list", required=True, items=Field("text", pattern=NAME, like="acme-security")),
        "name": Field("text", pattern=NAME, like="site-deny"),
        "max-age": Field("text", pattern=DURATION, like="7d"),
        "stale": Field("text", choices=("refuse", "warn")),
    },
)
POLICY = Field(
    "table",
    members={
        "schema": Field("integer", required=True),
        "name": Field("text", pattern=NAME, like="site-north"),
        "sequence": Field("integer", required=True, low=1),
        "expires": Field("text", required=True, like="2027-01-31T00:00:00Z"),
        "trust": Field("table", values=TRUST),
        "identity": Field("list", items=IDENTITY),
        "pack": Field("list", items=PACK),
        "deny": DENY,
    },
)
