"""A planted bad version is found by running real cells over a folder of wheels."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from penstock_compat.bisect import Breaks, Tried, Works, bisect, lowest
from penstock_compat.facts import Cell, DependencySet, Plan, Recipe
from penstock_compat.run.engines import engine_of
from penstock_compat.run.interpreters import this_platform
from penstock_compat.run.ledger import Ledger
from penstock_compat.run.workshop import Wishes
from penstock_compat.trials import Trials

HERE = "{}.{}".format(*sys.version_info[:2])


def load_wheels():
    """The zoo's maker of wheels, which is in no package."""
    spec = importlib.util.spec_from_file_location("zoo_wheels", Path(__file__).parents[1] / "zoo/zoo_wheels.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.wheel


@pytest.fixture
def trials(tmp_path):
    """A pack that needs `speak` of lib: 1.2 brought it, 1.6 took it away."""
    wheel = load_wheels()
    for minor in range(9):
        has = "def speak(): return 1\n" if 2 <= minor < 6 else "pass\n"
        wheel(tmp_path / "wheels", "lib", f"1.{minor}", {"lib.py": has})
        wheel(tmp_path / "wheels", "bystander", f"1.{minor}")
    check = "import lib\nassert lib.speak() == 1\n"
    pack = wheel(tmp_path, "pack", files={"pack.py": "", "pack_check.py": check}, requires=["lib>=1.2", "bystander"])
    cell = Cell("pack", "1.0", "", *this_platform(), HERE, "newest")
    plan = Plan(
        cells=(cell,),
        recipes={"pack": Recipe(str(pack), command=("python", "-m", "pack_check"), timeout=20, entry="pack")},
        sets={"newest": DependencySet("newest")},
        pythons={HERE: sys.executable},
        wheels=(str(tmp_path / "wheels"),),
        offline=True,
    )
    folder = str(tmp_path / "kept")
    return Trials(plan, cell, engine_of("auto", folder), Ledger(str(tmp_path / "ledger")), folder, Wishes())


def test_the_version_that_broke_it_is_found_without_being_named(trials):
    found = bisect(Tried(trials.trial), trials.lowest, trials.versions)
    assert isinstance(found, Breaks)
    assert (found.dependency, found.good, found.bad) == ("lib", "1.5", "1.6")


def test_a_named_dependency_needs_no_lowest_versions(trials):
    found = bisect(Tried(trials.trial), trials.lowest, trials.versions, "lib")
    assert isinstance(found, Breaks)
    assert (found.good, found.bad) == ("1.5", "1.6")


def test_the_lowest_that_works_is_not_what_is_declared_below(trials):
    found = lowest(Tried(lambda pins: trials.trial({"lib": "1.4", **pins})), "bystander", trials.versions)
    assert isinstance(found, Works)
    assert (found.lowest, found.below) == ("1.0", "")
