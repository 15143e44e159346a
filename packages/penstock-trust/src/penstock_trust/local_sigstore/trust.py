"""Say which keys and which addresses a client of the local sigstore should use.

Takes:   the parts of a local sigstore, and the address where it listens.
Gives:   `trusted_root`, `signing_config`, `client_config`, as JSON values.
Ignores: files; who wants one writes it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from penstock_trust.local_sigstore.authority import CertificateLog, Fulcio, spki
from penstock_trust.local_sigstore.rekor import Log
from penstock_trust.local_sigstore.timestamps import TimestampAuthority
from penstock_trust.strict import base64_text


def instant(time: datetime) -> str:
    """The time as protobuf spells it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def trusted_root(
    fulcio: Fulcio,
    certificates: CertificateLog,
    logs: dict[int, Log],
    stamps: TimestampAuthority,
    since: datetime,
    base: str,
) -> dict[str, Any]:
    """Every key of the local sigstore, good since a time."""
    valid = {"start": instant(since)}
    return {
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [_log(each.key, each.id, f"{base}/rekor{number}", valid) for number, each in sorted(logs.items())],
        "certificateAuthorities": [_authority(fulcio.chain, "local intermediate", base, valid)],
        "ctlogs": [_log(certificates.key, certificates.id, f"{base}/ct", valid)],
        "timestampAuthorities": [_authority(stamps.chain, "local timestamps", f"{base}/tsa", valid)],
    }


def _log(key: Any, log_id: bytes, url: str, valid: dict[str, str]) -> dict[str, Any]:
    public = key.public_key()
    details = "PKIX_ECDSA_P256_SHA_256" if hasattr(public, "curve") else "PKIX_ED25519"
    return {
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {"rawBytes": base64_text(spki(public)), "keyDetails": details, "validFor": dict(valid)},
        "logId": {"keyId": base64_text(log_id)},
    }


def _authority(chain: list[Any], name: str, url: str, valid: dict[str, str]) -> dict[str, Any]:
    return {
        "subject": {"organization": "local", "commonName": name},
        "uri": url,
        "certChain": {"certificates": [{"rawBytes": base64_text(each.public_bytes(Encoding.DER))} for each in chain]},
        "validFor": dict(valid),
    }


def signing_config(base: str, rekor: int, stamped: bool, since: datetime) -> dict[str, Any]:
    """Where a client asks for what."""

    def service(path: str, version: int = 1) -> dict[str, Any]:
        valid = {"start": instant(since)}
        return {"url": f"{base}{path}", "majorApiVersion": version, "validFor": valid, "operator": "local"}

    config: dict[str, Any] = {
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [service("")],
        "oidcUrls": [service("/oidc")],
        "rekorTlogUrls": [service(f"/rekor{rekor}", rekor)],
        "rekorTlogConfig": {"selector": "ANY"},
    }
    if stamped:
        config |= {"tsaUrls": [service("/tsa")], "tsaConfig": {"selector": "ANY"}}
    return config


def client_config(root: dict[str, Any], signing: dict[str, Any]) -> dict[str, Any]:
    """Both in one, which is what `--trust-config` takes."""
    kind = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
    return {"mediaType": kind, "trustedRoot": root, "signingConfig": signing}
