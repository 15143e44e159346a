"""G122: a node's config has a key that its type does not know.

Why: a misspelt setting that is silently ignored is a wrong setting.
Bad:   `windw: 300`, for `window: 300`.
Good:  the name that the type has. `penstock nodes TYPE` shows them.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G122",
    asks=lambda draft: ((node, misfit) for node in draft.nodes.values() for misfit in node.misfits),
    finds=lambda pair: pair[1].kind == "unknown",
    says=lambda pair: f"node {quoted(pair[0].id)}: {pair[1].message}",
    at=lambda pair: pair[0].written.config_pointer + pair[1].pointer,
    on_key=True,
    hint=lambda pair: pair[1].hint,
)
