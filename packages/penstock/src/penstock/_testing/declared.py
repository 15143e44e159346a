"""Say what a node type or a policy type declares, for tools that test them.

Takes:   a class made by `@node` or `@policy`, and a manifest on the disk.
Gives:   `payload_schema`, `settings_schema`, `drifted`, `policy_spec_of`; the specs themselves come from `sdk`.
Ignores: whether the class keeps what it declares; that is what the tools ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from penstock.manifest.contracts import contract_of
from penstock.manifest.drift import differences
from penstock.manifest.model import ChannelFacts
from penstock.manifest.read import read_manifest
from penstock.manifest.schemas import config_schema
from penstock.sdk import ChannelKindSpec, NodeSpec, PolicySpec, PortSpec, spec_of


def payload_schema(node: type, port: str, *, of_output: bool = False) -> Any:
    """The JSON Schema of the payloads of a port; None when it declares none, or when there is no such port."""
    spec = spec_of(node)
    ports: Sequence[PortSpec] = spec.outputs if of_output else spec.inputs
    found = next((one for one in ports if one.name == port), None)
    contract = contract_of(found, spec, _distribution(node)) if found else None
    return None if contract is None else contract.schema


def settings_schema(spec: NodeSpec | PolicySpec) -> Any:
    """The JSON Schema of a config, as the manifest has it."""
    return config_schema(spec.config)


def drifted(node: type, manifest: str | Path) -> list[str]:
    """How a node type, or a channel kind, differs from what a manifest says of it, in words; empty when it does not."""
    path = Path(manifest)
    read, mistakes = read_manifest(path.read_bytes(), str(path))
    if read is None:
        return [f"{path} cannot be read: {mistakes[0].message}"]
    if isinstance(kind := getattr(node, "__penstock_channel__", None), ChannelKindSpec):
        return [f"{path} says something else: {each}" for each in _kind_drifted(kind, read.channels)]
    spec = spec_of(node)
    facts = next((one for one in read.nodes if one.id == spec.id), None)
    if facts is None:
        return [f"node type `{spec.id}` is not in {path}"]
    return [f"{path} says something else: {each}" for each in differences(facts, spec, read.pack)]


def _kind_drifted(spec: ChannelKindSpec, known: Iterable[ChannelFacts]) -> list[str]:
    facts = next((one for one in known if one.id == spec.id), None)
    if facts is None:
        return [f"there is no channel kind `{spec.id}`"]
    path = f"{spec.cls.__module__}:{spec.cls.__qualname__}"
    pairs = [("its levels were", facts.ack, spec.ack), ("it was at", (facts.import_path,), (path,))]
    return [f"{what} `{' '.join(was)}`, not `{' '.join(now)}`" for what, was, now in pairs if was != now]


def policy_spec_of(policy: Any) -> PolicySpec:
    """What a policy type declares; raises `TypeError` for a class that is none."""
    spec = getattr(policy, "__penstock_policy__", None)
    if not isinstance(spec, PolicySpec):
        raise TypeError(f"`{policy!r}` is not a policy type: decorate the class with `@policy(...)`")
    return spec


def _distribution(node: type) -> str:
    return node.__module__.partition(".")[0].replace("_", "-")
