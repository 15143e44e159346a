"""Every receipt that nobody gave is refused, by one check; without that check it would be believed."""

from __future__ import annotations

import pytest
from hostile.attack import READING, Attack
from hostile.denials import private_key
from hostile.receipts import HOUSE, RECEIPTS, honest

from penstock_trust.receipt import CHECKS, read
from penstock_trust.refusal import Refusal


def code(data: bytes, *left_out: str) -> str:
    """The code with which the receipt is refused, "" when it is believed."""
    checks = {name: check for name, check in CHECKS.items() if name not in left_out}
    try:
        read(data, [private_key(HOUSE).public], checks=checks)
    except Refusal as refusal:
        return refusal.code
    return ""


def test_a_receipt_that_was_given_is_believed():
    assert code(honest()) == ""


@pytest.mark.parametrize("attack", list(RECEIPTS), ids=str)
def test_a_hostile_receipt_is_refused_by_the_check_that_it_names(attack: Attack):
    assert code(attack.make()) == attack.code


@pytest.mark.parametrize("attack", RECEIPTS.alone(), ids=str)
def test_without_its_check_and_only_then_a_hostile_receipt_is_believed(attack: Attack):
    data = attack.make()
    assert [name for name in CHECKS if not code(data, name)] == [attack.step]


@pytest.mark.parametrize("attack", [one for one in RECEIPTS if one.step == READING], ids=str)
def test_what_cannot_be_read_is_refused_whatever_check_is_missing(attack: Attack):
    data = attack.make()
    assert all(code(data, name) for name in CHECKS)
