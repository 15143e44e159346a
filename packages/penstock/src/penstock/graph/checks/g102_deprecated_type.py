"""G102: a node type is deprecated.

Why: its pack says that the type will go away, and usually what takes its place.
Bad:   `type: log-sink`, when the pack says: use `stdout`.
Good:  the type that the hint names. Until then the graph runs as before.
"""

from penstock.graph.check import Check
from penstock.graph.grammar import is_id
from penstock.graph.wording import quoted
from penstock_findings.finding import Severity


def _instead(word: str) -> str | None:
    """What the pack says: another type, or a sentence."""
    return f"use {quoted(word)}" if is_id(word) else word or None


CHECK = Check(
    "G102",
    asks=lambda draft: draft.nodes.values(),
    finds=lambda node: node.type is not None and node.type.deprecated is not None,
    says=lambda node: f"node type {quoted(node.written.type or '')} is deprecated",
    at=lambda node: node.written.type_pointer,
    hint=lambda node: _instead(node.type.deprecated or "") if node.type is not None else None,
    severity=Severity.WARNING,
)
