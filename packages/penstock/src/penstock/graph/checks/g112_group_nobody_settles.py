"""G112: a channel declares a consumer group for which no link reads.

Why: the channel keeps every record until each of its groups has settled it. One group that nobody settles fills the
     channel, and a full channel stops everything before it.
Bad:   `groups: {uplink: compete, archive: broadcast}`, and no link with `group: archive`.
Good:  remove the group, or add the link.
"""

from __future__ import annotations

from penstock.graph.bonds import ANY_GROUP
from penstock.graph.check import Check
from penstock.graph.wording import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.graph.draft import Draft
    from penstock.graph.written import WrittenChannel, WrittenGroup


def _unread(draft: Draft) -> Iterator[tuple[WrittenChannel, WrittenGroup]]:
    for channel in draft.channels if draft.links_known else ():
        read = draft.bonds.consumed.get(channel.name, ())
        for group in (channel.groups or {}).values():
            if group.name not in read and ANY_GROUP not in read:
                yield channel, group


CHECK = Check(
    "G112",
    asks=_unread,
    says=lambda pair: f"nobody settles group {quoted(pair[1].name)} of channel {quoted(pair[0].name)}",
    at=lambda pair: pair[1].pointer,
    on_key=True,
    hint=lambda pair: f"remove it, or add `{{from: {pair[0].name}, group: {pair[1].name}, to: ...}}`",
)
