"""G119: no link leads into a channel.

Why: nothing in this graph writes to it. That is right only when another process fills the same store.
Bad:   a channel `events`, and links that only read it.
Good:  a link `{from: ..., to: events}`; or remove a channel that no link touches.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted
from penstock_findings.finding import Severity

CHECK = Check(
    "G119",
    asks=lambda draft: (
        (channel, channel.name in draft.bonds.consumed)
        for channel in (draft.channels if draft.links_known else ())
        if channel.name not in draft.bonds.produced
    ),
    says=lambda pair: (
        f"no link leads into channel {quoted(pair[0].name)}" + ("" if pair[1] else ", and none out of it")
    ),
    at=lambda pair: pair[0].pointer,
    on_key=True,
    hint=lambda pair: f"add `{{from: ..., to: {pair[0].name}}}`" if pair[1] else "remove it",
    severity=Severity.WARNING,
)
