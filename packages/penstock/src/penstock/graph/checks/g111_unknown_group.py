"""G111: a link reads a channel for a group that the channel does not declare.

Why: a channel that declares its groups keeps records for those and no others; this reader would see nothing.
Bad:   `{from: events, group: uplnk, to: uplink}`, when `events` has the group `uplink`.
Good:  `group: uplink`. Without `group`, the group is called like the consuming node.
"""

from __future__ import annotations

from penstock.graph.check import Check
from penstock.graph.wording import quoted, suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.graph.draft import Draft, Join
    from penstock.graph.written import WrittenChannel


def _strangers(draft: Draft) -> Iterator[tuple[Join, WrittenChannel, str | None]]:
    for join in draft.joins:
        channel = join.start.channel if join.start is not None else None
        if channel is not None and channel.groups and join.group is not None and join.group not in channel.groups:
            yield join, channel, draft.group_guesses.get((channel.name, join.group))


CHECK = Check(
    "G111",
    asks=_strangers,
    says=lambda about: f"channel {quoted(about[1].name)} has no group {quoted(about[0].group or '')}",
    at=lambda about: about[0].group_pointer or about[0].pointer,
    hint=lambda about: suggestion(f"group: {about[2]}" if about[2] else None, about[1].groups or ()),
)
