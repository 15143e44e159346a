"""Every bad node is caught, by exactly the check that is named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from bad_plugins import ALL

sys.path.insert(0, str(Path(__file__).parent))
from planted import PLANTED, Planted

from penstock_testkit import Broken, all_checks, node_suite
from penstock_testkit.question import as_test

SLOW = {"StartsAProgram", "CallsHome"}  # which bring their own records, and need no others


def complaints(planted: Planted, factory: pytest.TempPathFactory) -> dict[str, str]:
    """Code -> complaint, of everything that the suite of a node asks."""
    said = {"config": planted.config} if planted.config else {}
    suite = node_suite(planted.node, records=planted.records, effects=planted.effects, **said)
    asked = {as_test(one.title): one.code for one in all_checks()}
    found = {}
    for name, code in asked.items():
        test = getattr(suite, name, None)
        if test is not None:
            try:
                test(None, factory)
            except Broken as broken:
                found[code] = str(broken)
    return found


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: f"{planted.code}-{planted.node.__name__}")
def test_a_bad_node_is_caught_by_its_check_and_by_no_other(planted, tmp_path_factory):
    found = complaints(planted, tmp_path_factory)
    assert list(found) == [planted.code], found


def test_there_is_a_bad_node_for_every_check_and_a_place_for_every_bad_node():
    assert {one.code for one in all_checks()} == {planted.code for planted in PLANTED}
    assert set(ALL) <= {planted.node for planted in PLANTED}
    assert len(PLANTED) >= 40
