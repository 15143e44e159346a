"""Answer the words of a command line: at once where no click is needed, else by the program's click group.

Takes:   the name of a program, and the package that holds its rooms: `overview` with `overview(name)` and `version()`,
         `commands` with `COMMANDS`, `root` with `run(words)`.
Gives:   `program`: the entry point of its console script.
Ignores: what the commands do, and how they end (`ending`).
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


def program(name: str, rooms: str) -> Callable[..., int]:
    """The function behind the command of that name."""

    def main(words: Sequence[str] | None = None) -> int:
        """Do what the words say, `sys.argv` by default; findings and errors are printed, never raised."""
        from penstock_findings.ending import ended

        return ended(lambda: _answer(name, rooms, list(sys.argv[1:] if words is None else words)), name)

    return main


def completion_variable(name: str) -> str:
    """What the shell sets while it asks the program for completions; click would name it the same.

    >>> completion_variable("penstock-trust")
    '_PENSTOCK_TRUST_COMPLETE'
    """
    return f"_{name}_COMPLETE".replace("-", "_").upper()


def _answer(name: str, rooms: str, words: list[str]) -> int | None:
    if completion_variable(name) not in os.environ:
        if words in ([], ["--help"], ["-h"]):
            sys.stdout.write(_room(rooms, "overview").overview(name))
            return 0
        if words == ["--version"]:
            sys.stdout.write(_room(rooms, "overview").version())
            return 0
        code = _quick(rooms, words)
        if code is not None:
            return code
    done: int | None = _room(rooms, "root").run(words)
    return done


def _quick(rooms: str, words: list[str]) -> int | None:
    """The exit code of a command that has a quick door, when the words are of the plain kind that it understands."""
    rows = _room(rooms, "commands").COMMANDS
    door = next((row.quick_door() for row in rows if row.name == words[0]), None)
    code: int | None = door(words[1:]) if door else None
    return code


def _room(rooms: str, name: str) -> Any:
    return __import__(f"{rooms}.{name}", fromlist=("_",))  # importlib would be one import more
