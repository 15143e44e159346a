"""A policy file in hand: its rules, where everything stands in it, and its text.

Takes:   nothing.
Gives:   `PolicyFile`.
Ignores: how it was read (`load`) and what it means for a graph (`compose`).
"""

from __future__ import annotations

from penstock_findings.fact import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock.graph.places import Places
    from penstock.policies.written import WrittenPolicies


class PolicyFile(Fact):
    """One file; `text` is what was read, so that it can be handed on."""

    path: str
    written: WrittenPolicies
    places: Places
    text: str
