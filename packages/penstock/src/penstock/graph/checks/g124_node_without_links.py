"""G124: no link touches a node.

Why: it would do nothing. A link was forgotten, or the node was.
Bad:   a node `cool`, and no link from or to it.
Good:  links from and to it; or remove it.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G124",
    asks=lambda draft: (
        node for node in (draft.nodes.values() if draft.links_known else ()) if node.id not in draft.bonds.nodes
    ),
    says=lambda node: f"node {quoted(node.id)} is linked to nothing",
    on_key=True,
    hint="link it, or remove it",
)
