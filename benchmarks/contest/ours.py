"""The graphs that we enter: in memory, over one durable link, over three, over none, and a backlog to drain.

Takes:   what differs: batch, acknowledgement level, barrier, history, metrics.
Gives:   `Opens` for `turns.Contender`; `under_contract`, `channels`.
Ignores: the nodes (`work.py`) and who else takes part (`peers/`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from contest.turns import Go, Opens
from contest.work import SCHEMA, Feed, Mark, Place, Sink, Tally, ready_made
from penstock._store.memory import MemoryStore
from penstock._store.sqlite import SqliteStore
from penstock._watching.prometheus import served
from penstock._watching.snapshot import Watch
from penstock.graph.model import Channel, Graph, Group
from penstock.manifest.model import ContractFacts
from penstock.running import run
from penstock.testing import graph_of


@dataclass(frozen=True, slots=True)
class Way:
    """How a graph is run; what is said here is what a graph file and a command line would say."""

    batch: int = 64
    ack: str = "power"
    barrier: float = 0.01  # seconds; 0 has each commit confirmed alone
    history: str = "full"
    metrics: bool = True  # taken every second, and served for Prometheus from a thread of their own

    @property
    def settings(self) -> dict[str, Any]:
        """For `graph_of`."""
        return {"batch": self.batch, "ack": self.ack, "barrier": self.barrier, "history": self.history}


def in_memory(source: Any, tally: Any, way: Way) -> Opens:
    """Source, two transforms, sink, joined by memory links; nothing is kept but counts."""

    @contextmanager
    def opens(here: Path, count: int) -> Iterator[Go]:
        with watched(way) as options:

            def go() -> int:
                end = tally()
                nodes = {"feed": Feed(source, count), "mark": Mark(), "place": Place(), "sink": Sink(end)}
                graph, build = graph_of(nodes, ["feed -> mark", "mark -> place", "place -> sink"], **way.settings)
                run(graph, build, MemoryStore(), until_idle=True, **options)
                return int(end.n)

            yield go

    return opens


def one_link(way: Way) -> Opens:
    """Source, transform, durable channel, transform, sink."""
    return _durable(way, ["feed -> mark", "mark -> events", "events@place -> place", "place -> sink"], ["events@place"])


def offsets_only(way: Way) -> Opens:
    """Source, two transforms, sink; durable is how far the source was read, and what became of each record."""
    return _durable(way, ["feed -> mark", "mark -> place", "place -> sink"], [])


def three_links(way: Way) -> Opens:
    """A durable channel after each node, with a contract on the port before it and a memory for duplicates."""
    links = [
        "feed -> read", "read@mark -> mark", "mark -> marked", "marked@place -> place", "place -> placed", "placed@sink -> sink",
    ]  # fmt: skip  # in the order of a record's way
    groups = ["read@mark", "marked@place", "placed@sink"]
    return _durable(way, links, groups, dedup=3600.0, contracts=("feed", "mark", "place"))


def drain(way: Way) -> Opens:
    """A durable channel that was filled before, by another run; transform, sink. All of it is read from the disk."""
    groups = ["events@place"]

    def fill(store: SqliteStore, count: int) -> None:
        nodes = {"feed": Feed(ready_made, count), "mark": Mark()}
        graph, build = graph_of(nodes, ["feed -> mark", "mark -> events"], channels(groups, room=2 * count), batch=way.batch)  # fmt: skip
        run(graph, build, store, until_idle=True)

    @contextmanager
    def opens(here: Path, count: int) -> Iterator[Go]:
        with ExitStack() as stack:
            first = SqliteStore(here / "store", ack="process")
            fill(first, count)
            first.close()
            store = SqliteStore(here / "store", ack=way.ack)
            stack.callback(store.close)
            options = stack.enter_context(watched(way))

            def go() -> int:
                end = Tally()
                nodes = {"place": Place(), "sink": Sink(end)}
                links = ["events@place -> place", "place -> sink"]
                graph, build = graph_of(nodes, links, channels(groups, room=2 * count), **way.settings)
                run(graph, build, store, until_idle=True, **options)
                return end.n

            yield go

    return opens


def _durable(
    way: Way, links: list[str], groups: Sequence[str], *, dedup: float = 0.0, contracts: Sequence[str] = ()
) -> Opens:
    @contextmanager
    def opens(here: Path, count: int) -> Iterator[Go]:
        with ExitStack() as stack:
            store = SqliteStore(here / "store", ack=way.ack)
            stack.callback(store.close)
            options = stack.enter_context(watched(way))

            def go() -> int:
                end = Tally()
                nodes = {"feed": Feed(ready_made, count), "mark": Mark(), "place": Place(), "sink": Sink(end)}
                graph, build = graph_of(nodes, links, channels(groups, dedup=dedup), **way.settings)
                run(under_contract(graph, contracts), build, store, until_idle=True, **options)
                return end.n

            yield go

    return opens


def channels(
    groups: Sequence[str], *, dedup: float = 0.0, room: int = 100_000, retention: float = 3600.0
) -> list[Channel]:
    """One channel for each `channel@group`."""
    named = (each.split("@") for each in groups)
    return [
        Channel(name, groups={group: Group(group)}, capacity=room, dedup_window=dedup, retention=retention)
        for name, group in named
    ]


def under_contract(graph: Graph, nodes: Sequence[str]) -> Graph:
    """The graph with a contract on the output of these nodes."""
    if not nodes:
        return graph
    contract = ContractFacts("detection", "1.0.0", "sha256:bench", SCHEMA)
    uses = dict(graph.nodes)
    for id in nodes:
        ports = tuple(replace(port, contract=contract.ref) for port in uses[id].type.outputs)
        uses[id] = replace(uses[id], type=replace(uses[id].type, outputs=ports))
    return replace(graph, nodes=uses, contracts={contract.ref: contract})


@contextmanager
def watched(way: Way) -> Iterator[Mapping[str, Any]]:
    """Options of a run that is watched as `penstock run --metrics` has it watched."""
    if not way.metrics:
        yield {}
        return
    watch = Watch()
    with served(watch, "127.0.0.1", 0):
        yield {"on_start": watch.start}
        watch.end()
