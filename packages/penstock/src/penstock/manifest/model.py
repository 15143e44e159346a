"""The manifest of a pack as facts: what it offers, without importing it.

Takes:   nothing.
Gives:   `Manifest` and its parts, with the names that the file uses.
Ignores: where a manifest was found (`_plugins/`), how it is made (`manifest/lock.py`) or read (`manifest/read.py`).
"""

from __future__ import annotations

from penstock_findings.fact import EMPTY, Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

FORMAT = 1
SDK_LEVEL = 1  # raised when the public surface grows; a pack says which level it needs


class PortFacts(Fact):
    """One port of a node type: its name, `name@version` of its contract if it has one, how far payloads travel."""

    name: str
    contract: str | None = None
    portability: str = "json"  # json, local or ref


class NodeFacts(Fact):
    """One node type of a pack."""

    id: str
    role: str  # source, transform or sink
    inputs: tuple[PortFacts, ...]
    outputs: tuple[PortFacts, ...]
    config: Mapping[str, Any]  # JSON Schema (2020-12) of its config object
    effect: str  # none, idempotent or external
    import_path: str  # "package.module:Class"
    doc: str = ""  # the first line of its docstring
    stateful: bool = False
    ordered: bool = False
    capabilities: tuple[str, ...] = ()
    deprecated: str | None = None  # what to use instead


class PolicyFacts(Fact):
    """One policy type of a pack."""

    id: str
    points: tuple[str, ...]  # decision points that it answers
    config: Mapping[str, Any]
    import_path: str
    doc: str = ""
    layer: str = ""  # where it stands among others, one of `LAYERS`; empty: told from its points
    drops: str = "unknown"  # whether it may give records up: always, sometimes, never or unknown
    drops_when: Mapping[str, tuple[Any, ...]] = EMPTY  # sometimes: config field -> values with which it may


class ChannelFacts(Fact):
    """One channel kind of a pack: a store for the durable channels of a graph."""

    id: str
    ack: tuple[str, ...]  # the acknowledgement levels that it can give: power, process
    import_path: str
    doc: str = ""


class FailureFacts(Fact):
    """One line of the table by which failures are classified; a line with several conditions wants all of them."""

    gives: str  # transient, permanent, contract, decode or timeout
    error: str | None = None  # an exception type or a parent of it: "ConnectionError", "requests.ConnectionError"
    status: str | None = None  # "429", or "500-599" with both ends in it
    retry_after: bool | None = None  # whether the other side asked for a pause


class ProfileFacts(Fact):
    """A profile that the pack offers, as its file would say it."""

    name: str
    value: Mapping[str, Any]


class ContractFacts(Fact):
    """One payload contract: its schema, and where its ports stand."""

    name: str
    version: str
    digest: str  # "sha256:..." over the canonical JSON of the schema
    schema: Any
    positions: tuple[str, ...] = ()  # input, output, state

    @property
    def ref(self) -> str:
        """How ports refer to it: `name@version`."""
        return f"{self.name}@{self.version}"


class CommandFacts(Fact):
    """One sub-command that the pack or tool adds to `penstock`."""

    name: str  # one word; two for a command below one of penstock's own groups, such as "pack new"
    doc: str
    import_path: str = ""  # "package.module:attribute"; a click command, or a callable that takes the arguments


class Manifest(Fact):
    """What one distribution offers to a host."""

    pack: str  # distribution name, normalised
    version: str
    sdk: int = SDK_LEVEL
    capabilities: tuple[str, ...] = ()
    nodes: tuple[NodeFacts, ...] = ()
    policies: tuple[PolicyFacts, ...] = ()
    channels: tuple[ChannelFacts, ...] = ()
    failures: tuple[FailureFacts, ...] = ()
    profiles: tuple[ProfileFacts, ...] = ()
    contracts: tuple[ContractFacts, ...] = ()
    commands: tuple[CommandFacts, ...] = ()
    hooks: tuple[str, ...] = ()  # hooks of `_plugins/specs.py` that its package implements; only these need it imported
    deprecations: Mapping[str, str] = EMPTY  # kind and name -> what to use instead
