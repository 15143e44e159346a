"""Introduce click to the commands of the matrix.

Takes:   the words of the command line.
Gives:   `compat`, the click group; `run`, which gives the exit code.
Ignores: how commands are found and called (`penstock_findings.cli`).
"""

from __future__ import annotations

from penstock_compat.cli.commands import COMMANDS
from penstock_compat.cli.overview import overview, version
from penstock_findings.cli.root import Root

compat = Root("compat", COMMANDS, overview, version)


def run(words: list[str]) -> int | None:
    """Do what the words say."""
    return compat.run(words, "penstock-compat")
