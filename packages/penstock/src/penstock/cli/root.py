"""Introduce click to the commands of the core, and to those that packs add.

Takes:   the words of the command line.
Gives:   `root`, the click group; `run`, which gives the exit code.
Ignores: how commands are found and called (`penstock_findings.cli`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock._plugins.glance import commands_at_a_glance
from penstock.cli.added import command_of_a_pack
from penstock.cli.commands import COMMANDS
from penstock.cli.overview import overview, version
from penstock_findings.cli.root import Root

if TYPE_CHECKING:
    import click


class OpenRoot(Root):
    """The `penstock` command, to which packs may add."""

    def others(self) -> dict[str, str]:
        return {name: line for name, line in commands_at_a_glance().items() if " " not in name}

    def other(self, name: str) -> click.Command | None:
        return command_of_a_pack(name)


root = OpenRoot("penstock", COMMANDS, overview, version)


def run(words: list[str]) -> int | None:
    """Do what the words say."""
    return root.run(words, "penstock")
