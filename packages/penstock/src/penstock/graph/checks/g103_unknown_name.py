"""G103: a link names a node or channel that does not exist.

Why: a link joins what the graph has under `nodes` and `channels`; it makes neither.
Bad:   `from: detectons`, when the node is called `detections`.
Good:  `from: detections`.
"""

from penstock.graph import draft as why
from penstock.graph.check import Check
from penstock.graph.wording import quoted, suggestion

CHECK = Check(
    "G103",
    asks=lambda draft: draft.ends,
    finds=lambda end: end.problem == why.NAME,
    says=lambda end: f"there is no node or channel {quoted(end.text.partition('.')[0])}",
    hint=lambda end: suggestion(end.guess, end.known),
)
