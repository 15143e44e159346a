"""G133: copies of a sink that remembers its file would all write to the same one.

Why: behind a channel with partitions there are as many copies of a node, in several processes. A sink that keeps state and
     asks for the file system knows how far it has written its file; two that write to one file would cut off each other's
     lines, so they refuse to run.
Bad:   `{from: events, to: archive}`, where `events` has 4 partitions and `archive` is a `jsonl-sink`.
Good:  a channel without `partitions` before the sink.
"""

from __future__ import annotations

from penstock.graph.check import Check
from penstock.graph.checks.g132_partitions_mixed import behind_partitions
from penstock.graph.wording import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.graph.draft import Draft, DraftNode, Join


def _writers(draft: Draft) -> Iterator[tuple[DraftNode, Join]]:
    """Each such sink that has copies, and the link that brings the partitions."""
    for node, feeding in behind_partitions(draft):
        facts = node.type
        if facts is not None and facts.role == "sink" and facts.stateful and "filesystem" in facts.capabilities:
            yield node, feeding


CHECK = Check(
    "G133",
    asks=_writers,
    says=lambda found: (
        f"{quoted(found[0].id)} remembers how far it has written its file, and there would be "
        f"{found[1].start.channel.partitions} copies of it"
        if found[1].start is not None and found[1].start.channel is not None
        else ""
    ),
    at=lambda found: found[0].pointer,
    on_key=True,
    hint="put a channel without `partitions` before it",
    related=lambda found: [("the partitions come in here", found[1].pointer)],
)
