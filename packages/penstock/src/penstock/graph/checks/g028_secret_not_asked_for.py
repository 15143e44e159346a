"""G028: a node is given secrets, and its type never said that it uses any.

Why: a node type declares the capability `secrets`, and whoever admits a pack goes by that; a secret should not be handed
     to code that does not ask, so it is not: in a run the node gets none of them.
Bad:   `secrets:` at a node of type `stdout`.
Good:  take them away, or have the type declare `capabilities=("secrets",)`.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted
from penstock_findings.finding import Severity

CHECK = Check(
    "G028",
    asks=lambda draft: draft.nodes.values(),
    finds=lambda node: bool(node.written.secrets) and node.type is not None and "secrets" not in node.type.capabilities,
    says=lambda node: (
        f"node {quoted(node.id)} is given secrets, and its type {quoted(node.written.type or '')} uses none"
    ),
    at=lambda node: node.written.secrets_pointer or node.pointer,
    on_key=True,
    hint="remove them, unless the node type forgot to declare the capability `secrets`",
    severity=Severity.WARNING,
)
