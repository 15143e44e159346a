"""G115: what a source reads reaches neither a sink nor a channel.

Why: the records would be read, settled and gone, and nobody would ever see them.
Bad:   a source, a filter behind it, and nothing behind the filter.
Good:  a sink or a channel at the end of at least one way.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G115",
    asks=lambda draft: (
        node
        for node in (draft.nodes.values() if draft.links_known else ())
        if node.id in draft.bonds.nodes and node.id not in draft.bonds.reaching
    ),
    finds=lambda node: node.type is not None and node.type.role == "source",
    says=lambda node: f"what source {quoted(node.id)} reads reaches neither a sink nor a channel",
    on_key=True,
    hint="link the end of its way to a sink or a channel",
)
