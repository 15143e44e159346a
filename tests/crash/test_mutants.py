"""Bugs that are planted on purpose are found, each by a story that was there before it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parents[1] / "packages/penstock/src/penstock"
pytestmark = [
    pytest.mark.crash,
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="a story forks"),
]


def _module(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made  # where dataclasses look for their own module
    spec.loader.exec_module(made)
    return made


mutants = _module("mutants")


def tell(source: Path, work: Path, *stories: str) -> subprocess.CompletedProcess[str]:
    """Let stories happen to the package below `source`."""
    command = [sys.executable, str(HERE / "scenarios.py"), str(work), *stories]
    environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.startswith(str(source / "penstock")), (done.stdout, done.stderr)
    return done


def copied(tmp_path: Path) -> Path:
    """A copy of the package that can be spoilt."""
    shutil.copytree(PACKAGE, tmp_path / "source/penstock")
    return tmp_path / "source"


@pytest.mark.parametrize("mutant", mutants.MUTANTS, ids=lambda mutant: mutant.broken.replace(" ", "-"))
def test_a_planted_bug_is_found(tmp_path: Path, mutant: Any) -> None:
    source = copied(tmp_path)
    file = source / "penstock" / mutant.file
    file.write_text(mutant.planted_in(file.read_text(encoding="utf-8")), encoding="utf-8")
    done = tell(source, tmp_path / "work", mutant.story)
    assert done.returncode == 1, (done.stdout[-2000:], done.stderr[-4000:])
    assert f"\n{mutant.story}: " in done.stdout, (done.stdout, done.stderr[-2000:])


def test_without_a_bug_every_story_ends_well(tmp_path: Path) -> None:
    done = tell(copied(tmp_path), tmp_path / "work", *sorted({mutant.story for mutant in mutants.MUTANTS}))
    assert done.returncode == 0, (done.stdout[-4000:], done.stderr[-4000:])


def test_there_are_at_least_a_dozen() -> None:
    assert len({mutant.broken for mutant in mutants.MUTANTS}) >= 12
