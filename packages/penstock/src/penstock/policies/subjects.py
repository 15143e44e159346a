"""Say what policies can be bound to in a graph: its nodes, its channels, and the run as a whole.

Takes:   a graph, and the packs of its node types.
Gives:   `Subject`, `subjects_of`; `Target`, what a selector may pick, links included.
Ignores: selectors (`compose`).
"""

from __future__ import annotations

from penstock.policies.fields import ASKED, SELECTOR
from penstock_findings.fact import EMPTY, Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from penstock.graph.draft import Catalog
    from penstock.graph.model import Graph

RUN = "*"  # the id of the run as a whole


class Subject(Fact):
    """What a policy stands at. `names` are what selectors go by: key -> the names that it answers to."""

    kind: str  # node, channel or run
    id: str
    points: tuple[str, ...]  # that are asked here
    names: Mapping[str, tuple[str, ...]] = EMPTY

    @property
    def words(self) -> str:
        """As one would say it: `node uplink`."""
        return "the run" if self.kind == "run" else f"{self.kind} {self.id}"


class World(Fact):
    """Everything that selectors can pick. `links`: id -> the subject that receives there."""

    subjects: Mapping[tuple[str, str], Subject]  # kind and id
    links: Mapping[str, Subject]
    no_loss: frozenset[str]  # channels
    durable: frozenset[str]  # channels
    behind: Mapping[str, frozenset[str]]  # node -> channels whose records come to it, by way of other nodes too
    unrepeatable: frozenset[str]  # nodes whose effects must not happen twice
    known: Mapping[str, Sequence[str]]  # key of selectors -> all names by which something can be selected, sorted

    @property
    def channels(self) -> list[str]:
        """Names of the channels, sorted."""
        return list(self.known["channel"])


def world_of(graph: Graph, catalog: Catalog) -> World:
    """What can be selected in a graph."""
    run = Subject("run", RUN, ASKED["run"])
    subjects = {("run", RUN): run}
    for id, use in graph.nodes.items():
        offer = catalog.nodes.get(use.type.id)
        packs = (offer.pack.distribution, offer.pack.name) if offer is not None else ()
        names = {"node": (id,), "tag": use.tags, "type": (use.type.id,), "pack": packs, "role": (use.type.role,)}
        subjects["node", id] = Subject("node", id, ASKED[use.type.role], names)
    for name in graph.channels:
        subjects["channel", name] = Subject("channel", name, ASKED["channel"], {"channel": (name,)})
    links = {}
    for link in graph.links:
        receiver = ("channel", link.to_channel) if link.to_channel else ("node", link.to_node or "")
        links[link.id] = subjects[receiver]
    channels = graph.channels.values()
    return World(
        subjects,
        links,
        frozenset(channel.name for channel in channels if channel.no_loss),
        frozenset(channel.name for channel in channels if channel.durable),
        _behind(graph),
        frozenset(id for id, use in graph.nodes.items() if use.type.effect == "external"),
        {**_known(subjects.values()), "link": sorted(links)},
    )


def _known(subjects: Iterable[Subject]) -> dict[str, list[str]]:
    known: dict[str, set[str]] = {key: set() for key in SELECTOR}
    for subject in subjects:
        for key, names in subject.names.items():
            known[key].update(names)
    return {key: sorted(names) for key, names in known.items()}


def _behind(graph: Graph) -> dict[str, frozenset[str]]:
    """For each node the channels that it reads, and those that the nodes before it read."""
    after: dict[str, list[str]] = {}
    for link in graph.links:
        if link.from_node and link.to_node:
            after.setdefault(link.from_node, []).append(link.to_node)
    behind: dict[str, set[str]] = {}
    for channel in graph.channels:
        waiting = [link.to_node for link in graph.links if link.from_channel == channel and link.to_node]
        reached: set[str] = set()
        while waiting:
            node = waiting.pop()
            if node not in reached:
                reached.add(node)
                waiting += after.get(node, ())
        for node in reached:
            behind.setdefault(node, set()).add(channel)
    return {node: frozenset(channels) for node, channels in behind.items()}
