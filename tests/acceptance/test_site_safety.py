"""The main job, from the shell: the camera example, killed in the middle, accounts for every record."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/site-safety"

pytestmark = pytest.mark.skipif(
    not hasattr(os, "kill") or sys.platform == "win32", reason="the demo kills with SIGKILL"
)


def test_the_demo_proves_itself_and_says_so_in_words(tmp_path):
    command = [sys.executable, str(EXAMPLE / "demo.py"), "--work", str(tmp_path / "work"), "--detections", "20000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "it ended with -9; now it goes on" in done.stdout
    assert "every line was admitted: 20000 of 20000" in done.stdout
    assert "NO " not in done.stdout
    assert done.stdout.rstrip().endswith("all of it holds")
