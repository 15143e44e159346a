"""The node under test: how to make one, what it is given, where it may write.

Takes:   a node type and what its author says of it.
Gives:   `Subject`: fresh instances, schemas of ports, strategies of payloads.
Ignores: what is asked of it (`checks/`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from penstock.sdk import spec_of
from penstock.testing import NodeSpec, payload_schema

Config = Mapping[str, Any] | Callable[[Path], Mapping[str, Any]]
Effects = Callable[[Path], Sequence[Hashable]]

_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@dataclass(frozen=True)
class Subject:
    """A node type, its settings, and the world in which it is tried.

    `config` may be a function of an empty folder, for nodes that write.  `records` are payloads that the node is made
    for, or input port -> payloads; `effects` tells, given the same folder, what the outside world has seen.
    """

    node: type
    config: Config = field(default_factory=dict)
    records: Sequence[Any] | Mapping[str, Sequence[Any]] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    effects: Effects | None = None
    folder: Path = Path()  # empty, one for each trial

    @property
    def spec(self) -> NodeSpec:
        """What the node declares."""
        return spec_of(self.node)

    @property
    def name(self) -> str:
        """`acme_thresholds.nodes:Threshold`."""
        return f"{self.node.__module__}:{self.node.__qualname__}"

    @property
    def package(self) -> str:
        """The top-level package of the author's code."""
        return self.node.__module__.partition(".")[0]

    def settings(self) -> dict[str, Any]:
        """The config of an instance, for this trial's folder."""
        return dict(self.config(self.folder) if callable(self.config) else self.config)

    def elsewhere(self, name: str) -> Subject:
        """The same, in an empty folder of its own: a life that knows nothing of the others."""
        folder = self.folder / name
        folder.mkdir()
        return replace(self, folder=folder)

    def make(self, of: type | None = None) -> Any:
        """A fresh instance."""
        return (of or self.node)(**self.settings())

    @property
    def ports(self) -> list[str]:
        """Its input ports; one without a name for a source."""
        return [port.name for port in self.spec.inputs] or [""]

    def schema(self, port: str, *, of_output: bool = False) -> Any:
        """The JSON Schema that a port declares, None when it carries anything."""
        return payload_schema(self.node, port, of_output=of_output)

    def examples(self, port: str) -> list[Any]:
        """The author's own payloads for a port."""
        if isinstance(self.records, Mapping):
            return list(self.records.get(port, ()))
        return list(self.records) if port == self.ports[0] else []

    def payloads(self, port: str) -> st.SearchStrategy[Any]:
        """Payloads as the contract of the port allows them; without one the author's own, else any JSON at all."""
        schema = self.schema(port)
        own = self.examples(port)
        if schema is not None:
            from penstock_contracts.strategies import instances

            allowed: st.SearchStrategy[Any] = instances(schema)
            return st.sampled_from(own) | allowed if own else allowed
        return st.sampled_from(own) if own else _ANYTHING


def manifest_of(subject: Subject) -> Path | None:
    """The manifest that stands beside the package of a node, None when there is none."""
    module = sys.modules.get(subject.package)
    folders = list(getattr(module, "__path__", ()))
    found = [path for folder in folders if (path := Path(folder) / "penstock-pack.json").is_file()]
    return found[0] if found else None
