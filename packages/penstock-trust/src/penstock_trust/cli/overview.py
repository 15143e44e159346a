"""Write the help page of trust itself.

Takes:   the rows of `commands`.
Gives:   `overview`, `version`: text.
Ignores: how it was asked for; `--help` with and without click prints the same text.
"""

from __future__ import annotations

from penstock_findings.cli.pages import page, sections
from penstock_trust.cli.commands import COMMANDS

VERSION = "0.1.0"

_HEAD = """\
Usage: {name} [OPTIONS] COMMAND [ARGS]...

  Which code runs on this machine, who released it, who approved it? Signed,
  decided by a policy file, and written down so that it can be proved offline.

  Begin with:
    {name} sign dist/acme_vision-1.4.0-py3-none-any.whl
    {name} verify dist/*.whl --policy policy.toml --explain
    {name} policy lint policy.toml
    {name} install dist/*.whl --key office.pem
    {name} status
    {name} explain T324
"""
_TAIL = """\
Exit codes: 0 accepted or clean, 1 refused or findings, 2 misuse, 3 unknown (treat it as refused), 70 our bug.
"""


def overview(name: str) -> str:
    """The help page for the program of that name."""
    return page(_HEAD.format(name=name), sections(COMMANDS), _TAIL)


def version() -> str:
    """The line that `--version` prints."""
    return f"penstock-trust {VERSION}\n"
