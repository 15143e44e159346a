"""Introduce click to the commands of the table, each imported when it is called.

Takes:   the words of the command line.
Gives:   `trust`, the click group; `run`, which gives the exit code.
Ignores: what the commands do, and how they end (`ending`).
"""

from __future__ import annotations

import sys
from typing import Any

import click
from click.shell_completion import CompletionItem

from penstock_findings.ending import INTERRUPTED
from penstock_trust.cli.commands import COMMANDS
from penstock_trust.cli.overview import overview, version

_ROWS = {command.name: command for command in COMMANDS}
_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Trust(click.Group):
    """The group of commands, under whichever name it was called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_ROWS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        row = _ROWS.get(cmd_name)
        if row is None:
            return None
        command: click.Command = row.command()
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        command = self.get_command(ctx, args[0])
        if command is None:
            from penstock_findings.spelling import hint_for

            hint = None if args[0].startswith("-") else hint_for(args[0], _ROWS)
            ctx.fail(f"there is no command `{args[0]}`" + (f"; {hint}" if hint else ""))
        return args[0], command, args[1:]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(overview(ctx.command_path).rstrip("\n"))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        found = [CompletionItem(name, help=row.line) for name, row in _ROWS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _NoReader from error


class _NoReader(Exception):
    """What a broken pipe is called while it passes through click, which would make an exit code of its own of it."""


def _say_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        sys.stdout.write(version())
        ctx.exit()


trust = Trust(
    "trust",
    context_settings=_SETTINGS,  # click hands these down to every sub-command
    no_args_is_help=True,
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_say_version,
            help="Show the version and exit.",
        )
    ],
)


def run(words: list[str]) -> int | None:
    """Do what the words say; click's own complaints are printed here, everything else is the caller's."""
    try:
        code = trust.main(args=words, prog_name="penstock-trust", standalone_mode=False)
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show(sys.stderr)
        return error.exit_code
    except _NoReader as error:
        raise BrokenPipeError from error
    return code if isinstance(code, int) else None
