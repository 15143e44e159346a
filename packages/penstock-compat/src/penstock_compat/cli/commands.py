"""List the commands of the matrix: one row each, in the order in which the help page shows them.

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
        return getattr(import_module(f"penstock_compat.cli.{module}"), name)


COMMANDS = (
    Command("plan", "plan:plan", "Say which cells there are, and what they share."),
    Command("run", "run:run", "Run cells, and keep the evidence."),
    Command("export", "export:export", "Write a plan as native tox TOML."),
    Command("import", "import_tox:import_tox", "Make results of what a tox run left behind."),
    Command("static", "static:static", "Judge a pack by sources alone, its own and a core's."),
    Command("bisect", "bisect:bisect", "Find the version of a dependency that breaks a pack."),
    Command("sign", "signing:sign", "Sign result files with a key."),
    Command("merge", "merge:merge", "Put the results of many jobs into one file."),
    Command("report", "report:report", "Tell how every cell stands, in many formats."),
    Command("changes", "changes:changes", "Tell what changed between two reports."),
    Command("can-i-run", "can_i_run:can_i_run", "Answer whether packs are proven in a place."),
    Command("what-blocks", "what_blocks:what_blocks", "Tell what stands in the way of a place."),
    Command("best", "best:best", "Name the newest version that is proven."),
    Command("clean", "clean:clean", "Remove what runs have kept and no longer use."),
    Command("explain", "explain:explain", "Say what a code means, such as C210."),
    Command("completion", "completion:completion", "Print the completion script for a shell."),
)
