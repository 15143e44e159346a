"""Say what a graph file of format 1 may hold: its keys, and for plain settings the values they may have.

Takes:   nothing.
Gives:   the keys of every section, the known features, and the kinds `Whole`, `Duration`, `Choice`, `Flag`, `Named`.
Ignores: how a file is walked (`read`). `graph.schema.json` says the same to editors; a test keeps them in step.
"""

from __future__ import annotations

from penstock_findings.fact import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

TOP = ("format", "name", "description", "requires", "packs", "environment", "settings", "channels", "nodes", "links")
TOP_REQUIRED = ("name", "nodes")  # `format` has a finding of its own
NODE = ("type", "config", "secrets", "tags")
NODE_REQUIRED = ("type",)
LINK = ("from", "to", "group")
LINK_REQUIRED = ("from", "to")
GROUP = ("mode",)

FEATURES = ("timers", "groups", "dedup")  # what `requires` may name: parts of the runtime that a graph leans on

DAY = 86_400


class Whole(Fact):
    """A whole number in [low, high]."""

    low: int
    high: int


class Duration(Fact):
    """Seconds in [low, high], as a number or as text with a unit."""

    low: float
    high: float


class Choice(Fact):
    """One of a few words."""

    options: tuple[str, ...]


class Flag(Fact):
    """True or false."""


class Named(Fact):
    """A name; the ones in `own` are there without a pack."""

    own: tuple[str, ...]


if TYPE_CHECKING:
    Kind: TypeAlias = Whole | Duration | Choice | Flag | Named

KINDS = Named(("sqlite", "memory"))  # others are looked up in the packs
MODES = Choice(("compete", "broadcast"))

SETTINGS: Mapping[str, Kind] = {
    "batch": Whole(1, 100_000),
    "linger": Duration(0, 3600),
    "commit_interval": Duration(0, 3600),
    "ack": Choice(("power", "process")),
    "barrier": Duration(0, 60),
    "lease": Duration(0.1, 7 * DAY),
    "inbox": Whole(1, 1_000_000_000),
    "concurrency": Whole(0, 10_000),
    "idle_sleep": Duration(0.001, 3600),
    "history": Choice(("full", "counts")),
    "history_retention": Duration(0, 3650 * DAY),
    "validate": Flag(),
    "drain": Duration(0, DAY),
}

CHANNEL: Mapping[str, Kind | None] = {
    "kind": KINDS,
    "capacity": Whole(1, 1_000_000_000),
    "dedup": Duration(0, 365 * DAY),
    "retention": Duration(0, 3650 * DAY),
    "no_loss": Flag(),
    "partitions": Whole(1, 64),
    "groups": None,  # a mapping of its own
}
