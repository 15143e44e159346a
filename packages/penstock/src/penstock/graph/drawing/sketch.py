"""Say what a picture of a graph holds: boxes and arrows, with the words on them.

Takes:   a graph.
Gives:   `sketch_of`: a `Sketch`. Words on an arrow are what its ends cannot say alone: a port among several, a group.
Ignores: places, shapes and languages.
"""

from __future__ import annotations

from penstock_findings.fact import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.graph.model import Channel, Graph, Link, NodeUse

CHANNEL = "channel"  # beside the roles of nodes, the kind of a box


class Box(Fact):
    """A node or a channel: `kind` is source, transform, sink or channel; `detail` is its type, or what a channel is like."""

    id: str
    kind: str
    detail: str


class Arrow(Fact):
    """A link. `tail` and `head` are the words at its ends; `durable` when records survive the process on it."""

    start: str
    finish: str
    tail: str
    head: str
    durable: bool


class Sketch(Fact):
    """A picture before anything has a place; boxes in the order in which records pass them."""

    name: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]

    @property
    def summary(self) -> str:
        """`5 nodes, 1 channel, 6 links`."""
        channels = sum(box.kind == CHANNEL for box in self.boxes)
        counts = [(len(self.boxes) - channels, "node"), (channels, "channel"), (len(self.arrows), "link")]
        return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts if count)


def sketch_of(graph: Graph) -> Sketch:
    """The boxes and arrows of a graph."""
    boxes = {node.id: Box(node.id, node.type.role, node.type.id) for node in graph.nodes.values()}
    boxes.update({channel.name: Box(channel.name, CHANNEL, _detail(channel)) for channel in graph.channels.values()})
    arrows = tuple(_arrow(link, graph) for link in graph.links)
    return Sketch(graph.name, tuple(boxes[id] for id in _in_order(boxes, arrows)), arrows)


def _detail(channel: Channel) -> str:
    parts = f", {channel.partitions} partitions" if channel.partitions > 1 else ""
    return f"{channel.kind}, {channel.capacity:,} records{parts}"


def _arrow(link: Link, graph: Graph) -> Arrow:
    if link.from_channel is not None:
        channel = graph.channels[link.from_channel]
        group = channel.groups.get(link.group or "")
        tail = f"{link.group} ({group.mode})" if group is not None else f"{link.group}"
        durable = channel.durable
    else:
        tail = _port(graph.nodes[link.from_node or ""], link.from_port, is_output=True)
        durable = link.to_channel is not None and graph.channels[link.to_channel].durable
    head = "" if link.to_node is None else _port(graph.nodes[link.to_node], link.to_port, is_output=False)
    start, finish = link.from_channel or link.from_node or "", link.to_channel or link.to_node or ""
    return Arrow(start, finish, tail, head, durable)


def _port(node: NodeUse, port: str | None, *, is_output: bool) -> str:
    """The name of the port, when the node has several of them on this side."""
    return port or "" if len(node.type.outputs if is_output else node.type.inputs) > 1 else ""


def _in_order(boxes: Mapping[str, Box], arrows: tuple[Arrow, ...]) -> list[str]:
    """Sources first, then what they lead to; as written where that leaves a choice. What goes round comes last."""
    after: dict[str, list[str]] = {id: [] for id in boxes}
    waits = dict.fromkeys(boxes, 0)
    for arrow in arrows:
        after[arrow.start].append(arrow.finish)
        waits[arrow.finish] += 1
    order = [id for id in boxes if not waits[id]]
    for id in order:  # grows while it is walked
        for follower in after[id]:
            waits[follower] -= 1
            if not waits[follower]:
                order.append(follower)
    return order + [id for id in boxes if waits[id] > 0]
