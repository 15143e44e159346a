"""G131: a memory channel has partitions.

Why: partitions are what several processes share, and a memory channel belongs to one process. In one process, `ordered`
     nodes keep the order of each key already.
Bad:   `{kind: memory, partitions: 4}`
Good:  `{kind: sqlite, partitions: 4}`, or no `partitions`.
"""

from __future__ import annotations

from penstock.graph.check import Check
from penstock.graph.wording import quoted
from penstock_findings.pointers import join

CHECK = Check(
    "G131",
    asks=lambda draft: draft.written.channels.values(),
    finds=lambda channel: not channel.durable and channel.partitions > 1,
    says=lambda channel: f"channel {quoted(channel.name)} is in memory, and has {channel.partitions} partitions",
    at=lambda channel: join(channel.pointer, "partitions"),
    hint="remove `partitions`, or let the channel be durable",
)
