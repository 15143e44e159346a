"""G107: a link names a port of a channel.

Why: a channel has no ports. What is read from it is read for a consumer group.
Bad:   `to: events.in`, `from: events.uplink`.
Good:  `to: events`; `from: events` with `group: uplink`.
"""

from penstock.graph import draft as why
from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G107",
    asks=lambda draft: draft.ends,
    finds=lambda end: end.problem == why.CHANNEL_PORT,
    says=lambda end: f"channel {quoted(end.place)} has no port {quoted(end.text.rpartition('.')[2])}",
    hint=lambda end: f"write {quoted(end.place)}" + (" and `group: NAME`" if end.is_start else ""),
)
