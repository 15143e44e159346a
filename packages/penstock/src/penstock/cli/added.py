"""The commands that packs add: below `penstock`, or below one of its groups.

Takes:   the name of a command, one word or two.
Gives:   `command_of_a_pack`, admitted and imported; `OpenGroup`, a group of ours that packs may add to.
Ignores: what the commands do.
"""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from penstock._plugins.glance import commands_at_a_glance


class OpenGroup(click.Group):
    """A group with commands of its own, and those that packs offer as `GROUP NAME`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *self._added()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or command_of_a_pack(f"{self.name} {cmd_name}")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self._lines().items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        found = [CompletionItem(name, help=line) for name, line in self._lines().items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def _lines(self) -> dict[str, str]:
        """What each command does in a line; no code of a pack is imported for it."""
        own = {name: command.get_short_help_str(80) for name, command in sorted(self.commands.items())}
        return {**own, **self._added()}

    def _added(self) -> dict[str, str]:
        found = {name.partition(" ")[::2]: line for name, line in commands_at_a_glance().items()}
        return {name: line for (group, name), line in found.items() if group == self.name and name not in self.commands}


def command_of_a_pack(name: str) -> click.Command | None:
    """The command that a pack adds under this name; None when none does."""
    from penstock._plugins.discovery import discover

    catalog = discover()
    if name not in catalog.commands and ("command", name) not in catalog.clashes:
        return None
    command = catalog.load_command(name)
    return command if isinstance(command, click.Command) else _wrapped(name.rpartition(" ")[2], command)


def _wrapped(name: str, function: Any) -> click.Command:
    """A plain function as a command: it takes the words behind its name and gives the exit code."""
    return click.Command(
        name,
        callback=lambda words: function(list(words)),
        params=[click.Argument(["words"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
        add_help_option=False,
    )
