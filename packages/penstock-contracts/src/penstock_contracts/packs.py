"""Compare two versions of a pack: what its ports, nodes and policies promise beside the schemas of payloads.

Takes:   two packs.
Gives:   `pairs_of`: the contracts to compare, each with the positions that they stand in; `findings_of`: everything else.
Ignores: the schemas themselves (`compare`) and where packs come from (`subjects/manifest`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from penstock_contracts.change import Bump
from penstock_contracts.exact import same
from penstock_findings.finding import Finding, Location, Related, Severity
from penstock_findings.pointers import join
from penstock_findings.spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_contracts.contract import Contract
    from penstock_contracts.subjects.manifest import Node, Pack, Policy, Port

_REACH = {"local": 0, "ref": 1, "json": 2}  # how far a payload can travel
_LOSS = {"never": 0, "sometimes": 1, "always": 2, "unknown": 3}  # how likely a policy gives records up
_CARE = {"none": 0, "idempotent": 1, "external": 2}  # how careful one must be to run a node again


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions of one contract, and where it stands in the pack."""

    baseline: Contract
    candidate: Contract
    positions: tuple[str, ...]
    uses: tuple[str, ...] = ()  # the ports, as `zone-rule.out`


@dataclass(frozen=True, slots=True)
class Told:
    """A finding, and the version step that it asks for."""

    finding: Finding
    bump: Bump


def pairs_of(old: Pack, new: Pack) -> list[Pair]:
    """Every contract of both packs that has to be compared: those of ports, of names, and the configs."""
    found: dict[tuple[int, int], Pair] = {}
    for before, after in _ports(old, new):
        one, other = _promised(before, old), _promised(after, new)
        if before.contract is None and after.contract is None:
            continue
        _add(found, one, other, (before.position,), after.called)
    for one, other in _by_name(old, new):
        if not any(pair.baseline is one and pair.candidate is other for pair in found.values()):
            _add(found, one, other, (), "")
    pairs = [replace(pair, positions=_positions(pair)) for pair in found.values()]
    for id, policy in new.policies.items():
        if id in old.policies:
            pairs.append(Pair(old.policies[id].config, policy.config, ("input",)))
    for id, node in new.nodes.items():
        if id in old.nodes:
            pairs.append(Pair(old.nodes[id].config, node.config, ("input",)))
    return pairs


def findings_of(old: Pack, new: Pack) -> list[Told]:
    """What changed in the pack beside schemas."""
    told = [*_nodes(old, new), *_policies(old, new), *_profiles(old, new)]
    told += [*_contracts(old, new), *_capabilities(old, new)]
    return [replace(one, finding=_for_waivers(one.finding, new)) for one in told]


def _for_waivers(finding: Finding, pack: Pack) -> Finding:
    """The finding with the digest that a waiver has to name."""
    return Finding(
        finding.code,
        finding.message,
        finding.at,
        finding.severity,
        finding.hint,
        finding.related,
        {"digest": pack.digest},
    )


def _ports(old: Pack, new: Pack) -> Iterator[tuple[Port, Port]]:
    for id, node in new.nodes.items():
        before = old.nodes.get(id)
        for port in node.ports:
            known = before.port(port.side, port.name) if before is not None else None
            if known is not None:
                yield known, port


def _promised(port: Port, pack: Pack) -> Contract:
    """The contract of a port; a port without one takes and gives anything."""
    from penstock_contracts.contract import Contract

    if port.contract is not None:
        return port.contract
    return Contract(
        name=port.called,
        schema=True,
        source=pack.source,
        label=f"{pack} (no contract)",
        positions=(port.position,),
        prefix=port.pointer,
        base=f"urn:penstock:any:{port.called}",
    )


def _add(
    found: dict[tuple[int, int], Pair], one: Contract, other: Contract, positions: tuple[str, ...], use: str
) -> None:
    known = found.get((id(one), id(other)))
    if known is None:
        found[id(one), id(other)] = Pair(one, other, positions, (use,) if use else ())
    else:
        uses = (*known.uses, use) if use and use not in known.uses else known.uses
        found[id(one), id(other)] = replace(known, positions=(*known.positions, *positions), uses=uses)


def _positions(pair: Pair) -> tuple[str, ...]:
    said = {*pair.positions, *pair.candidate.positions, *pair.baseline.positions}
    return tuple(position for position in ("input", "output", "state") if position in said)


def _by_name(old: Pack, new: Pack) -> Iterator[tuple[Contract, Contract]]:
    """Contracts of one name: the same version of both packs, and the newest of each when that changed."""
    before, after = newest(old), newest(new)
    for ref, contract in old.contracts.items():
        if ref in new.contracts:
            yield contract, new.contracts[ref]
    for name, contract in before.items():
        if name in after and after[name].version != contract.version:
            yield contract, after[name]


def newest(pack: Pack) -> dict[str, Contract]:
    """The newest version of each contract, by name."""
    from penstock_contracts.bump import release_of

    found: dict[str, Contract] = {}
    for contract in pack.contracts.values():
        known = found.get(contract.name)
        low = (-1, 0, 0)
        if known is None or (release_of(contract.version or "") or low) > (release_of(known.version or "") or low):
            found[contract.name] = contract
    return found


# -- findings


def _nodes(old: Pack, new: Pack) -> Iterator[Told]:
    for id, node in old.nodes.items():
        if id not in new.nodes:
            free = [one for one in new.nodes if one not in old.nodes]
            yield _gone("K501", f"the node type `{id}`", id, free, (new, "/nodes"), old.source.at(node.pointer))
        else:
            yield from _node(node, new.nodes[id], old, new)
    for id, node in new.nodes.items():
        if id not in old.nodes:
            yield _come(f"the node type `{id}` is new", new, node.pointer)


def _node(old: Node, new: Node, before: Pack, after: Pack) -> Iterator[Told]:
    at = new.pointer
    if old.role != new.role:
        yield _broken("K503", f"`{new.id}` was a {old.role} and is a {new.role}", after, join(at, "role"))
    if old.effect != new.effect:
        message = f"the effect class of `{new.id}` was `{old.effect}` and is `{new.effect}`"
        if _CARE[new.effect] > _CARE[old.effect]:
            hint = "a replay that ran it again may no longer do so"
            yield _broken("K505", message, after, join(at, "effect"), hint)
        else:
            yield _noted("K505", message, after, join(at, "effect"))
    if old.ordered and not new.ordered:
        yield _broken("K514", f"`{new.id}` no longer keeps the order of records", after, at)
    elif new.ordered and not old.ordered:
        yield _noted("K514", f"`{new.id}` now keeps the order of records", after, at)
    if old.stateful and not new.stateful:
        message = f"`{new.id}` no longer has state: what was kept for it is not read any more"
        yield _noted("K514", message, after, at, Severity.WARNING)
    elif new.stateful and not old.stateful:
        yield _noted("K514", f"`{new.id}` now keeps state", after, at)
    yield from _ports_of(old, new, before, after)


def _ports_of(old: Node, new: Node, before: Pack, after: Pack) -> Iterator[Told]:
    for port in old.ports:
        other = new.port(port.side, port.name)
        if other is None:
            free = [one.name for one in new.ports if one.side == port.side and old.port(one.side, one.name) is None]
            what = f"the {port.position} `{port.called}`"
            yield _gone("K502", what, port.name, free, (after, new.pointer), before.source.at(port.pointer))
        elif port.portability != other.portability:
            at = f"{other.pointer}/portability"
            message = f"payloads of `{other.called}` were `{port.portability}` and are `{other.portability}`"
            if _REACH[other.portability] < _REACH[port.portability]:
                yield _broken("K504", message, after, at, "they no longer get as far as they did")
            else:
                yield _noted("K504", message, after, at)
    for port in new.ports:
        if old.port(port.side, port.name) is None:
            yield _come(f"the {port.position} `{port.called}` is new", after, port.pointer)


def _policies(old: Pack, new: Pack) -> Iterator[Told]:
    for id, policy in old.policies.items():
        if id not in new.policies:
            free = [one for one in new.policies if one not in old.policies]
            yield _gone("K509", f"the policy `{id}`", id, free, (new, "/policies"), old.source.at(policy.pointer))
        else:
            yield from _points(policy, new.policies[id], new)
    for id, policy in new.policies.items():
        if id not in old.policies:
            yield _come(f"the policy `{id}` is new", new, policy.pointer)


def _points(old: Policy, new: Policy, after: Pack) -> Iterator[Told]:
    at = join(new.pointer, "points")
    for point in old.points:
        if point not in new.points:
            yield _broken("K510", f"the policy `{new.id}` no longer answers `{point}`", after, at)
    for point in new.points:
        if point not in old.points:
            yield _come(f"the policy `{new.id}` now answers `{point}`", after, at)
    if old.drops is not None and new.drops is not None and old.drops != new.drops:
        message = f"whether the policy `{new.id}` gives records up was `{old.drops}` and is `{new.drops}`"
        if _LOSS[new.drops] > _LOSS[old.drops]:
            hint = "graphs that allow no loss refuse it now"
            yield _broken("K511", message, after, join(new.pointer, "drops"), hint)
        else:
            yield _noted("K511", message, after, join(new.pointer, "drops"))


def _profiles(old: Pack, new: Pack) -> Iterator[Told]:
    for name in old.profiles:
        if name not in new.profiles:
            free = [one for one in new.profiles if one not in old.profiles]
            yield _gone("K517", f"the profile `{name}`", name, free, (new, "/profiles"), old.source.key_at("/profiles"))
    for name in new.profiles:
        if name not in old.profiles:
            yield _come(f"the profile `{name}` is new", new, "/profiles")


def _contracts(old: Pack, new: Pack) -> Iterator[Told]:
    names = {contract.name for contract in new.contracts.values()}
    for ref, contract in old.contracts.items():
        if contract.name not in names:
            free = sorted(names - {one.name for one in old.contracts.values()})
            where = old.source.at(contract.prefix)
            yield _gone("K508", f"the contract `{ref}`", contract.name, free, (new, "/contracts"), where)
        elif ref in new.contracts and not same(contract.schema, new.contracts[ref].schema):
            message = f"the contract `{ref}` changed and has the same version"
            hint = "give it a new version; `bump` says which"
            at = new.source.at(new.contracts[ref].prefix)
            yield Told(Finding("K507", message, at, Severity.WARNING, hint), Bump.PATCH)
    known = {contract.name for contract in old.contracts.values()}
    for ref, contract in new.contracts.items():
        if contract.name not in known:
            yield _come(f"the contract `{ref}` is new", new, contract.prefix)


def _capabilities(old: Pack, new: Pack) -> Iterator[Told]:
    for name in new.capabilities:
        if name not in old.capabilities:
            message = f"the pack now asks for `{name}`"
            hint = "where policy does not grant it, the pack is no longer admitted"
            yield _noted("K513", message, new, "/capabilities", Severity.WARNING, hint)


def _gone(code: str, what: str, name: str, free: list[str], place: tuple[Pack, str], was: Location) -> Told:
    near = nearest(name, free)
    keep = "keep it, and mark it as deprecated first"
    hint = f"was it renamed to `{near}`? keep the old name beside it for a while" if near else keep
    at = place[0].source.key_at(place[1])
    return Told(Finding(code, f"{what} is gone", at, Severity.ERROR, hint, [Related("it was here", was)]), Bump.MAJOR)


def _broken(code: str, message: str, pack: Pack, pointer: str, hint: str | None = None) -> Told:
    return Told(Finding(code, message, pack.source.at(pointer), Severity.ERROR, hint), Bump.MAJOR)


def _noted(
    code: str, message: str, pack: Pack, pointer: str, severity: Severity = Severity.NOTE, hint: str | None = None
) -> Told:
    return Told(Finding(code, message, pack.source.at(pointer), severity, hint), Bump.MINOR)


def _come(message: str, pack: Pack, pointer: str) -> Told:
    return _noted("K512", message, pack, pointer)
