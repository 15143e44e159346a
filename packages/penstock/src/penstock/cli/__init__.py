"""The `penstock` command: what it answers at once, and who answers the rest.

Takes:   the words of the command line.
Gives:   `main`, the entry point of the console script; it returns the exit code.
Why so:  a help page must come within three times what a bare Python start takes, and importing click takes more.
Ignores: what the commands do.  A new one is a row in `commands`, and a module beside this one.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_COMPLETION = "_PENSTOCK_COMPLETE"  # set by the shell while it asks for completions


def main(words: Sequence[str] | None = None) -> int:
    """Do what the words say, `sys.argv` by default; findings and errors are printed, never raised."""
    from penstock_findings.ending import ended

    return ended(lambda: _answer(list(sys.argv[1:] if words is None else words)))


def _answer(words: list[str]) -> int | None:
    if _COMPLETION not in os.environ:
        if words in ([], ["--help"], ["-h"]):
            from penstock.cli.overview import overview

            sys.stdout.write(overview())
            return 0
        if words == ["--version"]:
            from penstock.cli.overview import version

            sys.stdout.write(version())
            return 0
        code = _quick(words)
        if code is not None:
            return code
    from penstock.cli.root import run

    return run(words)


def _quick(words: list[str]) -> int | None:
    """The exit code of a command that has a quick door, when the words are of the plain kind that it understands."""
    from penstock.cli.commands import COMMANDS

    command = next((command for command in COMMANDS if command.name == words[0]), None)
    if command is None or command.quick is None:
        return None
    code: int | None = command.quick_door()(words[1:])
    return code
