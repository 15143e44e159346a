"""A table of commands: what is known of each before it is imported.

Takes:   names, import paths, lines.
Gives:   `table`: rows of `Command`.
Ignores: options; a command's own module declares them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Row = tuple[str, str, str] | tuple[str, str, str, str]  # name, door, line; the quick door


class Command:
    """One sub-command: the heading it stands under, its name, the import path of its click command, and one line.

    `quick` is the import path of a function that takes the words behind the name and gives the exit code, or None
    when the words are not of the plain kind; it is tried first, and does without click.
    """

    __slots__ = ("door", "line", "name", "quick", "section")

    def __init__(self, section: str, name: str, door: str, line: str, quick: str | None = None) -> None:
        self.section = section
        self.name = name
        self.door = door
        self.line = line
        self.quick = quick

    def command(self) -> Any:
        """The click command, imported."""
        return _imported(self.door)

    def quick_door(self) -> Any:
        """The quick function, imported; None when there is none."""
        return _imported(self.quick) if self.quick else None


def table(home: str, sections: Mapping[str, Sequence[Row]]) -> tuple[Command, ...]:
    """The commands under their headings; their doors, as `module:name`, are below the package `home`.

    >>> [row] = table("acme.cli", {"Commands": [("look", "looking:look", "Look at it.")]})
    >>> row.section, row.door
    ('Commands', 'acme.cli.looking:look')
    """
    return tuple(
        Command(heading, name, f"{home}.{door}", line, *(f"{home}.{one}" for one in quick))
        for heading, rows in sections.items()
        for name, door, line, *quick in rows
    )


def _imported(path: str) -> Any:
    from importlib import import_module

    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
