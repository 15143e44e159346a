"""The options by which commands take only results that are signed.

Takes:   nothing.
Gives:   `signed`, a decorator for click commands; `Signatures`, what its options say.
Ignores: keys (`signatures` asks those who know them).
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Signatures:
    """How signatures are checked; with neither, they are not."""

    policy: str | None = None
    command: str | None = None

    def check(self, files: Sequence[str]) -> None:
        """Raise unless every file is accepted, or nobody asked."""
        if self.command is None and self.policy is None:
            return
        from penstock_compat.signatures import command_for, verify

        if self.command is not None:
            verify(files, shlex.split(self.command))
        elif self.policy is not None:
            verify(files, command_for(self.policy))


def signed(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options; the command is handed them as `signatures`."""

    @click.option(
        "--trust-policy",
        metavar="FILE",
        type=click.Path(dir_okay=False),
        help="Take only result files that `penstock-trust verify` accepts by this policy.",
    )
    @click.option(
        "--verify-with",
        metavar="COMMAND",
        help="Take only result files for which COMMAND exits 0; {file} in it is the file.",
    )
    @wraps(command)
    def asked(*words: Any, trust_policy: str | None, verify_with: str | None, **more: Any) -> Any:
        return command(*words, signatures=Signatures(trust_policy, verify_with), **more)

    return asked
