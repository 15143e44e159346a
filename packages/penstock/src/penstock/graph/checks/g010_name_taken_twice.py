"""G010: a node and a channel have one name.

Why: nodes and channels share one name space, so that a link can name either; here it could mean both.
Bad:   a channel `events` and a node `events`.
Good:  a channel `events` and a node `archive`.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G010",
    asks=lambda draft: ((node, draft.written.channels.get(node.id)) for node in draft.nodes.values()),
    finds=lambda pair: pair[1] is not None,
    says=lambda pair: f"{quoted(pair[0].id)} is a node and a channel",
    at=lambda pair: pair[0].pointer,
    on_key=True,
    hint="give one of them another name",
    related=lambda pair: [("the channel is here", pair[1].pointer)] if pair[1] is not None else [],
)
