"""Introduce click to the commands of trust.

Takes:   the words of the command line.
Gives:   `trust`, the click group; `run`, which gives the exit code.
Ignores: how commands are found and called (`penstock_findings.cli`).
"""

from __future__ import annotations

from penstock_findings.cli.root import Root
from penstock_trust.cli.commands import COMMANDS
from penstock_trust.cli.overview import overview, version

trust = Root("trust", COMMANDS, overview, version)


def run(words: list[str]) -> int | None:
    """Do what the words say."""
    return trust.run(words, "penstock-trust")
