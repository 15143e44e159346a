"""List the commands of the gate: one row each, in the order in which the help page shows them.

Takes:   nothing.
Gives:   `COMMANDS`; the quick help page and click's group both read it.
Ignores: options; a command's own module declares them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Command:
    """One sub-command: its name, the import path of its click command, one line."""

    __slots__ = ("door", "line", "name")

    def __init__(self, name: str, door: str, line: str) -> None:
        self.name = name
        self.door = door
        self.line = line

    def command(self) -> Any:
        """The click command, imported."""
        from importlib import import_module

        module, _, name = self.door.partition(":")
        return getattr(import_module(f"penstock_contracts.cli.{module}"), name)


COMMANDS = (
    Command("diff", "diff:diff", "Compare with an older version, and show what breaks."),
    Command("check", "check:check", "Check every link of a graph, or the contracts of a pack."),
    Command("bump", "bump:bump", "Say which version the changes need; --check holds you to it."),
    Command("witness", "witness:witness", "Show one payload that tells two schemas apart."),
    Command("compatible", "compatible:compatible", "Answer a script: is every payload of A one of B?"),
    Command("lock", "lock:lock", "Keep released versions in a file, to compare with later."),
    Command("explain", "explain:explain", "Say what a code means, such as K208."),
    Command("completion", "completion:completion", "Print the completion script for a shell."),
)
