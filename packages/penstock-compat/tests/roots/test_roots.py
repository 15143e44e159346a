"""Cells of another OS run under its root file system, and nothing of that is changed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from penstock_compat.facts import Cell, Plan, Recipe, Rung, State
from penstock_compat.run.interpreters import this_platform
from penstock_compat.run.rootfs import CannotEnter, Root, pythons_in, read_roots, run_in, split
from penstock_compat.run.workshop import Wishes


def load_wheels():
    """The zoo's maker of wheels, which is in no package."""
    spec = importlib.util.spec_from_file_location("zoo_wheels", Path(__file__).parents[1] / "zoo/zoo_wheels.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.wheel


def may_enter() -> bool:
    words = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "mount", "-t", "tmpfs", "x", "/mnt"]
    return (
        shutil.which("unshare") is not None and subprocess.run(words, capture_output=True, check=False).returncode == 0
    )


def planned(folder: Path, os_name: str, python: str) -> Plan:
    check = "import platform, sys\nassert sys.version_info >= (3, 10)\nassert open('/etc/os-release').read()\n"
    good = load_wheels()(folder, "good", files={"good.py": "", "good_check.py": check})
    bad = load_wheels()(folder, "bad", files={"bad.py": "", "bad_check.py": "assert False, 'not here'\n"})
    machine = this_platform()[1]
    return Plan(
        cells=tuple(Cell(name, "1.0", "", os_name, machine, python, "newest") for name in ("bad", "good")),
        recipes={
            one.name.split("-")[0]: Recipe(
                str(one), command=("python", "-m", f"{one.name.split('-')[0]}_check"), entry=one.name.split("-")[0]
            )
            for one in (good, bad)
        },
        offline=True,
    )


def check(found, os_name: str) -> None:
    states = {one.cell.pack: one.state for one in found.results}
    assert states == {"good": State.PASSED, "bad": State.FAILED}
    assert {one.cell.os for one in found.results} == {os_name}
    assert all(one.rung is Rung.TESTED and one.evidence is not None for one in found.results)


@pytest.mark.skipif(not may_enter(), reason="this machine lets nobody make a mount namespace")
def test_cells_run_under_the_machines_own_root_as_if_it_were_another(tmp_path):
    root = Root("twin", "/")
    pythons = pythons_in(root)
    if not pythons:
        pytest.skip("there is no Python in /usr/bin or /usr/local/bin")
    python = max(pythons, key=lambda version: int(version.partition(".")[2]))
    before = sorted(os.listdir("/mnt"))
    check(run_in(root, planned(tmp_path, "twin", python), folder=str(tmp_path / "kept"), wishes=Wishes()), "twin")
    assert sorted(os.listdir("/mnt")) == before


@pytest.mark.deep
def test_cells_run_under_another_distribution(tmp_path):
    given = os.environ.get("PENSTOCK_TEST_ROOT", "")
    if not given or not may_enter():
        pytest.skip("PENSTOCK_TEST_ROOT names no root file system with a Python")
    root = Root("other", given)
    python = max(pythons_in(root))
    check(run_in(root, planned(tmp_path, "other", python), folder=str(tmp_path / "kept"), wishes=Wishes()), "other")


def test_a_plan_is_split_by_the_names_of_roots(tmp_path):
    plan = planned(tmp_path, "debian-12", "3.11")
    root = Root("debian-12", "/srv/debian-12")
    ours, theirs = split(plan, [root, Root("alpine-3", "/srv/alpine")])
    assert ours.cells == ()
    assert theirs[root].cells == plan.cells
    assert len(theirs) == 1


@pytest.mark.parametrize("word", ["debian-12", "linux=/", "Debian=/", "debian-12=/nowhere"])
def test_what_is_no_root_file_system_is_refused(word):
    with pytest.raises(CannotEnter):
        read_roots([word])


def test_a_root_without_python_is_told(tmp_path):
    (tmp_path / "root/mnt").mkdir(parents=True)
    plan = planned(tmp_path, "empty", "3.11")
    with pytest.raises(CannotEnter, match="no Python"):
        run_in(Root("empty", str(tmp_path / "root")), plan, folder=str(tmp_path / "kept"), wishes=Wishes())
