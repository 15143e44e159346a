"""Write the help page of the matrix itself.

Takes:   the rows of `commands`.
Gives:   `overview`, `version`: text.
Ignores: how it was asked for; `--help` with and without click prints the same text.
"""

from __future__ import annotations

from penstock_compat.cli.commands import COMMANDS
from penstock_compat.made_by import MADE_BY
from penstock_findings.cli.pages import page, sections

_HEAD = """\
Usage: {name} [OPTIONS] COMMAND [ARGS]...

  Where does this pack work? Its own tests, run on every Python and with every set
  of dependencies, and the evidence kept. What nobody tested is unknown, never yes.

  Begin with:
    {name} plan packs/site
    {name} run packs/site --output site.compat.json
    {name} report site.compat.json --format html --output site.html
    {name} can-i-run site --python 3.13 site.compat.json
"""
_TAIL = """\
Exit codes: 0 clean, 1 something does not work, 2 misuse, 3 not known, 70 our bug.
"""


def overview(name: str) -> str:
    """The help page for the program of that name."""
    return page(_HEAD.format(name=name), sections(COMMANDS), _TAIL)


def version() -> str:
    """The line that `--version` prints."""
    return f"{MADE_BY}\n"
