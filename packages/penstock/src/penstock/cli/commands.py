"""List the commands of `penstock`: one row each, in the order in which the help page shows them.

Takes:   nothing.
Gives:   `COMMANDS`; the quick help page and click's group both read it.
Ignores: options; a command's own module declares them.  Commands that packs add are found, not listed.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Command:
    """One sub-command: its name, the import path of its click command, one line, and the heading it stands under.

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
        """The quick function, imported."""
        return _imported(self.quick or "")


GRAPHS = "Graphs"
PACKS = "Packs"
MACHINE = "This machine"

COMMANDS = (
    Command(
        GRAPHS,
        "check",
        "penstock.cli.check:check",
        "Find every mistake in graph files, without importing a pack.",
        "penstock.cli.checking:from_words",
    ),
    Command(GRAPHS, "run", "penstock.cli.run:run", "Run a graph; it goes on where it stopped."),
    Command(
        GRAPHS,
        "simulate",
        "penstock.cli.simulate:simulate",
        "Run a graph with virtual time and a seed; let things go wrong.",
    ),
    Command(
        GRAPHS,
        "explain-policy",
        "penstock.cli.explain_policy:explain_policy",
        "Say what holds at a node, link or channel, and who said so.",
    ),
    Command(GRAPHS, "profiles", "penstock.cli.profiles:profiles", "List and show profiles: named settings of a run."),
    Command(GRAPHS, "records", "penstock.cli.records:records", "Show where a record has been."),
    Command(GRAPHS, "dlq", "penstock.cli.dlq:dlq", "Look at dead letters: what was given up, and why."),
    Command(GRAPHS, "store", "penstock.cli.store:store", "Look after stores: certify what one may promise."),
    Command(GRAPHS, "graph", "penstock.cli.graph:graph", "Look at a graph: draw it."),
    Command(PACKS, "packs", "penstock.cli.packs:packs", "List the packs that are installed."),
    Command(PACKS, "nodes", "penstock.cli.nodes:nodes", "List node types, or show one with its ports and config."),
    Command(PACKS, "policies", "penstock.cli.policies:policies", "List policy types; see and change what runs."),
    Command(PACKS, "pack", "penstock.cli.pack:pack", "Lock, check and show the manifest of a pack."),
    Command(MACHINE, "explain", "penstock.cli.explain:explain", "Say what a code means, such as G104."),
    Command(MACHINE, "doctor", "penstock.cli.doctor:doctor", "See whether Penstock works well on this machine."),
    Command(MACHINE, "completion", "penstock.cli.completion:completion", "Print the completion script for a shell."),
)


def _imported(path: str) -> Any:
    from importlib import import_module

    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
