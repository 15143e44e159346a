"""Cells by way of tox: what it is told, and what is believed of what it tells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from penstock_compat.errors import CannotRead
from penstock_compat.facts import Rung, State
from penstock_compat.run.tox_engine import export, find_tox, run_with_tox
from penstock_compat.run.tox_import import import_results
from penstock_compat.run.workshop import opened

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
PLATFORM = ("linux", "x86_64")


def ran(code=0, command=("python", "-c", "1"), out=""):
    return {"command": list(command), "output": out, "err": "", "retcode": code, "elapsed": 0.5}


def imported(folder, environments, *, records=None):
    (folder / "result.json").write_text(json.dumps({"toxversion": "4", "testenvs": environments}))
    (folder / "records").mkdir(exist_ok=True)
    for name, version in (records or {}).items():
        line = {"interpreter": {"version": version, "implementation": "CPython"}, "installed": {"site": "1.0"}}
        (folder / "records" / f"{name}.jsonl").write_text(json.dumps(line) + "\n")
    results = import_results(
        str(folder / "result.json"), pack=("site", "1.0"), platform=PLATFORM, records=str(folder / "records"), by="me"
    )
    return {one.cell.deps: one for one in results.results}


def test_an_environment_that_said_what_it_is_is_believed(tmp_path):
    found = imported(tmp_path, {"compat-at312-newest": {"test": [ran()]}}, records={"compat-at312-newest": "3.12.1"})
    one = found["newest"]
    assert (one.state, one.rung, one.cell.python) == (State.PASSED, Rung.TESTED, "3.12")
    assert one.evidence.interpreter["version"] == "3.12.1"


def test_an_environment_that_is_another_python_than_its_name_says_proves_nothing(tmp_path):
    found = imported(tmp_path, {"compat-at312-newest": {"test": [ran()]}}, records={"compat-at312-newest": "3.11.7"})
    assert found["newest"].state is State.UNKNOWN


def test_what_tox_says_of_an_interpreter_is_not_believed(tmp_path):
    row = {"test": [ran()], "python": {"version_info": [3, 12, 1]}, "result": {"success": True}}
    found = imported(tmp_path, {"compat-at312-newest": row})
    assert (found["newest"].state, found["newest"].rung) == (State.UNKNOWN, Rung.UNKNOWN)


def test_an_environment_that_never_ran_is_unknown(tmp_path):
    found = imported(tmp_path, {"compat-at312-newest": {}, "compat-at312-lowest": {"result": {"success": True}}})
    assert {one.state for one in found.values()} == {State.UNKNOWN}


def test_tests_that_left_no_report_are_unknown(tmp_path):
    row = {"test": [ran(command=("python", "-m", "pytest"))]}
    found = imported(tmp_path, {"compat-at312-newest": row}, records={"compat-at312-newest": "3.12.1"})
    assert found["newest"].state is State.UNKNOWN


def test_tests_that_failed_have_failed_and_packaging_is_no_cell(tmp_path):
    rows = {"compat-at312-newest": {"test": [ran(1, out="no")]}, ".pkg": {"test": [ran()]}}
    found = imported(tmp_path, rows, records={"compat-at312-newest": "3.12.1"})
    assert list(found) == ["newest"]
    assert found["newest"].state is State.FAILED


@pytest.mark.parametrize("text", ["", "[]", '{"testenvs": 3}', '{"testenvs": {"a": 3}}', '{"testenvs": {'])
def test_a_result_file_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(CannotRead):
        import_results(str(tmp_path / "r.json"), pack=("site", "1"), platform=PLATFORM)


def test_a_plan_becomes_a_folder_that_holds_all_it_needs(place, uv, ledger, state, tmp_path):
    place.dependency("needed", "1.0")
    place.pack("depot", requires=["needed"])
    with opened(place.plan(), uv, ledger, state) as shop:
        names, others = export(shop, str(tmp_path / "out"))
    assert (names, others) == ([f"depot-at{HERE.replace('.', '')}-newest"], [])
    text = (tmp_path / "out/tox.toml").read_text()
    assert '"{tox_root}/wheels/depot-1.0-py3-none-any.whl", "{tox_root}/wheels/needed-1.0-py3-none-any.whl"' in text
    cells = json.loads((tmp_path / "out/cells.json").read_text())
    assert cells["environments"][names[0]]["cell"].startswith("depot==1.0|core==*|")


needs_tox = pytest.mark.skipif(not find_tox(), reason="tox is not installed here")


@needs_tox
@pytest.mark.slow
def test_tox_comes_to_the_same_results(place, uv, ledger, state):
    place.pack("good")
    place.pack("bad", command=("python", "-c", "raise SystemExit(1)"))
    seen = []
    with opened(place.plan(), uv, ledger, state) as shop:
        results = run_with_tox(shop, lambda result, known: seen.append(result.cell.pack))
    found = {one.cell.pack: one for one in results.results}
    assert (found["good"].state, found["good"].rung) == (State.PASSED, Rung.TESTED), found
    assert found["bad"].state is State.FAILED
    assert sorted(seen) == ["bad", "good"]
    assert found["good"].evidence.environment["good"][1].startswith("sha256:")


@needs_tox
def test_the_plugin_gives_a_pack_with_axes_an_environment_for_each_cell_and_others_none(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "site"\nversion = "1.0"\n')
    (tmp_path / "tox.toml").write_text('env_list = ["mine"]\n[env_run_base]\nskip_install = true\n')
    assert "compat-" not in listed(tmp_path)
    (tmp_path / "compat").mkdir()
    (tmp_path / "compat/axes.toml").write_text(f'format = 1\npythons = ["{HERE}"]\ndeps = ["lowest", "newest"]\n')
    name = f"compat-at{HERE.replace('.', '')}"
    assert [line.split()[0] for line in listed(tmp_path).splitlines() if "compat-" in line] == [
        f"{name}-lowest",
        f"{name}-newest",
    ]


def listed(folder: Path) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("TOX")}
    done = subprocess.run([find_tox(), "list"], cwd=folder, env=env, capture_output=True, text=True, check=True)
    return done.stdout
