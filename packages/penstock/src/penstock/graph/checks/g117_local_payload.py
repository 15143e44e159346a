"""G117: a durable link carries a payload that cannot leave the process.

Why: the record would be written to a store; an open file or an array view means nothing there.
Bad:   a `frame` port (portability `local`) linked to a channel of kind `sqlite`.
Good:  a node between them that makes a `ref`, a plain link, or a channel of kind `memory`.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G117",
    asks=lambda draft: (join for join in draft.sound if join.finish is not None and join.finish.channel is not None),
    finds=lambda join: (
        join.start is not None
        and join.start.port is not None
        and join.start.port.portability == "local"
        and join.finish is not None
        and join.finish.channel is not None
        and join.finish.channel.durable
    ),
    says=lambda join: (
        f"channel {quoted(join.finish.place if join.finish else '')} cannot carry "
        f"{quoted(join.start.place if join.start else '')}: its payload is local to the process"
    ),
    hint="insert a node that stores the payload and passes a ref, or make the channel `kind: memory`",
)
