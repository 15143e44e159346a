"""What an index says about a wheel becomes claims; the index itself is not believed."""

from __future__ import annotations

import base64
import json
import textwrap
from typing import Any

import pytest

from penstock_trust.facts import Accepted, Refused
from penstock_trust.pep740 import bundles_of, import_pep740
from penstock_trust.predicates import PUBLISH, statement
from penstock_trust.refusal import Refusal
from penstock_trust.wheels import read_wheel


def attestation(shop: Any) -> dict[str, Any]:
    """What the index serves, made of a bundle; the index breaks lines of base64."""
    subject, _ = read_wheel(shop.wheel)
    bundle = shop.bundle(statement=statement(subject, PUBLISH, None))
    material, envelope = bundle["verificationMaterial"], bundle["dsseEnvelope"]
    return {
        "version": 1,
        "verification_material": {
            "certificate": "\n".join(textwrap.wrap(material["certificate"]["rawBytes"], 76)) + "\n",
            "transparency_entries": material["tlogEntries"],
        },
        "envelope": {"statement": envelope["payload"], "signature": envelope["signatures"][0]["sig"]},
    }


def provenance(*attestations: dict[str, Any]) -> bytes:
    publisher = {"kind": "GitHub", "repository": "acme/site", "workflow": "release.yml"}
    return json.dumps(
        {"version": 1, "attestation_bundles": [{"publisher": publisher, "attestations": list(attestations)}]}
    ).encode()


def test_a_publisher_of_somebody_else_s_package_can_be_named_by_a_policy(shop: Any) -> None:
    (path,) = import_pep740(shop.wheel, provenance(attestation(shop)), "provenance.json")
    assert path.name.endswith(".whl.pep740-1.sigstore.json")
    verdict = shop.verify()
    assert isinstance(verdict, Accepted)
    assert verdict.proofs[0].predicate_type == PUBLISH


def test_one_attestation_is_taken_as_well_as_many(shop: Any) -> None:
    one = attestation(shop)
    assert bundles_of(json.dumps(one).encode(), "x") == bundles_of(provenance(one), "x")
    assert len(import_pep740(shop.wheel, provenance(one, attestation(shop)), "x")) == 2
    assert isinstance(shop.verify(), Accepted)


def test_what_the_index_changed_does_not_verify(shop: Any) -> None:
    made = attestation(shop)
    said = json.loads(base64.b64decode(made["envelope"]["statement"]))
    said["predicateType"] = "https://example.org/approved"
    made["envelope"]["statement"] = base64.b64encode(json.dumps(said).encode()).decode()
    import_pep740(shop.wheel, provenance(made), "provenance.json")
    verdict = shop.verify()
    assert isinstance(verdict, Refused)
    assert verdict.findings[0].code == "T122"


@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"version": 2}',
        b'{"version": 1}',
        b'{"version": 1, "attestation_bundles": []}',
        b'{"version": 1, "attestation_bundles": [{"attestations": [1]}]}',
        b'{"version": 1, "verification_material": {"certificate": "?"}, "envelope": {}}',
        b"\xff",
    ],
)
def test_what_is_no_provenance_is_told(text: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        bundles_of(text, "provenance.json")
    assert caught.value.code == "T199"
