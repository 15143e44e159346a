"""What is signed by whom the policy names is accepted, however it was signed."""

from __future__ import annotations

from typing import Any

import pytest

from penstock_trust.facts import Accepted, Refused
from penstock_trust.local_sigstore import Signer
from penstock_trust.predicates import PUBLISH, RELEASE, statement
from penstock_trust.sign import attest_with_key, sign_with_key
from penstock_trust.verify import STEPS
from penstock_trust.wheels import read_wheel

SLSA = "https://slsa.dev/provenance/v1"
WAYS = [(1, False), (1, True), (2, True)]
JOB = {
    12: "https://github.com/acme/site",
    15: "1001",
    17: "2002",
}
CI = """trust = "local"
issuer = "https://token.actions.githubusercontent.com"
uri = "https://github.com/acme/site/.github/workflows/release.yml@refs/tags/v{version}"
repository = "https://github.com/acme/site"
repository-id = "1001"
owner-id = "2002\""""


@pytest.mark.parametrize(("rekor", "stamped"), WAYS)
@pytest.mark.parametrize("how", ["bytes", "publish", "release"])
def test_a_wheel_is_accepted_however_it_was_signed(shop: Any, rekor: int, stamped: bool, how: str) -> None:
    types = {"bytes": None, "publish": PUBLISH, "release": RELEASE}
    subject, _ = read_wheel(shop.wheel)
    said = statement(subject, types[how], None) if types[how] else None
    shop.claim(shop.bundle(rekor=rekor, stamped=stamped, statement=said))
    verdict = shop.verify()
    assert isinstance(verdict, Accepted)
    (proof,) = verdict.proofs
    assert (proof.matched, proof.kind, len(proof.entries)) == (("ann",), "sigstore", 1)
    assert proof.time is not None


def test_every_step_says_what_it_has_established(shop: Any) -> None:
    shop.rule += f'\nattestations = ["{SLSA}"]'
    subject, _ = read_wheel(shop.wheel)
    shop.claim(shop.bundle())
    shop.claim(shop.bundle(statement=statement(subject, SLSA, {})), ".provenance.sigstore.json")
    verdict = shop.verify()
    assert isinstance(verdict, Accepted)
    assert list(dict.fromkeys(evidence.step for evidence in verdict.evidence)) == list(STEPS)
    assert verdict.hygiene.top_levels == ("acme_site",)
    assert verdict.roots == {"local": shop.policy().roots["local"].sha256}


def test_a_key_of_ones_own_signs_without_any_service(shop: Any) -> None:
    shop.rule = f'signers = {{any = ["own"]}}\nattestations = ["{SLSA}"]'
    sign_with_key(shop.wheel, shop.key)
    attest_with_key(shop.wheel, b'{"builder": "by hand"}', SLSA, shop.key)
    verdict = shop.verify()
    assert isinstance(verdict, Accepted)
    assert {proof.kind for proof in verdict.proofs} == {"key"}
    assert [proof.time for proof in verdict.proofs] == [None, None]


def test_a_ci_job_is_known_by_its_workflow_and_its_ids(shop: Any) -> None:
    shop.identities["ci"] = CI
    shop.rule = 'signers = {all = ["ci", "ann"]}'
    tag = "https://github.com/acme/site/.github/workflows/release.yml@refs/tags/v1.2.0"
    job = Signer(tag, "uri", "https://token.actions.githubusercontent.com", JOB)
    shop.claim(shop.bundle(job), ".ci.sigstore.json")
    shop.claim(shop.bundle())
    verdict = shop.verify()
    assert isinstance(verdict, Accepted)
    assert {proof.matched for proof in verdict.proofs} == {("ann",), ("ci",)}


def test_who_signs_twice_is_one_signer(shop: Any) -> None:
    shop.rule = 'signers = {any = ["ann", "own"], threshold = 2}'
    shop.claim(shop.bundle())
    shop.claim(shop.bundle(), ".again.sigstore.json")
    verdict = shop.verify()
    assert isinstance(verdict, Refused)
    assert (verdict.step, verdict.findings[0].code) == ("policy", "T324")
    sign_with_key(shop.wheel, shop.key)
    assert isinstance(shop.verify(), Accepted)


def test_an_unsigned_pack_is_accepted_where_its_rule_says_so_and_nowhere_else(shop: Any) -> None:
    verdict = shop.verify()
    assert (verdict.step, verdict.findings[0].code) == ("policy", "T324")
    shop.rule = 'allow = ["unsigned"]'
    assert isinstance(shop.verify(), Accepted)


def test_a_step_that_is_left_out_establishes_nothing(shop: Any) -> None:
    """So a forgotten step refuses, instead of letting pass."""
    shop.claim(shop.bundle())
    for name in ("subject", "bundle", "identity"):
        assert not isinstance(shop.verify(without=name), Accepted), name
