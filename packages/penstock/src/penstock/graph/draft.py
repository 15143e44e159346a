"""A graph as it was written, with every name looked up that can be: what the checks look at.

Takes:   nothing.
Gives:   `Draft` and its parts, and what a `Catalog` must be. Where a name could not be looked up, `problem` says why.
Ignores: how names are looked up (`resolve`), what to say about it (`checks`).
"""

from __future__ import annotations

from penstock_findings.fact import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Any, Protocol

    from penstock.graph.misfits import Misfit
    from penstock.graph.written import PackWish, Written, WrittenChannel, WrittenNode
    from penstock.manifest.model import ChannelFacts, ContractFacts, Manifest, NodeFacts, PortFacts

    class Pack(Protocol):
        """A pack that is installed; `manifest` is None when it cannot be used."""

        @property
        def name(self) -> str: ...
        @property
        def distribution(self) -> str: ...
        @property
        def version(self) -> str: ...
        @property
        def manifest(self) -> Manifest | None: ...

    class Offer(Protocol):
        """A node type, and the pack that offers it."""

        @property
        def facts(self) -> NodeFacts: ...
        @property
        def pack(self) -> Pack: ...

    class KindOffer(Protocol):
        """A channel kind, and the pack that offers it."""

        @property
        def facts(self) -> ChannelFacts: ...
        @property
        def pack(self) -> Pack: ...

    class Catalog(Protocol):
        """What is installed: all that graphs want to know of packs."""

        @property
        def packs(self) -> Sequence[Pack]: ...
        @property
        def nodes(self) -> Mapping[str, Offer]: ...
        @property
        def channels(self) -> Mapping[str, KindOffer]: ...
        @property
        def contracts(self) -> Mapping[str, ContractFacts]: ...
        @property
        def clashes(self) -> Mapping[tuple[str, str], Sequence[Pack]]: ...


# Why an end of a link leads nowhere.
FORM = "form"  # it is neither `name` nor `name.port`
NAME = "name"  # there is no such node or channel
PORT = "port"  # the node has no such port
AMBIGUOUS = "ambiguous"  # no port is named, and there are several
DIRECTION = "direction"  # an input where an output is needed, or the reverse
CHANNEL_PORT = "channel-port"  # a port of a channel
UNDECIDED = "undecided"  # it hangs on something that has been complained about already


class Text(Fact):
    """A text of a config that takes values from the environment, or tries to."""

    pointer: str
    names: tuple[str, ...]
    broken: str | None  # the part that cannot be read


class Literal(Fact):
    """A text that stands in the file as it is, under a name."""

    pointer: str
    name: str
    looks_secret: bool


class PackUse(Fact):
    """A pack that the graph names: the installed one, if any, and whether its version fits.

    `verdict` is yes, no, bad-range, bad-version or, when nothing could be compared, empty.
    """

    wish: PackWish
    pack: Pack | None
    guess: str | None
    verdict: str


class DraftNode(Fact):
    """A node with its type, and its config with the values of the environment in it."""

    written: WrittenNode
    offer: Offer | None
    guess: str | None  # the type that was probably meant
    config: Mapping[str, Any]
    misfits: tuple[Misfit, ...]
    bad_schema: str | None  # why the schema of the type cannot be used

    @property
    def id(self) -> str:
        """Its id in the graph."""
        return self.written.id

    @property
    def pointer(self) -> str:
        """Where it stands."""
        return self.written.pointer

    @property
    def type(self) -> NodeFacts | None:
        """What is known of its type."""
        return None if self.offer is None else self.offer.facts


class End(Fact):
    """One end of a link. Without a `problem` it is a channel, or a node and its port."""

    pointer: str
    text: str
    is_start: bool
    problem: str
    node: DraftNode | None
    channel: WrittenChannel | None
    port: PortFacts | None
    guess: str | None  # the name, or the port, that was probably meant
    known: tuple[str, ...]  # what could have stood there, the first dozen

    @property
    def place(self) -> str:
        """What it joins: `zone.out`, or the channel's name."""
        if self.channel is not None:
            return self.channel.name
        return self.text if self.node is None or self.port is None else f"{self.node.id}.{self.port.name}"


class Join(Fact):
    """A link with its ends looked up; an end is None when it could not be read."""

    pointer: str
    start: End | None
    finish: End | None
    group: str | None  # as written, else the id of the consuming node; None unless it starts at a channel
    group_pointer: str | None

    @property
    def name(self) -> str:
        """`zone.out -> cooldown.in`, `cooldown.out -> events`, `events@uplink -> uplink.in`; equal links have equal names."""
        start = self.start.place if self.start is not None else "..."
        finish = self.finish.place if self.finish is not None else "..."
        return f"{start}@{self.group} -> {finish}" if self.group is not None else f"{start} -> {finish}"


class Bonds(Fact):
    """What links lead to and come from, also the links that are only probably meant so."""

    inputs: Collection[tuple[str, str]]  # node, port
    outputs: Collection[tuple[str, str]]
    nodes: Collection[str]  # touched by a link
    produced: Collection[str]  # channels that a link writes to
    consumed: Mapping[str, Collection[str]]  # channel -> groups that a link reads for; "*" for any
    reaching: Collection[str]  # nodes from which a sink or a channel can be reached


class Draft(Fact):
    """A whole graph, looked up as far as it goes."""

    written: Written
    nodes: Mapping[str, DraftNode]
    joins: tuple[Join, ...]
    sound: tuple[Join, ...]  # the joins without a problem
    bonds: Bonds
    packs: tuple[PackUse, ...]
    texts: tuple[Text, ...]
    literals: tuple[Literal, ...]
    environment: Mapping[str, str]  # declared name -> value, where there is one
    type_names: tuple[str, ...]  # sorted
    clashes: Mapping[str, Sequence[Pack]]  # node types that several packs claim
    kinds: Mapping[str, KindOffer | None]  # channel kinds that the graph names and the core has not -> who offers them
    kind_names: tuple[str, ...]  # sorted
    kind_guesses: Mapping[str, str]
    kind_clashes: Mapping[str, Sequence[Pack]]
    name_guesses: Mapping[str, str]  # undeclared environment name -> the declared one that was probably meant
    group_guesses: Mapping[
        tuple[str, str], str
    ]  # channel and unknown group -> the declared one that was probably meant
    feature_guesses: Mapping[str, str]
    links_known: bool  # False when a link may lead anywhere, so that nobody can say what is not linked

    @property
    def ends(self) -> list[End]:
        """Both ends of every link that could be read, in the order of the file."""
        return [end for join in self.joins for end in (join.start, join.finish) if end is not None]

    @property
    def channels(self) -> list[WrittenChannel]:
        """The channels whose names no node has taken as well."""
        return [channel for name, channel in self.written.channels.items() if name not in self.nodes]
