"""G104: a link names a port that its node does not have.

Why: the ports of a node are those of its type.
Bad:   `from: dedupe.recrod`, when the output is called `record`.
Good:  `from: dedupe.record`, or `from: dedupe` when that is its only output.
"""

from penstock.graph import draft as why
from penstock.graph.check import Check
from penstock.graph.wording import quoted, suggestion

CHECK = Check(
    "G104",
    asks=lambda draft: draft.ends,
    finds=lambda end: end.problem == why.PORT,
    says=lambda end: (
        f"node {quoted(end.node.id if end.node else '')} has no {'output' if end.is_start else 'input'} "
        f"{quoted(end.text.rpartition('.')[2])}"
    ),
    hint=lambda end: suggestion(end.guess, end.known),
)
