"""Read the manifest of a pack as a file, without the core and without importing the pack.

Takes:   a tree and the name of a `penstock-pack.json` in it.
Gives:   `Pack`, with its nodes, ports, policies and contracts; `read_pack`.
Ignores: what changed between two packs (`pack`) and how a manifest is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from penstock_contracts.contract import Contract, Source
from penstock_contracts.exact import digest_of
from penstock_contracts.subjects.errors import CannotRead
from penstock_contracts.subjects.reading import contract_of, read_document
from penstock_contracts.subjects.shape import Field, misfits
from penstock_findings.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock_contracts.subjects.trees import Tree

NAME = "penstock-pack.json"
FORMAT = 1

_TEXT = Field("text")
_NEEDED = Field("text", required=True)
_FLAG = Field("flag")
_TEXTS = Field("list", items=_TEXT)
_PORTS = Field(
    "list",
    items=Field(
        "object",
        is_open=True,
        members={
            "name": _NEEDED,
            "contract": Field("text", pattern=r"[^@\s]+@[^@\s]+", like="site.alert@0.2"),
            "portability": Field("text", choices=("json", "ref", "local")),
        },
    ),
)
# Compiled from code by a tool that may be newer than this one, so what is not known here is passed over, not refused.
SHAPE = Field(
    "object",
    is_open=True,
    members={
        "format": Field("integer", required=True),
        "pack": _NEEDED,
        "version": _NEEDED,
        "sdk": Field("integer"),
        "capabilities": _TEXTS,
        "hooks": _TEXTS,
        "commands": Field("list"),
        "deprecations": Field("object", values=_TEXT),
        "nodes": Field(
            "list",
            items=Field(
                "object",
                is_open=True,
                members={
                    "id": _NEEDED,
                    "role": Field("text", required=True, choices=("source", "transform", "sink")),
                    "inputs": _PORTS,
                    "outputs": _PORTS,
                    "config": Field("schema", required=True),
                    "effect": Field("text", required=True, choices=("none", "idempotent", "external")),
                    "import_path": _TEXT,
                    "doc": _TEXT,
                    "stateful": _FLAG,
                    "ordered": _FLAG,
                    "capabilities": _TEXTS,
                    "deprecated": _TEXT,
                },
            ),
        ),
        "policies": Field(
            "list",
            items=Field(
                "object",
                is_open=True,
                members={
                    "id": _NEEDED,
                    "points": _TEXTS,
                    "drops": Field("text", choices=("never", "sometimes", "always", "unknown")),
                    "config": Field("schema", required=True),
                    "import_path": _TEXT,
                    "doc": _TEXT,
                },
            ),
        ),
        "profiles": Field("list", items=Field("object", is_open=True, members={"name": _NEEDED})),
        "contracts": Field(
            "list",
            items=Field(
                "object",
                is_open=True,
                members={
                    "name": _NEEDED,
                    "version": _NEEDED,
                    "digest": _TEXT,
                    "schema": Field("schema", required=True),
                    "positions": Field("list", items=Field("text", choices=("input", "output", "state"))),
                },
            ),
        ),
    },
)


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a node type. `contract` is None when it promises nothing about payloads."""

    node: str
    side: str  # "inputs" or "outputs"
    name: str
    contract: Contract | None
    portability: str
    pointer: str

    @property
    def called(self) -> str:
        """`zone-rule.out`."""
        return f"{self.node}.{self.name}"

    @property
    def position(self) -> str:
        """ "input" or "output"."""
        return self.side[:-1]


@dataclass(frozen=True, slots=True)
class Node:
    """A node type of a pack."""

    id: str
    role: str
    effect: str
    ports: tuple[Port, ...]
    config: Contract
    pointer: str
    stateful: bool = False
    ordered: bool = False
    capabilities: tuple[str, ...] = ()

    def port(self, side: str, name: str | None) -> Port | None:
        """The port of that name; without a name, the only one on that side."""
        here = [port for port in self.ports if port.side == side]
        if name is None:
            return here[0] if len(here) == 1 else None
        return next((port for port in here if port.name == name), None)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy type of a pack."""

    id: str
    points: tuple[str, ...]
    config: Contract
    pointer: str
    drops: str | None = None  # whether it may give records up: never, sometimes, always, unknown


@dataclass(frozen=True, slots=True)
class Pack:
    """What one pack offers. `contracts`: `name@version` -> contract."""

    name: str
    version: str
    source: Source
    nodes: Mapping[str, Node]
    policies: Mapping[str, Policy]
    contracts: Mapping[str, Contract]
    digest: str = ""  # of the whole manifest
    capabilities: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def read_pack(tree: Tree, name: str) -> Pack:
    """The pack whose manifest is that file. Raises `CannotRead` with everything that is wrong with it."""
    value, source = read_document(tree, name)
    newer = isinstance(value, dict) and isinstance(value.get("format"), int) and value["format"] > FORMAT
    if newer:
        message = f"this manifest is of format {value['format']}, and only format {FORMAT} is known here"
        wrong = [Finding("K113", message, source.at("/format"), hint="upgrade `penstock-contracts`")]
    else:
        wrong = list(misfits(value, SHAPE, source))
    if wrong:
        raise CannotRead(f"`{source.path}` is no manifest", findings=wrong, sources={source.path: source.text})
    return _Reader(tree, name, value, source).pack()


class _Reader:
    """One manifest of the right shape; `findings` gathers what is wrong with the schemas in it."""

    def __init__(self, tree: Tree, name: str, value: dict[str, Any], source: Source) -> None:
        self._tree = tree
        self._name = name
        self._value = value
        self._source = source
        pack = f"{value['pack']} {value['version']}"
        self._label = f"{tree.label}: {pack}" if tree.label and value["version"] not in tree.label else pack
        self._contracts: dict[str, Contract] = {}
        self.findings: list[Finding] = []

    def pack(self) -> Pack:
        """The manifest as facts. Raises `CannotRead` when a schema in it is none."""
        value = self._value
        for place, one in enumerate(value.get("contracts", ())):
            positions = tuple(one.get("positions", ()))
            pointer = f"/contracts/{place}/schema"
            ref = f"{one['name']}@{one['version']}"
            if ref in self._contracts:
                at = self._source.at(f"/contracts/{place}/name")
                self.findings.append(Finding("K113", f"the contract `{ref}` is there twice", at))
            self._contracts[ref] = self._contract(one["schema"], one["name"], pointer, one["version"], positions)
        nodes = {one["id"]: self._node(one, f"/nodes/{place}") for place, one in enumerate(value.get("nodes", ()))}
        policies = {
            one["id"]: self._policy(one, f"/policies/{place}") for place, one in enumerate(value.get("policies", ()))
        }
        if any(finding.severity is Severity.ERROR for finding in self.findings):
            sources = {self._source.path: self._source.text}
            raise CannotRead(f"`{self._source.path}` has mistakes", findings=self.findings, sources=sources)
        return Pack(
            name=value["pack"],
            version=value["version"],
            source=self._source,
            nodes=nodes,
            policies=policies,
            contracts=self._contracts,
            digest=digest_of(value),
            capabilities=tuple(value.get("capabilities", ())),
            profiles=tuple(one["name"] for one in value.get("profiles", ())),
            findings=tuple(self.findings),
        )

    def _node(self, one: dict[str, Any], pointer: str) -> Node:
        ports = [
            self._port(one["id"], side, port, f"{pointer}/{side}/{place}")
            for side in ("inputs", "outputs")
            for place, port in enumerate(one.get(side, ()))
        ]
        return Node(
            id=one["id"],
            role=one["role"],
            effect=one["effect"],
            ports=tuple(ports),
            config=self._contract(one["config"], f"{one['id']} config", f"{pointer}/config", None, ("input",)),
            pointer=pointer,
            stateful=one.get("stateful", False),
            ordered=one.get("ordered", False),
            capabilities=tuple(one.get("capabilities", ())),
        )

    def _port(self, node: str, side: str, one: dict[str, Any], pointer: str) -> Port:
        ref = one.get("contract")
        if ref is not None and ref not in self._contracts:
            from penstock_findings.spelling import hint_for

            message = f"there is no contract `{ref}` in this manifest"
            at = self._source.at(f"{pointer}/contract")
            self.findings.append(Finding("K113", message, at, hint=hint_for(ref, self._contracts)))
        contract = self._contracts.get(ref) if ref is not None else None
        return Port(node, side, one["name"], contract, one.get("portability", "json"), pointer)

    def _policy(self, one: dict[str, Any], pointer: str) -> Policy:
        config = self._contract(one["config"], f"{one['id']} config", f"{pointer}/config", None, ("input",))
        return Policy(one["id"], tuple(one.get("points", ())), config, pointer, one.get("drops"))

    def _contract(
        self, schema: Any, called: str, pointer: str, version: str | None, positions: tuple[str, ...]
    ) -> Contract:
        contract, findings = contract_of(
            self._tree,
            self._name,
            schema,
            self._source,
            called=called,
            version=version,
            positions=positions,
            prefix=pointer,
        )
        self.findings += findings
        about = f" ({called} {version})" if version is not None else ""
        return replace(contract, label=f"{self._label}{about}")
