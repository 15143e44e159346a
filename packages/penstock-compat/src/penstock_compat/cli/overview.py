"""Write the help page of the matrix itself.

Takes:   the rows of `commands`.
Gives:   `overview`, `version`: text.
Ignores: how it was asked for; `--help` with and without click prints the same text.
"""

from __future__ import annotations

from penstock_compat.cli.commands import COMMANDS
from penstock_compat.made_by import MADE_BY

_PAGE = """\
Usage: {name} [OPTIONS] COMMAND [ARGS]...

  Where does this pack work? Its own tests, run on every Python and with every set
  of dependencies, and the evidence kept. What nobody tested is unknown, never yes.

  Begin with:
    {name} plan packs/site
    {name} run packs/site --output site.compat.json
    {name} report site.compat.json --format html --output site.html
    {name} can-i-run site --python 3.13 site.compat.json

Options:
  --version     Show the version and exit.
  -h, --help    Show this page and exit; also behind a command.

Commands:
{rows}
Exit codes: 0 clean, 1 something does not work, 2 misuse, 3 not known, 70 our bug.
"""


def overview(name: str) -> str:
    """The help page for the program of that name."""
    width = max(len(command.name) for command in COMMANDS) + 2
    rows = "".join(f"  {command.name:<{width}}{command.line}\n" for command in COMMANDS)
    return _PAGE.format(name=name, rows=rows)


def version() -> str:
    """The line that `--version` prints."""
    return f"{MADE_BY}\n"
