"""Every hostile wheel is refused, by one check; without that check it would be let through."""

from __future__ import annotations

import pytest
from hostile.archive import FILENAME
from hostile.attack import READING, Attack
from hostile.wheels import DECENT, WHEELS

from penstock_trust.hygiene import CHECKS, check_wheel

LARGE = 1 << 20


def codes(data: bytes, *left_out: str) -> set[str]:
    checks = {name: check for name, check in CHECKS.items() if name not in left_out}
    hygiene, findings = check_wheel(data, FILENAME, checks=checks)
    assert (hygiene is None) == bool(findings)
    return {finding.code for finding in findings}


def test_there_are_at_least_twenty_five_that_one_check_alone_refuses():
    assert len(WHEELS.alone()) >= 25
    assert {attack.step for attack in WHEELS} <= set(CHECKS)


@pytest.mark.parametrize("attack", list(WHEELS), ids=str)
def test_a_hostile_wheel_is_refused_by_the_check_that_it_names(attack: Attack):
    data = attack.make()
    assert attack.code in codes(data)
    if not attack.behind:
        assert codes(data) == {attack.code}


@pytest.mark.parametrize("attack", WHEELS.alone(), ids=str)
def test_without_its_check_and_only_then_a_hostile_wheel_is_let_through(attack: Attack):
    data = attack.make()
    others = CHECKS if len(data) < LARGE else [attack.step]  # a second for each check would be too much for this one
    assert [name for name in others if not codes(data, name)] == [attack.step]


@pytest.mark.parametrize("attack", [one for one in WHEELS if one.behind], ids=str)
def test_what_stands_behind_a_check_refuses_in_its_place(attack: Attack):
    data = attack.make()
    assert codes(data, attack.step)
    assert READING in attack.behind or not codes(data, attack.step, *attack.behind)


@pytest.mark.parametrize("name", DECENT)
def test_a_wheel_that_only_looks_odd_is_let_through(name: str):
    assert codes(DECENT[name]()) == set()
