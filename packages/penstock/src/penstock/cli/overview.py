"""Write the help page of `penstock` itself.

Takes:   the rows of `commands`, and what installed packs add.
Gives:   `overview`, `version`: text.
Ignores: how it was asked for; `--help` with and without click prints the same text.
"""

from __future__ import annotations

from penstock._version import VERSION
from penstock.cli.commands import COMMANDS
from penstock_findings.cli.pages import page, sections

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_HEAD = """\
Usage: {name} [OPTIONS] COMMAND [ARGS]...

  Carry every record through a graph of nodes, and prove before anything runs
  that the parts fit.

  Begin with:
    {name} nodes                     what can be joined
    {name} check flow.graph.yaml     find every mistake, run nothing
    {name} run flow.graph.yaml       carry records through it
    {name} explain G104              what a finding means
"""
_TAIL = """\
Exit codes: 0 clean, 1 findings, 2 misuse, 3 could not decide or look, 70 our bug.
"""


def overview(name: str = "penstock", *, added: Mapping[str, str] | None = None) -> str:
    """The help page; `added` are the commands of packs by name, None means those that are installed here."""
    if added is None:
        from penstock._plugins.glance import commands_at_a_glance

        added = commands_at_a_glance()
    own = {command.name for command in COMMANDS}
    others = [(one, line) for one, line in added.items() if one not in own and " " not in one]
    return page(_HEAD.format(name=name), [*sections(COMMANDS), ("Added by packs", others)], _TAIL)


def version() -> str:
    """The line that `--version` prints."""
    return f"penstock {VERSION}\n"
