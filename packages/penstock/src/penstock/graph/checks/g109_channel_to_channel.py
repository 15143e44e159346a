"""G109: a link leads from a channel to a channel.

Why: records leave a channel when a node takes them; between two channels there is nobody who does.
Bad:   `{from: raw, to: clean}`, both channels.
Good:  a node between them, or one channel with two groups.
"""

from penstock.graph.check import Check

CHECK = Check(
    "G109",
    asks=lambda draft: draft.joins,
    finds=lambda join: (
        join.start is not None
        and join.finish is not None
        and not (join.start.problem or join.finish.problem)
        and join.start.channel is not None
        and join.finish.channel is not None
    ),
    says=lambda join: f"nothing moves records from channel to channel: `{join.name}`",
    hint="put a node between them, or give the first channel one more group",
)
