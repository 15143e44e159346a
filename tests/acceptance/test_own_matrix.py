"""The matrix of our own packages: what is committed is what its results say, and a small part of it comes out the same."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from penstock_compat.axes import read_axes
from penstock_compat.formats import read_results
from penstock_compat.looks import PROVEN
from penstock_compat.standing import standings

ROOT = Path(__file__).parents[2]
OWN = ROOT / "compat/own.py"


@pytest.fixture(scope="module")
def own():
    spec = importlib.util.spec_from_file_location("own", OWN)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_reports_are_those_of_the_committed_results(own):
    assert own.outdated() == [], "run `python compat/own.py --report`"


def test_the_committed_results_are_of_every_cell(own):
    axes = read_axes(ROOT / "compat/axes.toml")
    cells = {(r.cell.pack, r.cell.python, r.cell.deps) for r in read_results(own.RESULTS).results}
    assert cells == {(pack, python, deps) for pack in own.PACKS for python in axes.pythons for deps in axes.deps}


def test_the_committed_results_name_no_machine_of_ours(own):
    text = own.RESULTS.read_text("utf-8")
    assert "/home/" not in text
    assert "/root/" not in text


def test_every_package_is_proven_with_the_newest_of_what_it_needs(own):
    found = standings(read_results(own.RESULTS).results)
    assert [s.cell.id for s in found if s.cell.deps == "newest" and s.look is not PROVEN] == []


@pytest.mark.slow
def test_a_small_part_comes_out_the_same_today(own):
    """It builds wheels, makes an environment and runs the tests of one package there."""
    if not own.is_comparable("{}.{}".format(*sys.version_info[:2])):
        pytest.skip("the committed results are about other systems than this one")
    command = [sys.executable, str(OWN), "--small"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "came to what is committed" in done.stdout
