"""What is written into an environment does not run: one check refuses the pack, or the finder does not run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hostile.attack import Attack
from hostile.loads import LOADS, RUNS
from hostile.packs import Place, installed

from penstock_trust import receipt
from penstock_trust.loader.checks import CHECKS
from penstock_trust.loader.judge import Judge, Ruling

READING = {f"receipt.{name}": check for name, check in receipt.CHECKS.items()}
ALL = [*READING, *(name for name in CHECKS if name != "signature")]  # which only passes on what `READING` says


def ruling(place: Place, *left_out: str) -> Ruling:
    judge = Judge(
        place.terms(),
        place.keys,
        place.surroundings(),
        checks={name: check for name, check in CHECKS.items() if name not in left_out},
        reading={name: check for name, check in receipt.CHECKS.items() if f"receipt.{name}" not in left_out},
    )
    return judge.judge(place.asked())


def test_there_are_at_least_fifteen_that_one_check_alone_refuses():
    assert len(LOADS.alone()) + len(RUNS) >= 15


def test_a_pack_to_which_nothing_was_done_may_load(tmp_path: Path):
    place = installed(tmp_path)
    assert ruling(place).allowed, ruling(place).findings


@pytest.mark.parametrize("attack", list(LOADS), ids=str)
def test_a_pack_to_which_something_was_done_is_refused_by_the_check_that_it_names(attack: Attack, tmp_path: Path):
    place = installed(tmp_path)
    attack.make()(place)
    found = ruling(place)
    assert not found.allowed
    codes = {finding.code for finding in found.findings}
    assert attack.code in codes
    assert attack.behind or codes == {attack.code}


@pytest.mark.parametrize("attack", LOADS.alone(), ids=str)
def test_without_its_check_and_only_then_it_would_load(attack: Attack, tmp_path: Path):
    place = installed(tmp_path)
    attack.make()(place)
    assert [name for name in ALL if ruling(place, name).allowed] == [attack.step]


@pytest.mark.parametrize("attack", [one for one in LOADS if one.behind], ids=str)
def test_what_stands_behind_a_check_refuses_it_as_well(attack: Attack, tmp_path: Path):
    place = installed(tmp_path)
    attack.make()(place)
    assert not ruling(place, attack.step).allowed
    assert ruling(place, attack.step, *attack.behind).allowed


PROGRAM = """
import importlib, json, os, sys
sys.path[:0] = [sys.argv[1], sys.argv[2]]
from hostile.loads import RUNS, rule
from hostile.packs import Place, reopened
from pathlib import Path
from penstock_trust.policy.model import Load

place = reopened(Path(sys.argv[3]))
rule(load=Load(sys.argv[6]))(place)
wanted = "acme_flow.nodes"
if sys.argv[4] == "finder":
    from penstock_trust.admission import Guard

    guard = Guard(place.site_file(), place.terms(), path=[str(place.site)], modules=sys.modules)
    assert guard.admit(place.asked()).allowed
RUNS.attacks[sys.argv[5]].make()(place)
sys.path[:0] = [str(folder) for folder in place.path]
if (place.site / "wanted").exists():
    wanted = (place.site / "wanted").read_text()
try:
    module = importlib.import_module(wanted)
except ImportError as error:
    print(json.dumps({"refused": getattr(error, "code", str(error))}))
except SystemExit as owned:
    print(json.dumps({"ran": str(owned)}))
else:
    print(json.dumps({"gives": getattr(module, "double", len)(21)}))
"""


def said(place: Place, by: str, attack: Attack, mode: str = "verified") -> Any:
    """What comes of the import, in a process of its own, with the finder or by Python alone."""
    here = str(Path(__file__).parent)
    words = [sys.executable, "-c", PROGRAM, here, here, str(place.root), by, attack.name, mode]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("attack", list(RUNS), ids=str)
def test_with_the_finder_nothing_runs_but_what_was_accepted(attack: Attack, tmp_path: Path):
    found = said(installed(tmp_path), "finder", attack)
    assert found == ({"refused": attack.code} if attack.code else {"gives": 42})


@pytest.mark.parametrize("attack", list(RUNS), ids=str)
@pytest.mark.parametrize("mode", ["sealed", "checked"])
def test_in_the_other_modes_nothing_else_runs_either(attack: Attack, mode: str, tmp_path: Path):
    """These do not look at the file again, so a later change is not refused; it is not run."""
    found = said(installed(tmp_path), "finder", attack, mode)
    assert found == ({"refused": "T423"} if attack.code == "T423" else {"gives": 42})


@pytest.mark.parametrize("attack", list(RUNS), ids=str)
def test_where_loading_is_off_it_runs(attack: Attack, tmp_path: Path):
    assert said(installed(tmp_path), "finder", attack, "off") == {"ran": "owned"}


@pytest.mark.parametrize("attack", list(RUNS), ids=str)
def test_without_the_finder_it_runs(attack: Attack, tmp_path: Path):
    assert said(installed(tmp_path), "python", attack) == {"ran": "owned"}
