"""Three answers to a dead uplink, and a change of mind in the middle of an outage: the demo proves itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/site-safety"


@pytest.mark.slow
def test_the_policies_demo_proves_itself_and_says_so_in_words(tmp_path):
    command = [sys.executable, str(EXAMPLE / "policies_demo.py"), "--work", str(tmp_path / "work")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NO " not in done.stdout
    assert done.stdout.count("rule 1 of") == 6, "each of three files explains what it binds to the uplink"
    assert "yes  the graph has the same digest under all of them" in done.stdout
    assert "yes  every event had its effect once, or was refused" in done.stdout
    assert done.stdout.rstrip().endswith("all of it holds")
