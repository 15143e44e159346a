"""The reusable workflow does what it says: each of its scripts is run, as a runner would run it."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from penstock_compat.facts import Cause, Failure, Results, State
from penstock_compat.formats import write_results

WORKFLOW = Path(__file__).resolve().parents[4] / ".github/workflows/compat.yml"

pytestmark = pytest.mark.skipif(
    shutil.which("bash") is None or not WORKFLOW.exists(), reason="it needs bash and the tree of the repository"
)


@pytest.fixture(scope="module")
def jobs():
    return yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]


class Runner:
    """A folder in which the scripts of steps are run, and what they leave for other steps."""

    def __init__(self, folder):
        self.folder = folder
        programs = folder / "bin"
        programs.mkdir()
        shim = programs / "penstock-compat"  # this interpreter's, whatever else is on the path
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m penstock_compat "$@"\n')
        shim.chmod(0o755)
        self.environment = {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        }

    def run(self, job, name, **env):
        """The script of one step."""
        step = next(step for step in job["steps"] if step.get("id") == name)
        missing = {key for key in step.get("env", {}) if key not in env}
        assert missing == set()
        return subprocess.run(
            ["bash", "-e", "-c", step["run"]], cwd=self.folder, env={**self.environment, **env}, capture_output=True,
            text=True, timeout=120, check=False,
        )  # fmt: skip

    def left(self, name):
        """What stands in one of the runner's files."""
        return (self.folder / name).read_text("utf-8")


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path)


def put(runner, synthetic, name, python, state=State.PASSED):
    cell = replace(synthetic.matrix(1).results[0].cell, python=python)
    result = replace(synthetic.passed(cell, random.Random(1)), state=state, origin=name)
    if state is not State.PASSED:
        result = replace(result, cause=Cause.PACK, failure=Failure("test", "boom"))
    (runner.folder / "parts").mkdir(exist_ok=True)
    write_results(Results("by hand", (result,)), runner.folder / "parts" / f"{name}.compat.json")


def test_it_publishes_what_the_jobs_have_sent(jobs, runner, synthetic):
    put(runner, synthetic, "a", "3.12")
    put(runner, synthetic, "b", "3.13")
    done = runner.run(jobs["publish"], "report", LABEL="v1", SINCE="", FAIL_ON="unproven")
    assert done.returncode == 0, done.stderr
    assert runner.left("output") == "headline=2 of 2 cells proven\n"
    assert "2 of 2 cells proven" in runner.left("summary")
    made = {path.name for path in (runner.folder / "compat-report").iterdir()}
    assert {"all.compat.json", "index.html", "report.json", "report.md", "badge.json", "junit.xml"} <= made


def test_it_fails_on_a_regression_and_publishes_all_the_same(jobs, runner, synthetic):
    put(runner, synthetic, "a", "3.12")
    assert runner.run(jobs["publish"], "report", LABEL="v1", SINCE="", FAIL_ON="regression").returncode == 0
    shutil.move(runner.folder / "compat-report/report.json", runner.folder / "last.json")
    put(runner, synthetic, "a", "3.12", State.FAILED)
    done = runner.run(jobs["publish"], "report", LABEL="v2", SINCE="last.json", FAIL_ON="regression")
    assert done.returncode == 1
    assert "Since v1: 1 broke." in runner.left("summary")
    assert (runner.folder / "compat-report/index.html").exists()


def test_a_contradiction_fails_the_job(jobs, runner, synthetic):
    put(runner, synthetic, "a", "3.12")
    put(runner, synthetic, "b", "3.12", State.FAILED)
    done = runner.run(jobs["publish"], "report", LABEL="v1", SINCE="", FAIL_ON="never")
    assert done.returncode == 1
    assert "C301" in done.stderr


def test_the_plan_becomes_a_matrix_of_jobs(jobs, runner):
    import json

    (runner.folder / "pack").mkdir()
    (runner.folder / "pack/pyproject.toml").write_text('[project]\nname = "site"\nversion = "1.0"\n')
    done = runner.run(jobs["plan"], "plan", PACKS="pack", AXES="")
    assert done.returncode == 0, done.stderr
    matrix = json.loads(runner.left("output").removeprefix("matrix="))
    assert {row["python"] for row in matrix["include"]} == {"3.10", "3.11", "3.12", "3.13"}
    wanted = {key for key in ("name", "runner", "python") if key in matrix["include"][0]}
    assert wanted == {"name", "runner", "python"}


def test_a_job_runs_its_cells_and_sends_what_came_out(jobs, runner):
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    (runner.folder / "pack").mkdir()
    (runner.folder / "pack/pyproject.toml").write_text(
        '[project]\nname = "site"\nversion = "1.0"\nrequires-python = "<3"\n'
    )
    done = runner.run(
        jobs["cells"], "run", PACKS="pack", AXES="", OPTIONS="--quiet", NAME="here", PYTHON=version, BY="job 7"
    )
    assert done.returncode == 0, done.stderr
    assert '"origin":"here"' in runner.left("here.compat.json")


def test_only_the_jobs_with_cells_run_packs(jobs):
    for name in ("plan", "publish"):
        for step in jobs[name]["steps"]:
            assert "penstock-compat run" not in step.get("run", "")
    assert "${{" not in "".join(step.get("run", "") for job in jobs.values() for step in job["steps"])
