"""The command `penstock-trust completion`.

Takes:   the name of a shell.
Gives:   the script that makes it complete `penstock-trust` commands.
Ignores: where the script is put; each shell's users have their own place.
"""

from __future__ import annotations

import sys

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "fish", "zsh")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> int:
    """Print the script that makes SHELL complete the commands and options of penstock-trust.

    \b
    Example:
      bash:  eval "$(penstock-trust completion bash)"            in ~/.bashrc
      zsh:   eval "$(penstock-trust completion zsh)"             in ~/.zshrc
      fish:  penstock-trust completion fish > ~/.config/fish/completions/penstock-trust.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None  # click knows every shell of SHELLS; a test goes through them
    made = kind(ctx.find_root().command, {}, "penstock-trust", "_PENSTOCK_TRUST_COMPLETE")
    sys.stdout.write(made.source_template % made.source_vars())
    return 0
