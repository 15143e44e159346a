"""Tell whether code is still what its manifest says.

Takes:   the facts of a manifest, and of the code.
Gives:   `differences`, for one node type about to be used; `drift`, for a whole pack, as findings with a diff.
Ignores: which of the two is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.manifest.canonical import text_of
from penstock.manifest.write import text_of_manifest, value_of_fact
from penstock_findings.finding import Finding, Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from penstock.manifest.model import Manifest, NodeFacts, PortFacts
    from penstock.sdk import NodeSpec, PortSpec
    from penstock_findings.fact import Fact


def differences(facts: NodeFacts, spec: NodeSpec, distribution: str) -> list[str]:
    """How a class differs from what its manifest promised, in words; empty when it keeps the promise.

    Only what a graph was checked against: the text of schemas may change with the library that writes it.
    """
    said = set(facts.config.get("properties", {}))
    needed = set(facts.config.get("required", ()))
    pairs: list[tuple[str, object, object]] = [
        ("its id", facts.id, spec.id),
        ("its role", facts.role, spec.role.value),
        ("its inputs", _ports(facts.inputs), _declared(spec.inputs, spec, distribution)),
        ("its outputs", _ports(facts.outputs), _declared(spec.outputs, spec, distribution)),
        ("its config fields", sorted(said), sorted(field.name for field in spec.config)),
        ("its required fields", sorted(needed), sorted(field.name for field in spec.config if field.required)),
        ("its effect class", facts.effect, spec.effect.value),
        ("`stateful`", facts.stateful, spec.stateful),
        ("`ordered`", facts.ordered, spec.ordered),
        ("its capabilities", sorted(facts.capabilities), sorted(set(spec.capabilities))),
    ]
    return [f"{what} was {_word(was)} and is {_word(now)}" for what, was, now in pairs if was != now]


def drift(committed: Manifest, compiled: Manifest, path: str) -> Iterator[Finding]:
    """One finding for each part of the manifest that the code no longer makes, and one with the whole diff."""
    before, after = text_of_manifest(committed), text_of_manifest(compiled)
    if before == after:
        return
    at = Location(path)
    hint = "run `penstock pack lock` and commit the file"
    for kind, was, now in _parts(committed, compiled):
        for name in sorted(was.keys() | now.keys()):
            if name not in now:
                yield Finding("M301", f"{kind} `{name}` is in the manifest and no longer in the code", at, hint=hint)
            elif name not in was:
                yield Finding("M301", f"{kind} `{name}` is in the code and not in the manifest", at, hint=hint)
            elif changed := ", ".join(_changed(was[name], now[name])):
                yield Finding("M301", f"{kind} `{name}` has changed: {changed}", at, hint=hint)
    heads = ", ".join(f"`{name}`" for name in _HEADS if getattr(committed, name) != getattr(compiled, name))
    message = "the manifest is not what the code makes" + (f": {heads} changed" if heads else "")
    yield Finding("M301", message, at, hint=hint, evidence={"diff": diff(before, after, path)})


def diff(before: str, after: str, path: str) -> str:
    """A unified diff from the file to what the code makes."""
    from difflib import unified_diff

    lines = unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        f"{path} (committed)",
        f"{path} (from the code)",
    )
    return "".join(lines)


_HEADS = ("pack", "version", "sdk", "capabilities", "hooks", "deprecations")


def _parts(one: Manifest, other: Manifest) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    yield "node type", {n.id: n for n in one.nodes}, {n.id: n for n in other.nodes}
    yield "policy type", {p.id: p for p in one.policies}, {p.id: p for p in other.policies}
    yield "channel kind", {c.id: c for c in one.channels}, {c.id: c for c in other.channels}
    yield "rule of failures", _numbered(one.failures), _numbered(other.failures)
    yield "profile", {p.name: p for p in one.profiles}, {p.name: p for p in other.profiles}
    yield "contract", {c.ref: c for c in one.contracts}, {c.ref: c for c in other.contracts}
    yield "command", {c.name: c for c in one.commands}, {c.name: c for c in other.commands}


def _numbered(rules: Iterable[Any]) -> dict[str, Any]:
    return {str(number): rule for number, rule in enumerate(rules, start=1)}


def _changed(was: Fact, now: Fact) -> Iterator[str]:
    before, after = value_of_fact(was), value_of_fact(now)
    for name in sorted(before.keys() | after.keys()):
        if text_of(before.get(name)) != text_of(after.get(name)):  # as text, because 1 == True in Python
            yield f"`{name}`"


def _ports(ports: Iterable[PortFacts]) -> list[tuple[str, str | None, str]]:
    return [(port.name, port.contract, port.portability) for port in ports]


def _declared(ports: Iterable[PortSpec], spec: NodeSpec, distribution: str) -> list[tuple[str, str | None, str]]:
    from penstock.manifest.contracts import contract_ref

    return [(port.name, contract_ref(port, spec, distribution), port.portability.value) for port in ports]


def _word(value: object) -> str:
    if not isinstance(value, list):
        return f"`{value}`"
    return "[" + ", ".join(_port_word(*one) if isinstance(one, tuple) else str(one) for one in value) + "]"


def _port_word(name: str, contract: str | None, portability: str) -> str:
    said = [word for word in (contract, portability if portability != "json" else None) if word]
    return f"{name} ({', '.join(said)})" if said else name
