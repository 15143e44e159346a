"""Introduce the matrix to the core: the command `penstock compat`, and the answer to `penstock run --require-evidence`.

Takes:   what the core hands to a hook: packs and files.
Gives:   `commands`, `run_evidence`.
Ignores: the core's inside.  This is the only module that imports `penstock`, and only while a hook is being called,
         so that everything else works without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def commands() -> Iterable[Any]:
    """The one sub-command, with the commands of the matrix below it."""
    from penstock import CommandFacts

    return [
        CommandFacts(
            "compat",
            "Test packs on every Python and dependency set, and publish the evidence.",
            "penstock_compat.cli.root:compat",
        )
    ]


def run_evidence(packs: Mapping[str, str], files: Sequence[str]) -> Iterable[Any]:
    """A finding for each pack that is not proven on this machine, with what is installed here, as of now."""
    from datetime import datetime, timezone

    from penstock_compat.place import here
    from penstock_compat.required import missing_evidence

    return missing_evidence(packs, files, here(), datetime.now(timezone.utc))
