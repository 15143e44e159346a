"""G129: durable channels of one graph are of different kinds.

Why: a step takes from one channel and gives to another in one transaction, and two stores cannot share one.
Bad:   a channel of kind `acme-store` beside one that says nothing, and so is of kind `sqlite`.
Good:  one kind for all channels but those of kind `memory`.
"""

from __future__ import annotations

from penstock.graph.check import Check
from penstock.graph.wording import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.graph.draft import Draft
    from penstock.graph.written import WrittenChannel


def _others(draft: Draft) -> Iterator[tuple[WrittenChannel, WrittenChannel]]:
    """Each channel of another kind than the first one, and that one; a kind that nobody knows is told elsewhere."""
    known = [
        one for one in draft.written.channels.values() if one.durable and draft.kinds.get(one.kind, one) is not None
    ]
    for channel in known:
        if channel.kind != known[0].kind:
            yield channel, known[0]


CHECK = Check(
    "G129",
    asks=_others,
    says=lambda pair: (
        f"channel {quoted(pair[0].name)} is kept by {quoted(pair[0].kind)} and {quoted(pair[1].name)} by "
        f"{quoted(pair[1].kind)}: one step could not change both in one transaction"
    ),
    at=lambda pair: pair[0].kind_pointer,
    hint=lambda pair: f"write `kind: {pair[1].kind}` here, or `kind: {pair[0].kind}` there",
    related=lambda pair: [(f"this one is kept by {quoted(pair[1].kind)}", pair[1].kind_pointer)],
)
