"""A release job's work and its users' questions, from the shell: run, merge, publish, ask, and find what broke a pack."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples/compat"


def test_the_demo_proves_itself_and_says_so_in_words(tmp_path):
    command = [sys.executable, str(EXAMPLE / "demo.py"), "--work", str(tmp_path / "work")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NO " not in done.stdout
    assert done.stdout.rstrip().endswith("all of it holds")
    assert done.stdout.count("\n  yes  ") == 14
    made = {path.name for path in (tmp_path / "work").iterdir()}
    assert {"index.html", "report.json", "report.md", "badge.json", "all.compat.json"} <= made
