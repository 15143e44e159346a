"""The command `completion` of every program.

Takes:   the name of a shell.
Gives:   `completing`, which makes the command: it prints the script that makes the shell complete the program's commands.
Ignores: where the script is put; each shell's users have their own place.
"""

from __future__ import annotations

import sys

import click
from click.shell_completion import get_completion_class

from penstock_findings.cli.program import completion_variable

SHELLS = ("bash", "fish", "zsh")
_HELP = """\
Print the script that makes SHELL complete the commands and options of {program}.

\b
Example:
  bash:  eval "$({program} completion bash)"            in ~/.bashrc
  zsh:   eval "$({program} completion zsh)"             in ~/.zshrc
  fish:  {program} completion fish > ~/.config/fish/completions/{program}.fish
"""


def completing(program: str) -> click.Command:
    """The command."""

    @click.command("completion", help=_HELP.format(program=program))
    @click.argument("shell", type=click.Choice(SHELLS))
    @click.pass_context
    def completion(ctx: click.Context, shell: str) -> int:
        kind = get_completion_class(shell)
        assert kind is not None  # click knows every shell of SHELLS; a test goes through them
        made = kind(ctx.find_root().command, {}, program, completion_variable(program))
        sys.stdout.write(made.source_template % made.source_vars())
        return 0

    return completion
