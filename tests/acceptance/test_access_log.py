"""A web server's log, from the shell: the example agrees with a plain count of the same lines."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples/access-log"


def test_the_graph_agrees_with_a_plain_count(tmp_path):
    command = [sys.executable, str(EXAMPLE / "demo.py"), "--work", str(tmp_path / "work")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "yes  every line was admitted" in done.stdout
    assert "NO " not in done.stdout
