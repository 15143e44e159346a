"""Every hostile policy file is refused, by one check; without that check somebody would have used it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile.attack import Attack
from hostile.policies import POLICIES, ROOT_FILE, WRITTEN, forge

from penstock_trust.policy.checks import CHECKS
from penstock_trust.policy.load import Read, read_policy


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("policy")
    (folder / ROOT_FILE).write_bytes(forge().trusted_root())
    return str(folder / "acme.policy.toml")


def read(data: bytes, path: str, *left_out: str) -> Read:
    return read_policy(data, path, checks=[check for check in CHECKS if check.__name__ not in left_out])


@pytest.mark.parametrize("attack", list(POLICIES), ids=str)
def test_a_hostile_policy_is_refused_by_the_check_that_it_names(attack: Attack, path: str):
    found = read(attack.make(), path)
    assert found.policy is None
    assert {finding.code for finding in found.findings} == {attack.code}


@pytest.mark.parametrize("attack", list(POLICIES), ids=str)
def test_without_its_check_and_only_then_a_hostile_policy_is_used(attack: Attack, path: str):
    data = attack.make()
    assert [check.__name__ for check in CHECKS if read(data, path, check.__name__).policy] == [attack.step]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_policy_that_only_looks_odd_is_used(name: str, path: str):
    found = read(WRITTEN[name](), path)
    assert found.policy is not None, found.findings
