"""G110: a link names a consumer group, and does not start at a channel.

Why: groups read channels. A plain link hands every record over, and a link into a channel writes for all groups.
Bad:   `{from: zone, group: a, to: screen}`.
Good:  `{from: events, group: a, to: screen}`, `events` being a channel.
"""

from penstock.graph.check import Check

CHECK = Check(
    "G110",
    asks=lambda draft: draft.joins,
    finds=lambda join: (
        join.group_pointer is not None
        and join.start is not None
        and join.start.channel is None
        and join.start.node is not None
    ),
    says=lambda join: "only a link that starts at a channel has a group",
    at=lambda join: join.group_pointer or join.pointer,
    hint="remove `group`",
)
