"""G009: an end of a link is neither a name nor `name.port`.

Why: an end is a node, a port of a node, or a channel, and says so in one word or two.
Bad:   `from: readings.out.first`, `to: screen.`, `from: readings -> screen`.
Good:  `from: readings`, `from: readings.out`.
"""

from penstock.graph import draft as why
from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G009",
    asks=lambda draft: draft.ends,
    finds=lambda end: end.problem == why.FORM,
    says=lambda end: f"cannot read the end of a link: {quoted(end.text)}",
    hint="write `node`, `node.port` or `channel`",
)
