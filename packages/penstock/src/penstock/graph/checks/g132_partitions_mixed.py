"""G132: what a channel with partitions feeds is also joined to something that has no such partitions.

Why: nodes that hang together work in one step. Behind a channel with four partitions there are four copies of them, in up to
     four processes, each with the keys of one partition. A source, a channel with another number of partitions, or a
     memory channel has no four parts, so nobody could say which copy is given its records.
Bad:   `{from: events, to: score}` where `events` has 4 partitions, and `{from: settings, to: score}` where `settings` has none.
Good:  the same number of partitions for both, or a durable channel between what has partitions and what has none.
"""

from __future__ import annotations

from penstock.graph.check import Check
from penstock.graph.wording import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.graph.draft import Draft, DraftNode, Join


def _mixed(draft: Draft) -> Iterator[tuple[Join, Join, str]]:
    """Each link of a stage that does not go with its partitions, a link that brings them, and what is wrong with it."""
    for stage, feeding in _divided(draft):
        for join in stage:
            if (wrong := _wrong(join, _partitions(feeding))) is not None:
                yield join, feeding, wrong


def behind_partitions(draft: Draft) -> Iterator[tuple[DraftNode, Join]]:
    """Each node of which there are copies, once, and the link that brings the partitions."""
    for stage, feeding in _divided(draft):
        nodes = {end.node.id: end.node for join in stage for end in (join.start, join.finish) if end and end.node}
        for node in nodes.values():
            yield node, feeding


def _divided(draft: Draft) -> Iterator[tuple[list[Join], Join]]:
    """The links of each stage that a channel with partitions feeds, and the first link that brings them."""
    if any(channel.partitions > 1 for channel in draft.written.channels.values()):
        for stage in _stages(draft):
            feeding = next((join for join in stage if _partitions(join) > 1 and _is_durable(join)), None)
            if feeding is not None:
                yield stage, feeding


def _stages(draft: Draft) -> Iterator[list[Join]]:
    """The links of each stage: between its nodes, from channels to them, from them to channels."""
    of: dict[str, list[str]] = {name: [name] for name in draft.nodes}  # node -> all that hang together with it
    for join in draft.sound:
        ends = [of[end.node.id] for end in (join.start, join.finish) if end is not None and end.node is not None]
        if len(ends) == 2 and ends[0] is not ends[1]:
            small, large = sorted(ends, key=len)
            large += small
            of.update(dict.fromkeys(small, large))
    links: dict[str, list[Join]] = {}
    for join in draft.sound:
        node = _node(join)
        if node is not None:
            links.setdefault(of[node.id][0], []).append(join)
    yield from links.values()


def _node(join: Join) -> DraftNode | None:
    """Which belongs to the stage that a link belongs to: the one that it leads to, else the one that it comes from."""
    ends = (join.finish, join.start)
    return next((end.node for end in ends if end is not None and end.node is not None), None)


def _partitions(join: Join) -> int:
    """Of the channel that a link reads; 0 when it reads none."""
    channel = join.start.channel if join.start is not None else None
    return 0 if channel is None else channel.partitions


def _is_durable(join: Join) -> bool:
    return join.start is not None and join.start.channel is not None and join.start.channel.durable


def _wrong(join: Join, wanted: int) -> str | None:
    start, finish = join.start, join.finish
    if start is not None and start.channel is not None:
        if not start.channel.durable:
            return f"is fed by channel {quoted(start.channel.name)}, which is in memory"
        if start.channel.partitions != wanted:
            many = f"{start.channel.partitions} partitions" if start.channel.partitions > 1 else "no partitions"
            return f"is fed by channel {quoted(start.channel.name)} with {many}"
    elif (
        start is not None
        and start.node is not None
        and start.node.type is not None
        and start.node.type.role == "source"
    ):
        return f"is fed by source {quoted(start.node.id)}"
    if finish is not None and finish.channel is not None and not finish.channel.durable:
        return f"fills channel {quoted(finish.channel.name)}, which is in memory"
    return None


def _says(found: tuple[Join, Join, str]) -> str:
    join, feeding, wrong = found
    channel = feeding.start.channel if feeding.start is not None else None
    node = _node(join)
    name, many = (channel.name, channel.partitions) if channel is not None else ("", 0)
    return f"{quoted(node.id if node is not None else '')} works behind channel {quoted(name)} with {many} partitions, and {wrong}"


CHECK = Check(
    "G132",
    asks=_mixed,
    says=_says,
    at=lambda found: found[0].pointer,
    hint="put a durable channel between them, with the same number of `partitions` or, behind the copies, any other",
    related=lambda found: [("the partitions come in here", found[1].pointer)],
)
