"""Write the help page of the gate itself.

Takes:   the rows of `commands`.
Gives:   `overview`, `version`: text.
Ignores: how it was asked for; `--help` with and without click prints the same text.
"""

from __future__ import annotations

from penstock_contracts.cli.commands import COMMANDS
from penstock_findings.cli.pages import page, sections

VERSION = "0.1.0"

_HEAD = """\
Usage: {name} [OPTIONS] COMMAND [ARGS]...

  Does the new contract keep the old one's promises? Proved, or refuted with a
  payload that shows it, or undecided; never guessed.

  Begin with:
    {name} diff old.json new.json
    {name} diff --against main events/alert.json
    {name} diff --against v1.2.0 --mode full packs/site
    {name} check flow.graph.yaml
    {name} explain K208
"""
_TAIL = """\
Exit codes: 0 compatible, 1 breaking, 2 misuse, 3 undecided or no baseline, 70 our bug.
"""


def overview(name: str) -> str:
    """The help page for the program of that name."""
    return page(_HEAD.format(name=name), sections(COMMANDS), _TAIL)


def version() -> str:
    """The line that `--version` prints."""
    return f"penstock-contracts {VERSION}\n"
