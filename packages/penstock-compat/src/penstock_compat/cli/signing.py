"""The options by which commands take only results that are signed, and the command `penstock-compat sign`.

Takes:   result files, keys.
Gives:   `signed`, a decorator for click commands; `Signatures`, what its options say; `sign`.
Ignores: how signatures are made and checked (`signatures`).
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Signatures:
    """How signatures are checked; with neither, they are not."""

    keys: tuple[str, ...] = ()
    command: str | None = None

    def check(self, files: Sequence[str]) -> None:
        """Raise unless every file is accepted, or nobody asked."""
        if not self.keys and self.command is None:
            return
        from penstock_compat.signatures import verify_with_command, verify_with_keys

        if self.keys:
            verify_with_keys(files, self.keys)
        if self.command is not None:
            verify_with_command(files, shlex.split(self.command))


def signed(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options; the command is handed them as `signatures`."""

    @click.option(
        "--trusted-key",
        "keys",
        metavar="KEY",
        multiple=True,
        help="Take only result files that this key has signed: `ed25519:...` or the file of a public key; may be repeated.",
    )
    @click.option(
        "--verify-with",
        metavar="COMMAND",
        help="Take only result files for which COMMAND exits 0; {file} in it is the file.",
    )
    @wraps(command)
    def asked(*words: Any, keys: tuple[str, ...], verify_with: str | None, **more: Any) -> Any:
        return command(*words, signatures=Signatures(keys, verify_with), **more)

    return asked


@click.command()
@click.argument("results", metavar="RESULTS...", nargs=-1, required=True)
@click.option(
    "--key", required=True, metavar="FILE", help="An Ed25519 private key, as `penstock-trust keys generate` makes it."
)
def sign(results: tuple[str, ...], key: str) -> int:
    """Sign result files with a key; the signature of FILE is FILE.dsse.json. It needs penstock-trust.

    \b
    Example:
      penstock-compat sign linux.compat.json --key job.pem
      penstock-compat merge parts --trusted-key ed25519:... --output all.compat.json
    """
    from penstock_compat.opening import files_of
    from penstock_compat.signatures import sign as sign_file

    for file in files_of(results):
        sys.stdout.write(f"{sign_file(file, key)}\n")
    return 0
