"""G120: no link reads a channel.

Why: records go in, and nobody in this graph comes for them. That is right only when another process reads the same store.
Bad:   a channel `events`, and links that only write to it.
Good:  a link `{from: events, to: ...}`.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted
from penstock_findings.finding import Severity

CHECK = Check(
    "G120",
    asks=lambda draft: (
        channel
        for channel in (draft.channels if draft.links_known else ())
        if channel.name in draft.bonds.produced and channel.name not in draft.bonds.consumed
    ),
    finds=lambda channel: not channel.groups,  # with groups, each of them is told of by G112
    says=lambda channel: f"no link reads channel {quoted(channel.name)}",
    on_key=True,
    hint=lambda channel: f"add `{{from: {channel.name}, to: ...}}`",
    severity=Severity.WARNING,
)
