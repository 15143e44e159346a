"""Write the help page of trust itself.

Takes:   the rows of `commands`.
Gives:   `overview`, `version`: text.
Ignores: how it was asked for; `--help` with and without click prints the same text.
"""

from __future__ import annotations

from penstock_trust.cli.commands import COMMANDS

VERSION = "0.1.0"

_PAGE = """\
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

Options:
  --version     Show the version and exit.
  -h, --help    Show this page and exit; also behind a command.

{sections}
Exit codes: 0 accepted or clean, 1 refused or findings, 2 misuse, 3 unknown (treat it as refused), 70 our bug.
"""


def overview(name: str) -> str:
    """The help page for the program of that name."""
    width = max(len(command.name) for command in COMMANDS) + 2
    parts = []
    for section in dict.fromkeys(command.section for command in COMMANDS):
        rows = [f"  {one.name:<{width}}{one.line}\n" for one in COMMANDS if one.section == section]
        parts.append(f"{section}:\n{''.join(rows)}")
    return _PAGE.format(name=name, sections="\n".join(parts))


def version() -> str:
    """The line that `--version` prints."""
    return f"penstock-trust {VERSION}\n"
