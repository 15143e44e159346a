"""Introduce click to a table of commands, each imported when it is called.

Takes:   rows of commands, the texts for `--help` and `--version`, the words of the command line.
Gives:   `Root`, the click group of a program; `Group`, for a program without a table; both can `run`.
Ignores: what the commands do, and how they end (`ending`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from penstock_findings.ending import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from penstock_findings.cli.commands import Command

SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Group(click.Group):
    """A group that ends as our commands do, whether it is called as a program or below another one."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _NoReader from error

    def run(self, words: list[str], program: str) -> int | None:
        """Do what the words say; click's own complaints are printed here, everything else is the caller's."""
        try:
            code = self.main(args=words, prog_name=program, standalone_mode=False)
        except click.exceptions.Abort:
            return INTERRUPTED
        except click.ClickException as error:
            error.show(sys.stderr)
            return error.exit_code
        except _NoReader as error:
            raise BrokenPipeError from error
        return code if isinstance(code, int) else None


class Root(Group):
    """The commands of a table, under whichever name they were called; `overview` is handed that name."""

    def __init__(
        self, name: str, commands: Iterable[Command], overview: Callable[[str], str], version: Callable[[], str]
    ) -> None:
        # click hands these settings down to every sub-command
        super().__init__(name, context_settings=SETTINGS, no_args_is_help=True, params=[_version_option(version)])
        self.rows = {command.name: command for command in commands}
        self.overview = overview

    def others(self) -> Mapping[str, str]:
        """Commands that are not in the table: name -> line."""
        return {}

    def other(self, name: str) -> click.Command | None:
        """The command of that name that is not in the table, imported; None when there is none."""
        return None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.rows, *(name for name in self.others() if name not in self.rows)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        row = self.rows.get(cmd_name)
        return self.other(cmd_name) if row is None else row.command()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        command = self.get_command(ctx, args[0])
        if command is None:
            from penstock_findings.spelling import hint_for

            hint = None if args[0].startswith("-") else hint_for(args[0], self.list_commands(ctx))
            ctx.fail(f"there is no command `{args[0]}`" + (f"; {hint}" if hint else ""))
        return args[0], command, args[1:]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(self.overview(ctx.command_path).rstrip("\n"))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        lines = {**self.others(), **{name: row.line for name, row in self.rows.items()}}
        found = [CompletionItem(name, help=line) for name, line in lines.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


class _NoReader(Exception):
    """What a broken pipe is called while it passes through click, which would make an exit code of its own of it."""


def _version_option(version: Callable[[], str]) -> click.Option:
    def say(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted and not ctx.resilient_parsing:
            sys.stdout.write(version())
            ctx.exit()

    return click.Option(
        ["--version"], is_flag=True, expose_value=False, is_eager=True, callback=say, help="Show the version and exit."
    )
