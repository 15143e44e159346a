"""Write the help page of `penstock` itself.

Takes:   the rows of `commands`, and what installed packs add.
Gives:   `overview`, `version`: text.
Ignores: how it was asked for; `--help` with and without click prints the same text.
"""

from __future__ import annotations

from penstock._version import VERSION
from penstock.cli.commands import COMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

OPTIONS = (
    ("--version", "Show the version and exit."),
    ("-h, --help", "Show this page and exit; also behind a command."),
)
_HEAD = """\
Usage: penstock [OPTIONS] COMMAND [ARGS]...

  Carry every record through a graph of nodes, and prove before anything runs
  that the parts fit.

  Begin with:
    penstock nodes                     what can be joined
    penstock check flow.graph.yaml     find every mistake, run nothing
    penstock run flow.graph.yaml       carry records through it
    penstock explain G104              what a finding means
"""
_TAIL = """\
Exit codes: 0 clean, 1 findings, 2 misuse, 3 could not decide or look, 70 our bug.
"""


def overview(added: Mapping[str, str] | None = None) -> str:
    """The help page; `added` are the commands of packs by name, None means those that are installed here."""
    if added is None:
        from penstock._plugins.glance import commands_at_a_glance

        added = commands_at_a_glance()
    own = {command.name for command in COMMANDS}
    others = [(name, line) for name, line in added.items() if name not in own and " " not in name]
    sections = [*_sections(), ("Added by packs", others)]
    width = max(len(name) for _, rows in [("", OPTIONS), *sections] for name, _ in rows) + 2
    parts = [_HEAD, _section("Options", OPTIONS, width)]
    parts += [_section(heading, rows, width) for heading, rows in sections if rows]
    return "\n".join([*parts, _TAIL])


def version() -> str:
    """The line that `--version` prints."""
    return f"penstock {VERSION}\n"


def _sections() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    headings = dict.fromkeys(command.section for command in COMMANDS)
    for heading in headings:
        yield heading, [(command.name, command.line) for command in COMMANDS if command.section == heading]


def _section(heading: str, rows: Iterable[tuple[str, str]], width: int) -> str:
    lines = "".join(f"  {name:<{width}}{line}".rstrip() + "\n" for name, line in rows)
    return f"{heading}:\n{lines}"
