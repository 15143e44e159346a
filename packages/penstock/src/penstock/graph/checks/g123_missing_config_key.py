"""G123: a node's config lacks something that its type needs.

Why: there is no default for it, so the node cannot be made.
Bad:   `{type: cooldown, config: {window: 300}}`, when `key` has to be given.
Good:  `config: {key: /camera, window: 300}`.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G123",
    asks=lambda draft: ((node, misfit) for node in draft.nodes.values() for misfit in node.misfits),
    finds=lambda pair: pair[1].kind == "missing",
    says=lambda pair: f"node {quoted(pair[0].id)}: {pair[1].message}",
    at=lambda pair: pair[0].written.config_pointer + pair[1].pointer if pair[1].pointer else pair[0].pointer,
    on_key=True,
    hint=lambda pair: pair[1].hint,
)
