"""Compile a graph into stages: what hangs together by memory links, and what flows in from sources and channels.

Takes:   a checked `Graph` and an instance of every node.
Gives:   `Plan`: nodes in topological order with their routes, stages, groups and memory channels.
Ignores: records, stores, time.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock._engine.partitions import logical
from penstock._store.facts import ChannelSpec
from penstock.graph.model import Channel, Graph, Link
from penstock.sdk import NodeSpec, Portability, Role, spec_of


@dataclass(slots=True)
class Route:
    """Where records of an output port go: to a port of a node of the same stage, or into a channel."""

    link: str
    node: str | None = None
    port: str = "in"
    channel: str | None = None
    durable: bool = False
    cursors: tuple[tuple[str, str], ...] = ()  # of the durable channel, each with a node that it feeds
    parts: tuple[Route, ...] = ()  # of a channel with partitions: one for each of them, in their order

    @property
    def channels(self) -> list[str]:
        """What it appends to."""
        return [part.channel for part in self.parts or (self,) if part.channel]


@dataclass(slots=True)
class NodePlan:
    """One node, placed."""

    id: str
    spec: NodeSpec
    instance: Any
    secrets: Mapping[str, str]
    routes: dict[str, list[Route]] = field(default_factory=dict)  # output port -> routes
    input_contracts: dict[str, str | None] = field(default_factory=dict)  # port -> ref
    output_contracts: dict[str, str | None] = field(default_factory=dict)
    stage: int = -1
    name: str = ""  # that it was written with; copies of it for several partitions share it
    no_loss: bool = False  # a channel from which no policy may drop a record leads here


@dataclass(slots=True)
class GroupPlan:
    """A group of a channel (or one member of a broadcast group) that feeds a node."""

    channel: Channel
    cursor: str
    node: str
    port: str

    @property
    def subject(self) -> str:
        """What its records are counted under."""
        return f"{self.channel.name}@{self.cursor}"


@dataclass(slots=True)
class StagePlan:
    """Nodes joined by memory links, in topological order, and what flows in."""

    number: int
    nodes: list[NodePlan]
    sources: list[NodePlan] = field(default_factory=list)
    groups: list[GroupPlan] = field(default_factory=list)
    outlets: tuple[str, ...] = ()  # channels that its nodes append to, sorted
    reach: dict[str, tuple[str, ...]] = field(default_factory=dict)  # node -> channels that it leads to, sorted
    paths: dict[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # node -> nodes that get its records, itself included
    claim: str | None = None  # what a process must hold to work on it; None when several may at once

    @property
    def name(self) -> str:
        """Told from its first node, so that it is the same in every run."""
        return min(node.id for node in self.nodes)

    @property
    def shared(self) -> str | None:
        """The name that it has in common with its copies for other partitions; None when there are none."""
        return logical(self.name) if logical(self.name) != self.name else None

    @property
    def remembers(self) -> bool:
        """Whether nodes of it keep state or order, which one process at a time can do."""
        return any(node.spec.stateful or node.spec.ordered for node in self.nodes)


@dataclass(slots=True)
class Plan:
    """A graph, compiled."""

    graph: Graph
    nodes: dict[str, NodePlan]
    stages: list[StagePlan]

    def durable_channels(self) -> list[ChannelSpec]:
        """Durable channels as the store wants to know them."""
        cursors: dict[str, set[str]] = defaultdict(set)
        for stage in self.stages:
            for group in stage.groups:
                cursors[group.channel.name].add(group.cursor)
        return [
            ChannelSpec(channel.name, tuple(sorted(cursors[channel.name])), channel.dedup_window, channel.retention)
            for channel in self.graph.channels.values()
            if channel.durable
        ]


def compile_graph(graph: Graph, instances: Mapping[str, Any]) -> Plan:
    """Place every node of a checked and expanded graph in a stage."""
    nodes = {
        id: NodePlan(
            id, spec_of(instances[id]), instances[id], use.secrets,
            input_contracts={port.name: port.contract for port in use.type.inputs},
            output_contracts={port.name: port.contract for port in use.type.outputs},
            name=logical(id),
        )
        for id, use in graph.nodes.items()
    }  # fmt: skip  # one line for what the node is, one for each table
    for link in graph.links:
        if link.from_node:
            nodes[link.from_node].routes.setdefault(link.from_port or "out", []).append(_route(graph, link))
    order = _topological(graph, nodes)
    stages = _stages(graph, nodes, order)
    by_node = {node.id: stage for stage in stages for node in stage.nodes}
    for group, link in _groups(graph):
        by_node[link.to_node or ""].groups.append(group)
    for stage in stages:
        routes = [route for node in stage.nodes for some in node.routes.values() for route in some]
        stage.outlets = tuple(sorted({channel for route in routes for channel in route.channels}))
        stage.reach = _reach(stage)
        stage.paths = _paths(stage)
        for name in {node for group in stage.groups if group.channel.no_loss for node in stage.paths[group.node]}:
            nodes[name].no_loss = True
    _name_claims(graph, stages)
    plan = Plan(graph, nodes, stages)
    groups = [group for stage in stages for group in stage.groups if group.channel.durable]
    for node in nodes.values():
        for route in (way for some in node.routes.values() for each in some for way in (each, *each.parts)):
            fed = {group.cursor: group.node for group in reversed(groups) if group.channel.name == route.channel}
            route.cursors = tuple(sorted(fed.items()))
    return plan


def _route(graph: Graph, link: Link) -> Route:
    """Where a link leads; into a channel with partitions, to all of them."""
    name = link.to_channel
    if name is None:
        return Route(link.id, link.to_node, link.to_port or "in")
    parts = tuple(
        Route(link.id, channel=channel.name, durable=channel.durable)
        for channel in graph.channels.values()
        if channel.name != name and logical(channel.name) == name
    )
    return Route(link.id, channel=name, durable=bool(parts) or graph.channels[name].durable, parts=parts)


def _reach(stage: StagePlan) -> dict[str, tuple[str, ...]]:
    """For each node the channels that its records may end in: only those have to have room before it is given any.

    To wait for all channels of the stage would be to wait for oneself, where a stage drains a channel that it fills.
    """
    found: dict[str, set[str]] = {}
    for node in reversed(stage.nodes):
        routes = [route for some in node.routes.values() for route in some]
        found[node.id] = {channel for route in routes for channel in route.channels}
        found[node.id].update(*(found[route.node] for route in routes if route.node))
    return {id: tuple(sorted(channels)) for id, channels in found.items()}


def _paths(stage: StagePlan) -> dict[str, tuple[str, ...]]:
    """For each node itself and those that its records come to by memory links; not a source, which is given none."""
    found: dict[str, dict[str, None]] = {}
    for node in reversed(stage.nodes):
        own = {} if node.spec.role is Role.SOURCE else {node.id: None}
        after = [route.node for some in node.routes.values() for route in some if route.node]
        found[node.id] = own | {id: None for name in after for id in found[name]}
    return {id: tuple(names) for id, names in found.items()}


def _name_claims(graph: Graph, stages: list[StagePlan]) -> None:
    """One claim for all stages that memory channels join, when one of them remembers; one for each copy of a stage.

    What a process puts into a memory channel it has to take out itself: it must not begin work whose end another
    process has claimed.  And with one claim instead of several, no two processes can each wait for the other's.
    """
    ends = {stage.number: {*stage.outlets} | {group.channel.name for group in stage.groups} for stage in stages}
    for stage in stages:
        joined, channels = {stage.number}, {name for name in ends[stage.number] if not graph.channels[name].durable}
        while more := {n for n, names in ends.items() if names & channels} - joined:
            joined |= more
            channels |= {name for n in more for name in ends[n] if not graph.channels[name].durable}
        if stage.shared or any(stages[number].remembers for number in joined):
            stage.claim = "stage:" + min(stages[number].name for number in joined)


def _groups(graph: Graph) -> Iterable[tuple[GroupPlan, Link]]:
    for link in graph.links:
        if link.from_channel:
            channel = graph.channels[link.from_channel]
            name = link.group or link.to_node or ""
            group = channel.groups.get(name)
            cursor = f"{name}/{logical(link.to_node or '')}" if group and group.mode == "broadcast" else name
            yield GroupPlan(channel, cursor, link.to_node or "", link.to_port or "in"), link


def _topological(graph: Graph, nodes: Mapping[str, NodePlan]) -> list[str]:
    """Ids such that every memory link goes forward; ties in the order of the file."""
    waiting = dict.fromkeys(nodes, 0)
    after: dict[str, list[str]] = defaultdict(list)
    for link in graph.links:
        if link.from_node and link.to_node:
            waiting[link.to_node] += 1
            after[link.from_node].append(link.to_node)
    ready = deque(id for id, n in waiting.items() if n == 0)
    order = []
    while ready:
        order.append(ready.popleft())
        for id in after[order[-1]]:
            waiting[id] -= 1
            if waiting[id] == 0:
                ready.append(id)
    return order


def _stages(graph: Graph, nodes: Mapping[str, NodePlan], order: list[str]) -> list[StagePlan]:
    neighbours: dict[str, list[str]] = defaultdict(list)
    for link in graph.links:
        if link.from_node and link.to_node:
            neighbours[link.from_node].append(link.to_node)
            neighbours[link.to_node].append(link.from_node)
    stages: list[StagePlan] = []
    for start in order:
        if nodes[start].stage >= 0:
            continue
        stage = StagePlan(len(stages), [])
        todo = [start]
        while todo:
            node = nodes[todo.pop()]
            if node.stage < 0:
                node.stage = stage.number
                todo += neighbours[node.id]
        stages.append(stage)
    for id in order:
        stages[nodes[id].stage].nodes.append(nodes[id])
        if nodes[id].spec.role is Role.SOURCE:
            stages[nodes[id].stage].sources.append(nodes[id])
    return stages


def is_local(spec: NodeSpec, port: str) -> bool:
    """Whether an output port carries payloads that must not leave the process."""
    return any(p.name == port and p.portability is Portability.LOCAL for p in spec.outputs)
