"""Build the graph that can run from a draft in which nothing is wrong.

Takes:   a draft without errors, and the contracts that are installed.
Gives:   `build`: a `Graph`; `digest_of_topology`.
Ignores: mistakes; there are none left.
"""

from __future__ import annotations

from penstock.graph.model import Channel, Graph, Group, Link, NodeUse, Settings
from penstock.manifest.canonical import digest_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from penstock.graph.draft import Catalog, Draft, DraftNode, Join
    from penstock.graph.written import WrittenChannel
    from penstock.manifest.model import ContractFacts


def build(draft: Draft, catalog: Catalog) -> Graph:
    """The graph of a draft without errors."""
    written = draft.written
    return Graph(
        name=written.name or "",
        nodes={node.id: _node(node) for node in draft.nodes.values()},
        links=tuple(_link(join) for join in draft.sound),
        channels={name: _channel(channel, draft) for name, channel in written.channels.items()},
        contracts=_contracts(draft, catalog),
        settings=Settings(**written.settings),
        packs={use.wish.name: use.wish.range or "" for use in draft.packs},
        requires=tuple(feature.name for feature in written.requires),
        digest=digest_of_topology(draft),
    )


def digest_of_topology(draft: Draft) -> str:
    """`sha256:...` over what decides where records go and what becomes of them.

    That is: nodes with their types and configs, links, and of every channel kind, dedup window, groups, `no_loss` and
    partitions.
    Names from the environment stand for themselves, so that a graph has one digest on every machine; overrides count.
    The order of the file does not matter, nor do settings, tags, secrets, capacity, retention, or versions of packs.
    """
    nodes = {node.id: {"type": node.written.type, "config": node.written.config} for node in draft.nodes.values()}
    channels = {
        name: {
            "kind": channel.kind,
            "dedup": channel.dedup_window,
            "groups": {group.name: group.mode for group in channel.groups.values()},
            **({"no_loss": True} if channel.no_loss else {}),
            **({"partitions": channel.partitions} if channel.partitions > 1 else {}),
        }
        for name, channel in ((name, _channel(channel, draft)) for name, channel in draft.written.channels.items())
    }
    return digest_of({"nodes": nodes, "channels": channels, "links": sorted(join.name for join in draft.sound)})


def _node(node: DraftNode) -> NodeUse:
    assert node.type is not None
    return NodeUse(node.id, node.type, node.config, node.written.secrets, node.written.tags)


def _link(join: Join) -> Link:
    start, finish = join.start, join.finish
    assert start is not None
    assert finish is not None
    return Link(
        from_node=start.node.id if start.node is not None else None,
        from_port=start.port.name if start.port is not None else None,
        from_channel=start.channel.name if start.channel is not None else None,
        group=join.group,
        to_node=finish.node.id if finish.node is not None else None,
        to_port=finish.port.name if finish.port is not None else None,
        to_channel=finish.channel.name if finish.channel is not None else None,
    )


def _channel(written: WrittenChannel, draft: Draft) -> Channel:
    """The channel with its groups: those that it declares, else those for which links read."""
    named: dict[str, Any] = {"dedup": "dedup_window"}
    settings = {named.get(key, key): value for key, value in written.settings.items()}
    if written.groups is not None:
        groups = {name: Group(name, group.mode) for name, group in written.groups.items()}
    else:
        groups = {name: Group(name) for name in sorted(draft.bonds.consumed.get(written.name, ()))}
    if not written.durable and "inbox" in draft.written.settings:
        settings.setdefault("capacity", draft.written.settings["inbox"])
    return Channel(written.name, groups=groups, **settings)


def _contracts(draft: Draft, catalog: Catalog) -> Mapping[str, ContractFacts]:
    offers = (node.offer for node in draft.nodes.values() if node.offer is not None)
    packs = {offer.pack.distribution: offer.pack for offer in offers}
    carried = {
        contract.ref
        for pack in packs.values()
        for contract in (pack.manifest.contracts if pack.manifest is not None else ())
    }
    return {ref: catalog.contracts[ref] for ref in sorted(carried) if ref in catalog.contracts}
