"""Cells in real environments: what is tested is what was planned, and no cell disturbs another."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import time
from dataclasses import replace

import pytest

from penstock_compat.facts import Cause, DependencySet, Rung, State
from penstock_compat.run.driver import run
from penstock_compat.run.interpreters import find_pythons
from penstock_compat.run.workshop import Wishes

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


def ran(place, engine, ledger, state, *, wishes=None, told=None, **plan):
    results = run(place.plan(**plan), engine, ledger, folder=state, wishes=wishes or Wishes(by="me"), told=told)
    return {(one.cell.pack, one.cell.core, one.cell.deps): one for one in results.results}


def test_a_cell_that_passed_carries_its_evidence(place, engine, ledger, state):
    place.dependency("needed", "2.0")
    place.dependency("needed", "1.0")
    place.pack("depot", "import needed", requires=["needed>=1"])
    (one,) = ran(place, engine, ledger, state).values()
    assert (one.state, one.cause, one.rung) == (State.PASSED, Cause.NONE, Rung.TESTED), one
    evidence = one.evidence
    assert {name: version for name, (version, _) in evidence.environment.items()} == {"needed": "2.0", "depot": "1.0"}
    assert evidence.pack_digest == evidence.environment["depot"][1]
    assert all(digest.startswith("sha256:") for _, digest in evidence.environment.values())
    assert evidence.interpreter["version"].startswith(HERE)
    assert (evidence.log, evidence.by) == (None, "me")


def test_the_lowest_versions_are_those_that_the_pack_states(place, engine, ledger, state):
    for version in ("1.0", "1.5", "2.0"):
        place.dependency("needed", version)
    place.sets = {
        "lowest": DependencySet("lowest", "lowest"),
        "two": DependencySet("two", constraints=("needed==2.0",)),
    }
    place.pack("depot", requires=["needed>=1.5"], requires_python=">=3.8")
    found = ran(place, engine, ledger, state)
    versions = {deps: one.evidence.environment["needed"][0] for (_, _, deps), one in found.items()}
    assert versions == {"lowest": "1.5", "two": "2.0"}


def test_what_the_tests_need_is_the_newest_even_where_the_pack_has_the_lowest(place, engine, ledger, state):
    for version in ("1.0", "2.0"):
        place.dependency("needed", version)
        place.dependency("tool", version)
    place.sets = {"lowest": DependencySet("lowest", "lowest")}
    place.pack("depot", requires=["needed>=1"])
    place.recipes["depot"] = replace(place.recipes["depot"], requires=("tool",))
    (one,) = ran(place, engine, ledger, state).values()
    found = {name: version for name, (version, _) in one.evidence.environment.items()}
    assert found == {"needed": "1.0", "depot": "1.0", "tool": "2.0"}


def test_an_unchanged_cell_is_known_and_a_changed_one_is_run(place, uv, ledger, state):
    place.pack("one")
    place.pack("two")
    known = []

    def told(result, was_known):
        known.append((result.cell.pack, was_known))

    ran(place, uv, ledger, state, told=told)
    place.pack("two", "CHANGED = 1")
    ran(place, uv, ledger, state, told=told)
    assert sorted(known[:2]) == [("one", False), ("two", False)]
    assert sorted(known[2:]) == [("one", True), ("two", False)]


def test_what_did_not_pass_can_be_run_again(place, uv, ledger, state):
    place.pack("bad", command=("python", "-c", "raise SystemExit(1)"))
    known = []
    for again in (False, False, True):
        ran(place, uv, ledger, state, wishes=Wishes(again=again), told=lambda _, was: known.append(was))
    assert known == [False, True, False]


def test_no_variable_chooses_where_anything_goes_or_what_a_test_sees(place, uv, ledger, state, monkeypatch, tmp_path):
    for name in (
        "PIP_TARGET",
        "PIP_PREFIX",
        "UV_TARGET",
        "UV_PROJECT_ENVIRONMENT",
        "PYTHONPATH",
        "VIRTUAL_ENV",
        "UV_PYTHON",
    ):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    monkeypatch.setenv("SECRET", "x")
    code = "import os, sys\nassert 'SECRET' not in os.environ and 'PYTHONPATH' not in os.environ\n"
    code += "assert sys.prefix == os.environ['VIRTUAL_ENV'] and os.environ['HOME'].endswith('home')"
    place.pack("depot", code)
    found = ran(place, uv, ledger, state)
    assert {one.state for one in found.values()} == {State.PASSED}, found
    assert not (tmp_path / "elsewhere").exists()


def test_a_pack_that_deletes_its_environment_harms_nobody(place, uv, ledger, state):
    place.dependency("shared", "1.0", "VALUE = 1")
    place.pack("killer", requires=["shared"], command=("python", "-c", "import shutil, sys; shutil.rmtree(sys.prefix)"))
    place.pack("victim", "import shared; assert shared.VALUE == 1", requires=["shared"])
    ran(place, uv, ledger, state, wishes=Wishes(jobs=1))
    assert ran(place, uv, ledger, state, wishes=Wishes(jobs=1, anew=True))["victim", "", "newest"].state is State.PASSED


def test_a_pack_that_writes_into_a_file_it_shares_is_run_with_files_of_its_own(place, uv, ledger, state):
    place.dependency("shared", "1.0", "VALUE = 1\n")
    spoil = "import shared; assert shared.VALUE == 1; open(shared.__file__, 'w').write('VALUE = 2')"
    place.pack("spoiler", requires=["shared"], command=("python", "-c", spoil))
    place.pack("victim", "import shared; assert shared.VALUE == 1", requires=["shared"])
    for _ in range(2):
        found = ran(place, uv, ledger, state, wishes=Wishes(jobs=1, anew=True))
        assert {one.state for one in found.values()} == {State.PASSED}, found


def test_hanging_crashing_and_shouting_packs_do_not_stop_the_others(place, uv, ledger, state):
    place.pack("hangs", command=("python", "-c", "while True: pass"), timeout=1.0)
    place.pack("crashes", command=("python", "-c", "import os; os.kill(os.getpid(), 11)"))
    place.pack("shouts", command=("python", "-c", "while True: print('x' * 9999)"), output=2**20)
    place.pack("fails", command=("python", "-c", "raise SystemExit(1)"))
    place.pack("good")
    found = {pack: one.state for (pack, _, _), one in ran(place, uv, ledger, state).items()}
    assert found["good"] is State.PASSED
    assert (found["hangs"], found["crashes"]) == (State.TIMEOUT, State.CRASHED)
    assert State.PASSED not in (found["shouts"], found["fails"])


def test_a_python_that_the_pack_does_not_support_is_left_alone_without_a_build(place, uv, ledger, state):
    place.pack("depot", requires_python="<3")
    (one,) = ran(place, uv, ledger, state).values()
    assert (one.state, one.rung, one.evidence) == (State.SKIPPED, Rung.DECLARED, None)


def test_a_python_that_is_not_here_is_unknown(place, uv, ledger, state):
    place.pack("depot")
    (one,) = ran(place, uv, ledger, state, pythons=("3.99",)).values()
    assert (one.state, one.rung, one.cause) == (State.UNKNOWN, Rung.UNKNOWN, Cause.ENVIRONMENT)


def test_an_interpreter_that_is_another_than_it_was_said_to_be_is_not_believed(place, uv, ledger, state):
    place.pack("depot")
    other = next(version for version in ("3.10", "3.11", "3.12") if version != HERE)
    plan = replace(place.plan(pythons=(other,)), pythons={other: find_pythons([HERE])[HERE]})
    (one,) = run(plan, uv, ledger, folder=state).results
    assert (one.state, one.cause) == (State.UNKNOWN, Cause.ENVIRONMENT)


def test_a_name_in_a_local_folder_is_looked_for_nowhere_else(place, uv, ledger, state):
    place.dependency("pip", "0.0.1", "OURS = True")  # the whole world has another one, and a newer
    place.pack("depot", "import pip; assert pip.OURS", requires=["pip"])
    plan = replace(place.plan(), offline=False)
    (one,) = run(plan, uv, ledger, folder=state).results
    assert one.state is State.PASSED, one
    assert one.evidence.environment["pip"][0] == "0.0.1"


HOST = "def serve(): return {answer}"
USER = "import host\nassert host.serve() == 1"


def test_the_host_is_blamed_where_the_control_passed_in_the_same_environment(place, uv, ledger, state):
    place.dependency("host", "1.0", HOST.format(answer=1))
    place.dependency("host", "2.0", HOST.format(answer=2))
    place.pack("depot", USER, requires=["host"])
    found = ran(place, uv, ledger, state, core="host", cores=("1.0", "2.0"))
    assert found["depot", "1.0", "newest"].state is State.PASSED, found
    assert found["depot", "2.0", "newest"].cause is Cause.HOST, found


def test_the_host_is_not_blamed_where_it_cannot_even_be_imported(place, uv, ledger, state):
    place.dependency("host", "1.0", HOST.format(answer=1))
    place.dependency("host", "2.0", "import nothing_of_that_name")
    place.pack("depot", command=("python", "-c", "import host"), requires=["host"])
    found = ran(place, uv, ledger, state, core="host", cores=("1.0", "2.0"))
    assert found["depot", "2.0", "newest"].state is not State.PASSED
    assert found["depot", "2.0", "newest"].cause is not Cause.HOST, found


BACKEND = """
import sys, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "depot-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as archive:
        archive.write("site_pack.py", "site_pack.py")
        archive.writestr("depot-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: depot\\nVersion: 1.0\\n")
        archive.writestr("depot-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr("depot-1.0.dist-info/RECORD", "site_pack.py,,\\ndepot-1.0.dist-info/METADATA,,\\ndepot-1.0.dist-info/WHEEL,,\\ndepot-1.0.dist-info/RECORD,,\\n")
    return name
"""


def folder_pack(home):
    (home / "tests").mkdir(parents=True)
    (home / "backend.py").write_text(BACKEND)
    (home / "site_pack.py").write_text("ANSWER = 42\n")
    (home / "tests/check.py").write_text(
        "import site_pack, sys\nassert 'site-packages' in site_pack.__file__\nassert site_pack.ANSWER == 42\n"
    )
    (home / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n[project]\nname = "depot"\nversion = "1.0"\n'
    )
    return home


def test_a_pack_in_a_folder_is_built_and_its_tests_see_the_wheel_and_not_the_tree(
    place, engine, ledger, state, tmp_path
):
    home = folder_pack(tmp_path / "tree")
    place.pack("depot")
    place.recipes["depot"] = replace(place.recipes["depot"], source=str(home), command=("python", "-m", "tests.check"))
    (one,) = ran(place, engine, ledger, state).values()
    assert one.state is State.PASSED, one
    assert sorted(os.listdir(home)) == ["backend.py", "pyproject.toml", "site_pack.py", "tests"]


def test_an_sdist_is_built_and_its_tests_are_run(place, uv, ledger, state, tmp_path):
    home = folder_pack(tmp_path / "depot-1.0")
    (home / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: depot\nVersion: 1.0\n")
    with tarfile.open(tmp_path / "depot-1.0.tar.gz", "w:gz") as archive:
        archive.add(home, "depot-1.0")
    place.pack("depot")
    command = ("python", "-m", "tests.check")
    place.recipes["depot"] = replace(place.recipes["depot"], source=str(tmp_path / "depot-1.0.tar.gz"), command=command)
    (one,) = ran(place, uv, ledger, state).values()
    assert one.state is State.PASSED, one


def test_a_build_that_fails_is_told_with_its_log_and_leaves_the_others(place, uv, ledger, state, tmp_path):
    home = folder_pack(tmp_path / "tree")
    (home / "backend.py").write_text("def build_wheel(*a, **k):\n    raise RuntimeError('no compiler')\n")
    place.pack("depot")
    place.recipes["depot"] = replace(place.recipes["depot"], source=str(home))
    place.pack("good")
    found = {pack: one for (pack, _, _), one in ran(place, uv, ledger, state).items()}
    assert (found["depot"].state, found["good"].state) == (State.BUILD_FAILED, State.PASSED)
    assert "no compiler" in str(found["depot"].failure)


@pytest.mark.slow
def test_two_interpreters_have_trees_of_their_own(place, uv, ledger, state):
    pythons = list(find_pythons(("3.10", "3.11", "3.12", "3.13")))[:2]
    if len(pythons) < 2:
        pytest.skip("there is only one interpreter here")
    place.pack("depot", "import sys; print(sys.version)")
    results = run(place.plan(pythons=pythons), uv, ledger, folder=state).results
    assert [one.evidence.interpreter["version"].rsplit(".", 1)[0] for one in results] == pythons


def test_an_interrupted_run_ends_at_once_keeps_what_it_knows_and_leaves_nothing(place, uv, ledger, state):
    place.pack("first")
    place.pack("hangs", command=("python", "-c", "import time; time.sleep(600)"))
    place.pack("later", command=("python", "-c", "import time; time.sleep(600)"))

    def interrupt(result, known):
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        ran(place, uv, ledger, state, wishes=Wishes(jobs=2), told=interrupt)
    assert time.monotonic() - began < 60
    assert not [name for name in os.listdir(state) if name.startswith("scratch")]
    known = {}

    def told(result, was):
        known[result.cell.pack] = was

    for _ in range(2):  # what an impatient run has ended is not known either
        ran(place, uv, ledger, state, wishes=Wishes(timeout=0.5), told=told)
        assert known == {"first": True, "hangs": False, "later": False}


def test_what_a_killed_run_left_is_removed_by_the_next(place, uv, ledger, state):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = os.path.join(state, f"scratch-{gone.pid}-abc", "cell", "locked")
    os.makedirs(left)
    open(os.path.join(left, "file"), "w").close()
    os.chmod(left, 0o500)
    place.pack("depot")
    ran(place, uv, ledger, state)
    assert not [name for name in os.listdir(state) if name.startswith("scratch")]


def test_what_an_import_starts_is_ended_with_it(place, uv, ledger, state, tmp_path):
    note = tmp_path / "number"
    code = "import subprocess, sys\n"
    code += "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)\n"
    code += f"open({str(note)!r}, 'w').write(str(child.pid))\n"
    place.pack("depot", code, command=("python", "-c", "1"))
    if not os.path.isdir("/proc"):
        pytest.skip("only Linux shows environments")
    ran(place, uv, ledger, state)
    with pytest.raises(ProcessLookupError):
        _reaped(int(note.read_text()))


def _reaped(number):
    """Raises `ProcessLookupError` when the process is gone; one that ended and waits to be reaped counts as gone."""
    os.kill(number, 0)
    with open(f"/proc/{number}/stat", encoding="utf-8") as file:
        if file.read().rsplit(")", 1)[1].split()[0] in "ZX":
            raise ProcessLookupError(number)
