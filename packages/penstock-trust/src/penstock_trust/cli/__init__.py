"""The commands of trust: `penstock-trust ...`, and `penstock trust ...` where the core is installed.

Takes:   the words of the command line.
Gives:   `main`, the entry point of the console script; `trust`, the click group, imported when it is first used.
Why so:  a help page must come within three times what a bare Python start takes, and importing click takes more.
Ignores: what the commands do.  A new one is a row in `commands`, and a module beside this one.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock_trust.cli.root import trust as trust

_COMPLETION = "_PENSTOCK_TRUST_COMPLETE"  # set by the shell while it asks for completions


def main(words: Sequence[str] | None = None) -> int:
    """Do what the words say, `sys.argv` by default; findings and errors are printed, never raised."""
    from penstock_findings.ending import ended

    return ended(lambda: _answer(list(sys.argv[1:] if words is None else words)), "penstock-trust")


def _answer(words: list[str]) -> int | None:
    if _COMPLETION not in os.environ:
        if words in ([], ["--help"], ["-h"]):
            from penstock_trust.cli.overview import overview

            sys.stdout.write(overview("penstock-trust"))
            return 0
        if words == ["--version"]:
            from penstock_trust.cli.overview import version

            sys.stdout.write(version())
            return 0
    from penstock_trust.cli.root import run

    return run(words)


def __getattr__(name: str) -> object:
    if name != "trust":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from penstock_trust.cli.root import trust

    return trust
