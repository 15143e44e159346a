"""Every hostile bundle is refused, by one step; with a bug planted in that step it would be accepted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hostile.attack import READING, Attack
from hostile.bundles import BUNDLES
from hostile.judging import STEPS, judged
from hostile.sound import SOUND

from penstock_trust.facts import Accepted, Refused, Unknown


def accepted(case: Any, folder: Path, *planted: str) -> bool:
    return isinstance(judged(case, folder, *planted), Accepted)


def test_there_are_at_least_a_hundred_that_one_step_alone_refuses():
    assert len(BUNDLES.alone()) >= 100
    assert {attack.step for attack in BUNDLES} == set(STEPS) - {"hygiene"}  # which has a family of its own


@pytest.mark.parametrize("attack", list(BUNDLES), ids=str)
def test_a_hostile_bundle_is_refused_by_the_step_that_it_names(attack: Attack, tmp_path: Path):
    verdict = judged(attack.make(), tmp_path)
    assert isinstance(verdict, (Refused, Unknown))
    assert (verdict.step, {finding.code for finding in verdict.findings}) == (attack.step, {attack.code})


@pytest.mark.parametrize("attack", BUNDLES.alone(), ids=str)
def test_with_a_bug_in_its_step_and_only_then_a_hostile_bundle_is_accepted(attack: Attack, tmp_path: Path):
    case = attack.make()
    assert [step for step in STEPS if accepted(case, tmp_path, step)] == [attack.step]


@pytest.mark.parametrize("attack", [one for one in BUNDLES if one.behind], ids=str)
def test_what_stands_behind_a_step_refuses_in_its_place(attack: Attack, tmp_path: Path):
    case = attack.make()
    assert not accepted(case, tmp_path, attack.step)
    assert READING in attack.behind or accepted(case, tmp_path, attack.step, *attack.behind)


@pytest.mark.parametrize("name", SOUND)
def test_what_is_in_order_is_accepted(name: str, tmp_path: Path):
    verdict = judged(SOUND[name](), tmp_path)
    assert isinstance(verdict, Accepted), verdict


def test_there_are_at_least_twenty_that_are_in_order():
    assert len(SOUND) >= 20


@pytest.mark.parametrize("attack", [one for one in BUNDLES if one.step == "strict"], ids=str)
def test_what_the_strict_step_refuses_the_client_lets_pass(attack: Attack):
    """Why there is such a step. Where this fails the client has become stricter, and a decision can be looked at again."""
    from sigstore.models import Bundle, TrustedRoot
    from sigstore.verify import Verifier, policy
    from sigstore_models.trustroot.v1 import TrustedRoot as Model

    case = attack.make()
    verifier = Verifier(trusted_root=TrustedRoot(Model.from_json(case.root_text())))
    verifier.verify_artifact(case.wheel, Bundle.from_json(case.texts()[0]), policy.UnsafeNoOp())


def test_there_are_fifteen_of_these():
    assert (
        len([one for one in BUNDLES if one.step == "strict"]) == 15
    )  # docs/decisions/trusted-roots-are-pinned-files.md
