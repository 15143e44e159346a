"""A command that a pack adds ends below `penstock` as it does alone when nobody reads on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from penstock_findings.ending import NO_READER


@pytest.mark.parametrize("module", ["penstock_contracts", "penstock_trust", "penstock_compat"])
@pytest.mark.parametrize("below", [False, True])
def test_a_closed_pipe_is_no_bug(module: str, below: bool) -> None:
    words = ["penstock", module.removeprefix("penstock_")] if below else [module]
    reader, writer = os.pipe()
    os.close(reader)
    try:
        command = [sys.executable, "-m", *words, "explain", "--json"]
        done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (NO_READER, "")
