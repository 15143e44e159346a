"""Nodes that are not, or not so, in the manifest of this pack; they are offered by nobody."""

from __future__ import annotations

from typing import Any

from penstock import Record, node

# -- Q114: is what its manifest says


@node("naps", effect="idempotent")
class NapsElsewhere:
    """Has another effect class than the node of this name in the manifest."""

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive(1)


@node("naps")
class NapsFor:
    """Has a setting that the manifest does not know."""

    seconds: float = 1.0

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive(1)


@node("never-locked")
class NeverLocked:
    """Is in no manifest."""

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive(1)
