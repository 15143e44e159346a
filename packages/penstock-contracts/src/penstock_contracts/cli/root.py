"""Introduce click to the commands of the gate.

Takes:   the words of the command line.
Gives:   `contracts`, the click group; `run`, which gives the exit code.
Ignores: how commands are found and called (`penstock_findings.cli`).
"""

from __future__ import annotations

from penstock_contracts.cli.commands import COMMANDS
from penstock_contracts.cli.overview import overview, version
from penstock_findings.cli.root import Root

contracts = Root("contracts", COMMANDS, overview, version)


def run(words: list[str]) -> int | None:
    """Do what the words say."""
    return contracts.run(words, "penstock-contracts")
