"""Partitions: a channel that is several logs, told apart by key, and a copy of every stage behind it for each of them.

Takes:   a checked `Graph`; the key and the id of a record.
Gives:   `expanded`, the graph with channels and nodes for each partition; `partition_of`; `logical`, the name that was written;
         `summed` and `folded`, what was counted under copies; `numbers` and `moved`, whether a store has as many of all.
Ignores: which process works on which copy (`sharing.py`).
Why so:  a copy is a node, a channel, a stage like any other: state, lanes, alarms, claims and parked rows of it need no word
         of their own.  `/` stands in no name that anybody can write, so `score/2` is nobody else's.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from zlib import crc32

from penstock._store.facts import Subject
from penstock.graph.model import Channel, Graph, Link, NodeUse
from penstock.record import Record

# The number of a copy in a name; `/score` in a cursor is a member of a group, not a copy.
_COPY = re.compile(r"(?<=[a-z0-9_-])/\d+(?![^\s.@])")


def logical(name: str) -> str:
    """The name of a node or channel as it was written.

    >>> logical("score/2"), logical("score")
    ('score', 'score')
    """
    return name.partition("/")[0]


def copies(name: str, partitions: int) -> list[str]:
    """What a channel with so many partitions, or a node behind it, is called.

    >>> copies("score", 2), copies("score", 1)
    (['score/0', 'score/1'], ['score'])
    """
    return [f"{name}/{number}" for number in range(partitions)] if partitions > 1 else [name]


def partition_of(key: str, partitions: int) -> int:
    """Where a key belongs, in every process, on every machine, for ever: what is in a store was told apart by it.

    >>> [partition_of(key, 4) for key in ("a", "b", "c", "d")]
    [3, 1, 3, 0]
    """
    return crc32(key.encode("utf-8", "surrogatepass")) % partitions


def told_apart(records: Sequence[Record], partitions: int) -> Iterator[tuple[int, list[int]]]:
    """Partition -> which of the records go there, in their order; a record without a key goes where its id says."""
    there: dict[int, list[int]] = defaultdict(list)
    for at, record in enumerate(records):
        key = record.key
        there[partition_of(record.id if key is None else key, partitions)].append(at)
    return iter(sorted(there.items()))


def expanded(graph: Graph) -> Graph:
    """The graph as it runs: `events` with four partitions is `events/0` to `events/3`, and so is what it feeds.

    A link into a channel stays what it was, with the channel's own name: its records are told apart one by one.
    """
    split = {channel.name: channel.partitions for channel in graph.channels.values() if channel.partitions > 1}
    if not split:
        return graph
    number = _numbers(graph, split)
    return graph.__replace__(
        nodes={copy.id: copy for use in graph.nodes.values() for copy in _node_copies(use, number)},
        channels={copy.name: copy for channel in graph.channels.values() for copy in _channel_copies(channel)},
        links=tuple(copy for link in graph.links for copy in _link_copies(link, number, split)),
    )


def _numbers(graph: Graph, split: Mapping[str, int]) -> dict[str, int]:
    """Node -> how many copies of it there are: as many as the channel has partitions that feeds its stage."""
    joined: dict[str, list[str]] = {id: [id] for id in graph.nodes}  # node -> all that memory links join to it
    for link in graph.links:
        if link.from_node and link.to_node and joined[link.from_node] is not joined[link.to_node]:
            small, large = sorted((joined[link.from_node], joined[link.to_node]), key=len)
            large += small
            joined.update(dict.fromkeys(small, large))
    number = dict.fromkeys(graph.nodes, 1)
    for link in graph.links:
        if link.from_channel and link.from_channel in split and link.to_node:
            number.update(dict.fromkeys(joined[link.to_node], split[link.from_channel]))
    return number


def _node_copies(use: NodeUse, number: Mapping[str, int]) -> Iterator[NodeUse]:
    for name in copies(use.id, number[use.id]):
        yield use.__replace__(id=name)


def _channel_copies(channel: Channel) -> Iterator[Channel]:
    """Each with its part of the room."""
    for name in copies(channel.name, channel.partitions):
        yield channel.__replace__(name=name, capacity=part_of(channel.capacity, channel.partitions))


def part_of(capacity: int, partitions: int) -> int:
    """The room of one partition, 1 at least."""
    return -(-capacity // partitions)


def _link_copies(link: Link, number: Mapping[str, int], split: Mapping[str, int]) -> Iterator[Link]:
    n = number[link.from_node or link.to_node or ""]
    ends = [copies(name, n) if name else [None] * n for name in (link.from_node, link.to_node)]
    starts = copies(link.from_channel, n if link.from_channel in split else 1) if link.from_channel else [None]
    for at in range(n):
        yield link.__replace__(
            from_node=ends[0][at], to_node=ends[1][at], from_channel=starts[at if len(starts) > 1 else 0]
        )


# -- what people see --------------------------------------------------------------------------------------------------


def summed(counts: Mapping[str, int]) -> dict[str, int]:
    """What was counted under the names of copies, under the names that were written.

    >>> summed({"events/0@score": 2, "events/1@score": 3, "feed.out -> events": 5})
    {'events@score': 5, 'feed.out -> events': 5}
    """
    found: Counter[str] = Counter()
    for name, n in counts.items():
        found[written(name)] += n
    return dict(found)


def folded(counts: Mapping[Subject, int]) -> Counter[Subject]:
    """The same for the counts of a store."""
    found: Counter[Subject] = Counter()
    for (subject, measure, reason), n in counts.items():
        found[written(subject), measure, reason] += n
    return found


def written(subject: str) -> str:
    """A node, link or group without the numbers of copies.

    >>> written("score/1.out -> sum/1.in"), written("events/0@all/score"), written("policy quota@score/3")
    ('score.out -> sum.in', 'events@all/score', 'policy quota@score')
    """
    return _COPY.sub("", subject) if "/" in subject else subject


# -- what a store knows -----------------------------------------------------------------------------------------------


def numbers(graph: Graph) -> dict[str, int]:
    """Durable channel, or node -> in how many places an expanded graph has it."""
    kept = [channel.name for channel in graph.channels.values() if channel.durable]
    return dict(Counter(map(logical, [*kept, *graph.nodes])))


def moved(now: Mapping[str, int], before: Mapping[str, int], used: Iterable[str]) -> list[str]:
    """Whose number is another than it was, although something was put there: keys would be looked for where they are not.

    `used` are subjects that were counted: groups, nodes, and links, behind which stands where they lead.  A channel that was
    never given a record may still be told apart as one likes.

    >>> moved({"events": 2, "new": 4}, {"events": 4}, ["feed.out -> events", "feed.out"])
    ['events']
    """
    places = {logical(subject.rpartition("-> ")[2].partition("@")[0]) for subject in used}
    return [name for name, n in now.items() if before.get(name, 1) != n and name in places]
