"""The gate's main job, from the shell: the event contract changes, and the gate says what breaks, for whom, and until when."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/contract-gate"

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="the demo makes a git repository")


def test_the_demo_proves_itself_and_says_so_in_words(tmp_path):
    command = [sys.executable, str(EXAMPLE / "demo.py"), "--work", str(tmp_path / "work")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NO " not in done.stdout
    assert done.stdout.rstrip().endswith("all of it holds")
    assert done.stdout.count("\n  yes  ") == 14
    assert {path.name for path in (tmp_path / "work").iterdir()} == {"site", "event.sarif", "event.md", "event.html"}
