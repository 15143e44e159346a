"""Every bad node is caught, by exactly the check that is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bad_plugins import ALL, lives

sys.path.insert(0, str(Path(__file__).parent))
from planted import PLANTED, Planted

from penstock_testkit import Broken, all_checks, node_suite
from penstock_testkit.question import as_test

SLOW = {"StartsAProgram", "CallsHome"}  # which bring their own records, and need no others


@pytest.fixture
def swept():
    """What bad nodes leave open is closed behind them."""
    yield
    lives.sweep()


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
def test_a_bad_node_is_caught_by_its_check_and_by_no_other(planted, tmp_path_factory, swept):
    found = complaints(planted, tmp_path_factory)
    assert list(found) == [planted.code], found


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="Q112 sees no open files here")
def test_what_bad_nodes_leave_open_does_not_outlive_their_tests():
    """A process of its own, because the interpreter tells what was never closed when it ends."""
    command = [sys.executable, "-W", "error::ResourceWarning", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    chosen = ["-k", "LeavesAFile or LeavesASocket", __file__]
    done = subprocess.run(
        [*command, *chosen], capture_output=True, text=True, env={**os.environ, "PYTEST_ADDOPTS": "-p no:xdist"}
    )
    assert "2 passed" in done.stdout
    assert done.stderr == ""


def test_there_is_a_bad_node_for_every_check_and_a_place_for_every_bad_node():
    assert {one.code for one in all_checks()} == {planted.code for planted in PLANTED}
    assert set(ALL) <= {planted.node for planted in PLANTED}
    assert len(PLANTED) >= 40
