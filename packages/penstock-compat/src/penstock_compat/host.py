"""Introduce the matrix to the core: the command `penstock compat`.

Takes:   nothing.
Gives:   `commands`.
Ignores: the core's inside.  This is the only module that imports `penstock`, and only while a hook is being called,
         so that everything else works without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def commands() -> Iterable[Any]:
    """The one sub-command, with the commands of the matrix below it."""
    from penstock import CommandFacts

    return [
        CommandFacts(
            "compat",
            "Test packs on every Python and dependency set, and publish the evidence.",
            "penstock_compat.cli:compat",
        )
    ]
