"""Introduce the trust tools to the core: the command `penstock trust`, and the answer to its question about packs.

Takes:   nothing.
Gives:   `commands`, `admission`.
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
        CommandFacts(
            "trust", "Sign packs, decide what may load, and keep proof of it.", "penstock_trust.cli.root:trust"
        )
    ]


def admission(allowed: bool, reason: str) -> Any:
    """What the core wants to hear from a provider of admission."""
    from penstock import Admission

    return Admission(allowed, reason)
