"""Bugs that are planted on purpose are caught, each by a law or a part of the corpus that was there before it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parents[1] / "src/penstock_contracts"
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="each copy is asked in a forked process")


def caught(work: Path, *words: str) -> list[dict[str, str]]:
    """What `catch.py` prints."""
    command = [sys.executable, str(HERE / "catch.py"), str(PACKAGE), str(work), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_place_is_there_once() -> None:
    """Where it is not, the line was rewritten: plant the bug anew in the new one."""
    found = subprocess.run(
        [sys.executable, str(HERE / "mutants.py"), str(PACKAGE)], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("share", ["0/2", "1/2"])
def test_every_planted_bug_is_caught(tmp_path: Path, share: str) -> None:
    found = caught(tmp_path, "--share", share)
    assert len(found) >= 15
    assert not [result["broken"] for result in found if not result["found"]]


@pytest.mark.deep
def test_in_the_sound_engine_no_law_finds_anything(tmp_path: Path) -> None:
    found = caught(tmp_path, "--sound")
    assert found
    assert not [result for result in found if result["found"]]
