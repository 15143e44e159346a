"""A graph as facts: what was written, checked and resolved against the node types that exist.

Takes:   nothing.
Gives:   `Graph` and its parts; `Settings`.
Ignores: files, positions of mistakes (`graph/load.py`, `graph/checks/`), instances of nodes and running (`_engine/`).
"""

from __future__ import annotations

from penstock_findings.fact import EMPTY, Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from penstock.manifest.model import ContractFacts, NodeFacts

FORMAT = 1


class NodeUse(Fact):
    """A node of a graph: its id there, its type, its config."""

    id: str
    type: NodeFacts
    config: Mapping[str, Any] = EMPTY
    secrets: Mapping[str, str] = EMPTY  # name as the node asks for it -> a reference, such as "env:NAME"
    tags: tuple[str, ...] = ()


class Group(Fact):
    """A consumer group of a channel. `compete`: each record goes to one member; `broadcast`: to every member."""

    name: str
    mode: str = "compete"


class Channel(Fact):
    """A named, ordered, append-only log with consumer groups, or (kind `memory`) a bounded inbox of this process."""

    name: str
    kind: str = "sqlite"  # sqlite (on disk), memory (an inbox of this process), or a store that a pack offers
    capacity: int = 100_000  # records not yet settled by the slowest group; a full channel asks a policy, or holds back
    dedup_window: float = 0.0  # seconds for which a key is remembered per producer; 0 remembers nothing
    retention: float = 3600.0  # seconds for which settled records stay readable
    groups: Mapping[str, Group] = EMPTY
    no_loss: bool = False  # no policy may drop a record here: what one would drop becomes a dead letter
    partitions: int = 1  # logs that it consists of, told apart by key; each is worked on by one process at a time

    @property
    def durable(self) -> bool:
        """Whether its records survive the process."""
        return self.kind != "memory"


class Link(Fact):
    """Joins an output port to an input port, an output port to a channel, or a channel's group to an input port.

    Exactly one of `from_node` and `from_channel` is given, and exactly one of `to_node` and `to_channel`.
    """

    from_node: str | None = None
    from_port: str | None = None
    from_channel: str | None = None
    group: str | None = None
    to_node: str | None = None
    to_port: str | None = None
    to_channel: str | None = None

    @property
    def id(self) -> str:
        """`zone.out -> cooldown.in`, `cooldown.out -> events`, `events@uplink -> uplink.in`."""
        start = f"{self.from_channel}@{self.group}" if self.from_channel else f"{self.from_node}.{self.from_port}"
        return f"{start} -> {self.to_channel or f'{self.to_node}.{self.to_port}'}"


class Settings(Fact):
    """How a graph runs, in words of the runtime: durations in seconds, sizes in records."""

    batch: int = 64  # records per step at most
    linger: float = 0.05  # how long a step waits for a fuller batch from an async or blocking source
    commit_interval: float = 0.0  # how long finished work may wait for more before it is committed; 0 waits for nothing
    ack: str = "power"  # what is acknowledged survives: power (a power cut) or process (a killed process)
    barrier: float = 0.01  # at `power`, how long commits may wait for the disk to confirm them together; 0: each alone
    lease: float = 30.0  # how long what a process has taken stays its own without a sign of life
    inbox: int = 100_000  # capacity of memory channels that do not say theirs
    concurrency: int = 0  # calls of one node in flight at most; 0 leaves it to the node's type, which is a bound anyway
    idle_sleep: float = 0.2  # how long a process with nothing to do sleeps before it looks again for others' work
    history: str = "full"  # full (what became of each record) or counts (only how many)
    history_retention: float = 604_800.0  # how long the history of a step is kept
    validate: bool = True  # check payloads against port contracts
    drain: float = 20.0  # how long a graceful stop may take


class Graph(Fact):
    """A graph that can run: every name resolved, every config valid, no cycle."""

    name: str
    nodes: Mapping[str, NodeUse]
    links: tuple[Link, ...]
    channels: Mapping[str, Channel] = EMPTY
    contracts: Mapping[str, ContractFacts] = EMPTY  # "name@version" -> contract, of the packs in use
    settings: Settings = Settings()
    packs: Mapping[str, str] = EMPTY  # pack -> version range, as written
    requires: tuple[str, ...] = ()
    digest: str = ""  # sha256 of the topology: nodes, types, configs, links, channels

    @property
    def store_kind(self) -> str:
        """The kind of all its durable channels: a step is one transaction, so there is one store."""
        return next((channel.kind for channel in self.channels.values() if channel.durable), "sqlite")
