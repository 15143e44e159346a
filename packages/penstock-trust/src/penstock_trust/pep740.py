"""Make claims of what a package index says about a wheel (PEP 740), so that a policy can name its publishers.

Takes:   a provenance object, or one attestation, as JSON.
Gives:   `bundles_of`; `import_pep740`, which writes them beside the wheel.
Source:  https://peps.python.org/pep-0740/ and https://docs.pypi.org/attestations/
Ignores: whether they are true; the index is not believed, `verify` looks at every signature.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from penstock_trust.dsse import IN_TOTO
from penstock_trust.refusal import Refusal
from penstock_trust.strict import base64_of, base64_text, canonical, json_of
from penstock_trust.wheels import read_wheel
from penstock_trust.written import write_beside

if TYPE_CHECKING:
    from pathlib import Path

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MANY = 16  # attestations of one file


def import_pep740(
    wheel: str | os.PathLike[str], data: bytes, source: str, *, replace: bool = False
) -> tuple[Path, ...]:
    """Write every attestation as `WHEEL.pep740-N.sigstore.json`; `source` names `data` in messages.

    Raises `Refusal`: T199 when it is no provenance, and what `read_wheel` raises.
    """
    read_wheel(wheel)
    made = [canonical(each) + b"\n" for each in bundles_of(data, source)]
    return tuple(
        write_beside(wheel, f".pep740-{number}.sigstore.json", text, replace=replace)
        for number, text in enumerate(made, 1)
    )


def bundles_of(data: bytes, source: str) -> list[dict[str, Any]]:
    """Each attestation of a provenance object, or the one that `data` is, as a sigstore bundle. Raises `Refusal` (T199)."""
    value = json_of(data, f"`{source}`", code="T199")
    try:
        listed = _attestations(value)
        if not 1 <= len(listed) <= MANY:
            raise Refusal("T199", f"`{source}` holds {len(listed)} attestations, not 1 to {MANY}")
        return [_bundle(each) for each in listed]
    except (KeyError, TypeError, AttributeError) as error:
        hint = "take the `provenance` that the index serves for this file"
        raise Refusal("T199", f"`{source}` is no provenance of PEP 740", hint=hint) from error


def _attestations(value: Any) -> list[Any]:
    if value["version"] != 1:
        raise KeyError("version")
    if "attestation_bundles" in value:
        return [each for group in value["attestation_bundles"] for each in group["attestations"]]
    return [value]


def _bundle(value: Any) -> dict[str, Any]:
    if value["version"] != 1:
        raise KeyError("version")
    material, envelope = value["verification_material"], value["envelope"]
    signature = {"sig": _again(envelope["signature"])}
    return {
        "mediaType": BUNDLE,
        "verificationMaterial": {
            "certificate": {"rawBytes": _again(material["certificate"])},
            "tlogEntries": [dict(each) for each in material["transparency_entries"]],
        },
        "dsseEnvelope": {
            "payload": _again(envelope["statement"]),
            "payloadType": IN_TOTO,
            "signatures": [signature],
        },
    }


def _again(text: str) -> str:
    """The same bytes in the one spelling that a bundle has; the index may break lines."""
    return base64_text(base64_of("".join(text.split()), "an attestation", code="T199"))
