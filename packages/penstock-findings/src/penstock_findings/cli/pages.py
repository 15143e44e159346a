"""Write the help page of a program from its table of commands.

Takes:   rows of commands, and the words above and below them.
Gives:   `page`, `sections`: text.
Ignores: how it was asked for; `--help` with and without click prints the same text.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from penstock_findings.cli.commands import Command

    Section = tuple[str, Sequence[tuple[str, str]]]  # a heading; the name of a command and its line

OPTIONS = (
    ("--version", "Show the version and exit."),
    ("-h, --help", "Show this page and exit; also behind a command."),
)


def page(head: str, sections: Iterable[Section], tail: str) -> str:
    """The page: what it is about, the options, every section that has rows, and the exit codes; one column of names."""
    all_sections = [("Options", OPTIONS), *((heading, rows) for heading, rows in sections if rows)]
    width = max(len(name) for _, rows in all_sections for name, _ in rows) + 2
    return "\n".join([head, *(_section(heading, rows, width) for heading, rows in all_sections), tail])


def sections(commands: Sequence[Command]) -> list[Section]:
    """The commands under their headings, in the order in which they were given."""
    headings = dict.fromkeys(command.section for command in commands)
    return [(each, [(one.name, one.line) for one in commands if one.section == each]) for each in headings]


def _section(heading: str, rows: Iterable[tuple[str, str]], width: int) -> str:
    lines = "".join(f"  {name:<{width}}{line}".rstrip() + "\n" for name, line in rows)
    return f"{heading}:\n{lines}"
