"""The effect ledger: what the outside world has seen of a sink.

Takes:   a subject whose author says how to look.
Gives:   `seen`, `has_ledger`.
Ignores: how a world is made: the author's `config` gets an empty folder, and `effects` gets the same one.
"""

from __future__ import annotations

from collections.abc import Hashable

from penstock.sdk import Role
from penstock.testing import NodeSpec
from penstock_testkit.question import Broken
from penstock_testkit.subject import Subject


def has_ledger(spec: NodeSpec) -> bool:
    """Sinks. Where the author gives no `effects`, the suite skips what is asked of them, and says so."""
    return spec.role is Role.SINK


def seen(subject: Subject) -> list[Hashable]:
    """The effects so far, one entry each."""
    if subject.effects is None:
        raise Broken("nobody says how to see its effects", hint="give `node_suite(..., effects=...)`")
    return list(subject.effects(subject.folder))
