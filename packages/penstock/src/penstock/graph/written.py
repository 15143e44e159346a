"""A graph file as facts: what stands in it and where, with no name looked up yet.

Takes:   nothing.
Gives:   `Written` and its parts; a pointer says where each stands in the file.
Ignores: which node types exist (`resolve`), what a run needs (`model`).
"""

from __future__ import annotations

from penstock_findings.fact import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Feature(Fact):
    """A name in `requires`."""

    pointer: str
    name: str


class PackWish(Fact):
    """A pack that the graph names; `range` is None when it was unreadable as text."""

    pointer: str
    name: str
    range: str | None


class Declared(Fact):
    """An environment name that the graph may use; `on_key` says whether the pointer means a key of the file."""

    pointer: str
    name: str
    default: str | None
    on_key: bool
    is_sound: bool = True  # False when its default could not be read, and has been complained about


class WrittenGroup(Fact):
    """A consumer group declared on a channel."""

    pointer: str
    name: str
    mode: str


class WrittenChannel(Fact):
    """A channel; durations in seconds, defaults filled in. `groups` is None when it declares none."""

    pointer: str
    name: str
    settings: Mapping[str, Any]  # names of the file: kind, capacity, dedup, retention; only those that were given
    groups: Mapping[str, WrittenGroup] | None

    @property
    def durable(self) -> bool:
        """Whether its records survive the process."""
        return self.kind != "memory"

    @property
    def kind(self) -> str:
        """Where it is kept."""
        return str(self.settings.get("kind", "sqlite"))

    @property
    def partitions(self) -> int:
        """Of how many logs it consists."""
        return int(self.settings.get("partitions", 1))

    @property
    def kind_pointer(self) -> str:
        """Where its kind stands, or would."""
        return f"{self.pointer}/kind"


class WrittenNode(Fact):
    """A node; `type` is None when it was missing or unreadable. `config` holds overrides already, and `${NAME}` as it is."""

    pointer: str
    id: str
    type: str | None
    type_pointer: str
    config: Mapping[str, Any]
    config_pointer: str
    secrets: Mapping[str, str]
    secrets_pointer: str | None
    tags: tuple[str, ...]


class WrittenEnd(Fact):
    """One end of a link, as text: a node, a node's port or a channel."""

    pointer: str
    text: str


class WrittenLink(Fact):
    """A link; an end is None when it was missing or unreadable."""

    pointer: str
    start: WrittenEnd | None
    finish: WrittenEnd | None
    group: str | None
    group_pointer: str | None


class Written(Fact):
    """A whole file, as far as it could be read; the parts that could not are left out and were complained about."""

    name: str | None
    requires: tuple[Feature, ...]
    packs: tuple[PackWish, ...]
    environment: Mapping[str, Declared]
    settings: Mapping[str, Any]
    channels: Mapping[str, WrittenChannel]
    nodes: Mapping[str, WrittenNode]
    links: tuple[WrittenLink, ...]
    names_known: bool  # False when the nodes or the channels could not be read, so a link may mean one of those
    links_known: bool  # False when a link could not be read, so any port may be bound by it
    used: frozenset[str]  # environment names that stand where none may stand
    hidden: tuple[str, ...]  # pointers to what may be a secret itself, and is not to be shown to anybody
