"""G121: a value in a node's config does not fit the schema of its type.

Why: the node would refuse it when it is made, in the middle of a start; here it is told with all the others.
Bad:   `window: "300"`, when the type wants a number; `mode: outsid`, when it is `inside` or `outside`.
Good:  `window: 300`. `penstock nodes TYPE` shows what a config may hold.

A text with a value from the environment is judged with that value in it, and it stays a text: `"${PORT}"` is no number.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G121",
    asks=lambda draft: ((node, misfit) for node in draft.nodes.values() for misfit in node.misfits),
    finds=lambda pair: pair[1].kind == "value",
    says=lambda pair: f"node {quoted(pair[0].id)}: {pair[1].message}",
    at=lambda pair: pair[0].written.config_pointer + pair[1].pointer,
    hint=lambda pair: pair[1].hint,
)
