"""Introduce the trust tools to the core: the command `penstock trust`.

Takes:   nothing.
Gives:   `commands`.
Ignores: the core's inside.  `penstock` is only imported while a hook is being called, so that everything else works
         without it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def commands() -> Iterable[Any]:
    """The one sub-command, with the commands of the trust tools below it."""
    from penstock import CommandFacts

    return [
        CommandFacts("trust", "Sign packs, decide what may load, and keep proof of it.", "penstock_trust.cli:trust")
    ]
