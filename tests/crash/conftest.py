"""Run a campaign of kills as a program of its own, and hand its findings to a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
Campaign = Callable[..., dict[str, Any]]


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    """`campaign("every_boundary.py", "inside")`: what the program prints. Forking wants a process with one thread."""
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork here")

    def run(program: str, *words: object) -> dict[str, Any]:
        command = [sys.executable, str(HERE / program), str(tmp_path / "work"), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        sys.stderr.write(done.stderr[-8000:])  # what children raised; shown when the test fails
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return run
