"""Every hostile deny list is refused, by one check; without that check it would be believed."""

from __future__ import annotations

import pytest
from hostile.attack import Attack
from hostile.denials import DENIALS, Listing, signed_list

from penstock_trust.deny.read import CHECKS, ReadList, read_list


def read(made: Listing, *left_out: str) -> ReadList:
    checks = [check for check in CHECKS if check.__name__ not in left_out]
    return read_list(made.data, "deny.json", made.keys, now=made.now, rules=made.rules, seen=made.seen, checks=checks)


@pytest.mark.parametrize("attack", list(DENIALS), ids=str)
def test_a_hostile_deny_list_is_refused_by_the_check_that_it_names(attack: Attack):
    found = read(attack.make())
    assert found.listed is None
    assert {finding.code for finding in found.findings} == {attack.code}


@pytest.mark.parametrize("attack", DENIALS.alone(), ids=str)
def test_without_its_check_and_only_then_a_hostile_deny_list_is_believed(attack: Attack):
    made = attack.make()
    assert [check.__name__ for check in CHECKS if read(made, check.__name__).listed] == [attack.step]


def test_a_list_that_is_in_order_is_believed():
    found = read(Listing(signed_list()))
    assert found.listed is not None, found.findings
    assert found.listed.signed_by == ("security",)
