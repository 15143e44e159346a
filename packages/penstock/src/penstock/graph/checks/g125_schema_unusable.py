"""G125: the config schema of a node type cannot be used, so the node's config was not checked.

Why: the schema comes with the pack, and is not a JSON Schema, or refers to something outside of the pack.
Bad:   a manifest with `"config": {"type": "nonsense"}`.
Good:  another version of the pack; its author runs `penstock pack check`.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G125",
    asks=lambda draft: draft.nodes.values(),
    finds=lambda node: node.bad_schema is not None,
    says=lambda node: (
        f"cannot check the config of node {quoted(node.id)}: its type {quoted(node.written.type or '')} "
        f"has a schema that cannot be used"
    ),
    at=lambda node: node.written.type_pointer,
    hint=lambda node: f"tell the author of pack {quoted(node.offer.pack.distribution)}" if node.offer else None,
)
