"""However `penstock` ends, its exit code says how, as a program of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def test_a_reader_that_leaves_is_not_complained_about(site):
    site.pack("wordy", *(f"node-{number}" for number in range(3000)))  # more than a pipe holds
    command = f"{sys.executable} -m penstock nodes; echo code $? >&2"
    done = subprocess.run(
        ["bash", "-c", f"({command}) | head -1"],
        capture_output=True,
        text=True,
        env=site.environment(),
        cwd=site.folder,
    )
    assert done.stdout.startswith("NODE")
    assert done.stderr == "code 141\n"


@pytest.mark.parametrize("words", [["--help"], ["nodes"], ["completion", "bash"]])
def test_nobody_to_read_is_not_complained_about_either(site, words):
    site.pack("acme", "zone")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "penstock", *words], stdout=writer, stderr=subprocess.PIPE, env=site.environment()
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_output_that_the_terminal_cannot_show_is_shown_as_escapes(site):
    site.pack("acme", code="", commands=[{"name": "vision", "doc": "Größe → 1", "import_path": "acme:x"}])
    done = site.penstock("--help", environment={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "Gr\\xf6\\xdfe \\u2192 1" in done.stdout


def test_the_module_and_the_console_script_are_one(site):
    script = Path(sys.executable).parent / "penstock"
    if not script.exists():
        pytest.skip("penstock is not installed here as a script")
    done = subprocess.run([script, "--help"], capture_output=True, text=True, env=site.environment())
    assert done.stdout == site.penstock("--help").stdout
