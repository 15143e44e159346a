"""`penstock run --require-evidence`: the core asks the matrix whether the packs of a graph are proven on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from pathlib import Path

import pytest

from penstock_compat.facts import Cause, Cell, Evidence, Result, Results, Rung, State
from penstock_compat.formats import write_results
from penstock_compat.place import here

GRAPH = """\
format: 1
name: orders
nodes:
  read: {type: jsonl-source, config: {path: orders.jsonl}}
  write: {type: jsonl-sink, config: {path: out.jsonl}}
links: [{from: read, to: write}]
"""


class Site:
    """A folder with a graph, and the evidence that there is for its packs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "orders.jsonl").write_text('{"total": 1}\n')
        (folder / "orders.graph.yaml").write_text(GRAPH)

    def evidence(self, *results: Result) -> None:
        """Write the results that a release job would have left here."""
        write_results(Results("by hand", results), self.folder / "all.compat.json")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Type `penstock run`."""
        command = [sys.executable, "-m", "penstock", "run", "orders.graph.yaml", "--until-idle", *words]
        environment = {**os.environ, "NO_COLOR": "1"}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    @property
    def ran(self) -> bool:
        """Whether a record came through."""
        return (self.folder / "out.jsonl").exists()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def result(state: State = State.PASSED, *, days: float = 0, **installed: str) -> Result:
    """What a test of the standard pack on this very machine came to, so many days ago."""
    place = here()
    cell = Cell(
        "penstock-standard", version("penstock-standard"), place.core, place.os, place.arch, place.python, "newest"
    )
    at = datetime.now(timezone.utc) - timedelta(days=days)
    environment = {name: (number, "") for name, number in installed.items()}
    proof = Evidence((), environment, "", "", {}, 1.0, "", None, at.isoformat(), "the release job")
    cause = Cause.NONE if state is State.PASSED else Cause.PACK
    return Result(cell, state, cause, Rung.TESTED, proof)


def test_a_graph_whose_packs_are_proven_here_runs(site):
    site.evidence(result())
    done = site.run("--require-evidence", "all.compat.json")
    assert done.returncode == 0, done.stderr
    assert site.ran


def test_without_evidence_nothing_runs(site):
    other = result()
    site.evidence(replace(other, cell=replace(other.cell, python="3.9")))
    done = site.run("--require-evidence", "all.compat.json")
    assert done.returncode == 1
    assert "error C501: no evidence covers `penstock-standard" in done.stderr
    assert not site.ran


def test_a_warning_lets_it_run(site):
    site.evidence()
    done = site.run("--require-evidence", "all.compat.json", "--without-evidence", "warn")
    assert done.returncode == 0, done.stderr
    assert "warning C501" in done.stderr
    assert site.ran


def test_evidence_that_it_does_not_work_refuses(site):
    site.evidence(result(State.FAILED))
    done = site.run("--require-evidence", "all.compat.json")
    assert done.returncode == 1
    assert "error C502" in done.stderr


def test_stale_evidence_is_none(site):
    site.evidence(result(days=90))
    done = site.run("--require-evidence", "all.compat.json")
    assert done.returncode == 1
    assert "C501" in done.stderr


def test_other_versions_than_were_tested_are_told(site):
    site.evidence(result(click="0.1"))
    done = site.run("--require-evidence", "all.compat.json")
    assert done.returncode == 0, done.stderr
    assert "warning C503" in done.stderr
    assert "click" in done.stderr


def test_a_file_that_is_none_is_a_finding(site):
    (site.folder / "all.compat.json").write_text('{"format": 99}')
    done = site.run("--require-evidence", "all.compat.json")
    assert done.returncode != 0
    assert "C103" in done.stderr
    assert "Traceback" not in done.stderr
    assert not site.ran


def test_the_manifest_says_that_the_hook_is_there(site):
    import penstock_compat

    manifest = json.loads(Path(penstock_compat.__file__).with_name("penstock-pack.json").read_text("utf-8"))
    assert "penstock_run_evidence" in manifest["hooks"]
