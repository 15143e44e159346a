"""Find the packs that are installed and what they offer, without importing any of them.

Takes:   folders, as in `sys.path`; None means this Python's own.
Gives:   `Catalog`: packs, what they offer by name, and findings about those that cannot be used.
Ignores: graphs. Importing is `loading`'s, asking for hooks is `hooks`'s; both go through the catalog's gate.
"""

from __future__ import annotations

import os
import sys

from penstock._plugins.bytes_of import TooLarge, read_small
from penstock._plugins.entry_points import claims, normalised
from penstock._plugins.location import folders_of
from penstock._plugins.packs import FoundPack, Offer
from penstock.manifest.read import NEWER, read_manifest
from penstock_findings.finding import Finding, Location, Related, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from penstock._plugins.entry_points import Claim
    from penstock._plugins.gate import Gate
    from penstock._plugins.host import Host
    from penstock.manifest.model import (
        ChannelFacts,
        CommandFacts,
        ContractFacts,
        Manifest,
        NodeFacts,
        PolicyFacts,
        ProfileFacts,
    )

MANIFEST = "penstock-pack.json"
LIMIT = 16 << 20  # bytes of a manifest


class Catalog:
    """What the installed packs offer.

    `nodes`, `policies`, `channels`, `commands` and `profiles` are by name, `contracts` by `name@version`; whatever two packs
    claim is in none of them but in `clashes`: (kind, name) -> the packs. `packs` are in order of discovery, broken ones included.
    """

    def __init__(
        self,
        packs: Iterable[FoundPack] = (),
        findings: Iterable[Finding] = (),
        *,
        host: Host | None = None,
    ) -> None:
        self.packs: tuple[FoundPack, ...] = tuple(packs)
        self.clashes: Mapping[tuple[str, str], tuple[FoundPack, ...]]
        self._host = host
        self._gate: Gate | None = None
        clashes: dict[tuple[str, str], tuple[FoundPack, ...]] = {}
        found = list(findings)
        self.contracts: Mapping[str, ContractFacts] = _agreed(self.packs, clashes, found)
        self.nodes: Mapping[str, Offer[NodeFacts]] = _offered(
            "node type", lambda m: m.nodes, self.packs, clashes, found
        )
        self.policies: Mapping[str, Offer[PolicyFacts]] = _offered(
            "policy", lambda m: m.policies, self.packs, clashes, found
        )
        self.channels: Mapping[str, Offer[ChannelFacts]] = _offered(
            "channel kind", lambda m: m.channels, self.packs, clashes, found
        )
        self.commands: Mapping[str, Offer[CommandFacts]] = _offered(
            "command", lambda m: m.commands, self.packs, clashes, found
        )
        self.profiles: Mapping[str, Offer[ProfileFacts]] = _offered(
            "profile", lambda m: m.profiles, self.packs, clashes, found
        )
        self.clashes = clashes
        self.findings: tuple[Finding, ...] = tuple(found)

    @property
    def gate(self) -> Gate:
        """The door to pack code; the host configuration is read when it is first used."""
        if self._gate is None:
            from penstock._plugins.gate import Gate
            from penstock._plugins.host import read_host

            self._gate = Gate(read_host() if self._host is None else self._host)
        return self._gate

    def node(self, type_id: str) -> Offer[NodeFacts]:
        """The offer of a node type; raises `PenstockError` P225 when there is none, P302 when two packs claim it."""
        offer: Offer[NodeFacts] = self._offer("node type", type_id, self.nodes)
        return offer

    def policy(self, type_id: str) -> Offer[PolicyFacts]:
        """The offer of a policy type; raises as `node` does."""
        offer: Offer[PolicyFacts] = self._offer("policy", type_id, self.policies)
        return offer

    def load_node(self, type_id: str) -> type:
        """The class of a node type: asks for admission, imports, and checks that it is what the manifest says.

        Raises `PenstockError`: P225 when there is no such type, P302 when two packs claim it, P201 to P203 when it
        is not admitted, P221 to P223 when it cannot be imported or has changed.
        """
        from penstock._plugins.loading import load_node

        return load_node(self.node(type_id), self.gate)

    def load_policy(self, type_id: str) -> type:
        """The class of a policy type; raises as `load_node` does."""
        from penstock._plugins.loading import load_policy

        return load_policy(self.policy(type_id), self.gate)

    def load_channel(self, kind: str) -> type:
        """The class of a channel kind; raises as `load_node` does."""
        from penstock._plugins.loading import load_channel

        return load_channel(self._offer("channel kind", kind, self.channels), self.gate)

    def load_command(self, name: str) -> Any:
        """What runs a sub-command; raises as `load_node` does."""
        from penstock._plugins.loading import load_command

        return load_command(self._offer("command", name, self.commands), self.gate)

    def _offer(self, kind: str, name: str, offers: Mapping[str, Any]) -> Any:
        if name in offers:
            return offers[name]
        from penstock_findings.errors import PenstockError
        from penstock_findings.spelling import hint_for

        clash = next((finding for finding in self.findings if (kind, name) == _about(finding)), None)
        if clash is not None:
            raise PenstockError(clash.message, findings=[clash])
        raise PenstockError(f"no installed pack offers a {kind} `{name}`", code="P225", hint=hint_for(name, offers))


def discover(path: Sequence[str] | None = None, *, host: Host | None = None) -> Catalog:
    """Every pack on the path. Nothing is imported, whatever it says of itself; broken packs become findings."""
    found, findings = claims(sys.path if path is None else path)
    found = _short_names(found, findings)
    packs = [_found(claim, path, findings) for claim in found]
    return Catalog(packs, findings, host=host)


def _short_names(found: list[Claim], findings: list[Finding]) -> list[Claim]:
    """The claims whose short name nobody else has; graphs name packs by distribution, people by the short name."""
    owners: dict[str, Claim] = {}
    taken: set[str] = set()
    for claim in found:
        first = owners.setdefault(claim.name, claim)
        if first is not claim:
            taken.add(claim.name)
            findings.append(
                Finding(
                    "P301",
                    f"two packs have the short name `{claim.name}`: `{first}` and `{claim}`",
                    Location(claim.installed_at),
                    hint="uninstall one of them",
                    related=[Related(f"`{first}` is here", Location(first.installed_at))],
                )
            )
    return [claim for claim in found if claim.name not in taken]


def _found(claim: Claim, path: Sequence[str] | None, findings: list[Finding]) -> FoundPack:
    manifest = None
    location, data = _manifest_of(claim, path, findings)
    if location is not None and data is not None:
        manifest, mistakes = read_manifest(data, location)
        if manifest is None:
            findings.append(_unreadable(claim, location, mistakes))
        findings += mistakes
    if manifest is not None and location is not None:
        wrong = _unfit(manifest, claim, location)
        findings += wrong
        if any(finding.severity is Severity.ERROR for finding in wrong):
            manifest = None
    return FoundPack(
        claim.name, claim.distribution, claim.version, claim.package, manifest, location, claim.installed_at
    )


def _manifest_of(claim: Claim, path: Sequence[str] | None, findings: list[Finding]) -> tuple[str | None, bytes | None]:
    """Where the manifest is, and its bytes; a finding when there is none to read."""
    folders = folders_of(claim.package, path)
    for folder in folders:
        location = os.path.join(folder, MANIFEST)
        try:
            return location, read_small(location, LIMIT)
        except FileNotFoundError:
            continue
        except TooLarge as error:
            findings.append(_left_out("P107", claim, location, str(error)))
            return location, None
        except OSError as error:
            findings.append(
                _left_out("P107", claim, location, f"its manifest cannot be read: {error.strerror or error}")
            )
            return location, None
    if folders:
        findings.append(
            _left_out(
                "P106",
                claim,
                folders[0],
                f"there is no `{MANIFEST}` in its package `{claim.package}`",
                "its author runs `penstock pack lock` and ships the file with the package",
            )
        )
    else:
        findings.append(
            _left_out(
                "P105",
                claim,
                claim.installed_at,
                f"there is no package `{claim.package}`, although it was installed to be here",
                "install the distribution again",
            )
        )
    return None, None


def _unreadable(claim: Claim, location: str, mistakes: Sequence[Finding]) -> Finding:
    """What it means for the pack that its manifest has these mistakes."""
    if any(mistake.code in NEWER for mistake in mistakes):
        return _left_out("P108", claim, location, "it is made for a newer Penstock", "upgrade `penstock`")
    count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    return _left_out("P107", claim, location, f"its manifest has {count}")


def _unfit(manifest: Manifest, claim: Claim, location: str) -> list[Finding]:
    """Why a sound manifest is not this pack's."""
    if normalised(manifest.pack) != claim.distribution:
        why = f"its manifest is that of another distribution, `{manifest.pack}`"
        return [_left_out("P109", claim, location, why, "its author runs `penstock pack lock` in the right project")]
    inside = (claim.package + ".", claim.package + ":")
    foreign = [offer.import_path for offer in _importable(manifest) if not offer.import_path.startswith(inside)]
    if foreign:
        why = f"its manifest names code outside of its package `{claim.package}`: `{foreign[0]}`"
        return [
            _left_out("P111", claim, location, why, "move the code into the package, or make that package the pack")
        ]
    if manifest.version != claim.version and not _same_version(manifest.version, claim.version):
        return [
            Finding(
                "P110",
                f"pack `{claim}` has the manifest of version {manifest.version}",
                Location(location),
                Severity.WARNING,
                hint="install it again; in a working tree, also run `penstock pack lock`",
            )
        ]
    return []


def _importable(manifest: Manifest) -> list[Any]:
    return [*manifest.nodes, *manifest.policies, *manifest.channels, *(c for c in manifest.commands if c.import_path)]


def _same_version(one: str, other: str) -> bool:
    """Whether two spellings name one version; asked only when the texts differ, because the answer is slow to import."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one.replace("_", "-")) == Version(other.replace("_", "-"))
    except InvalidVersion:
        return False


def _left_out(code: str, claim: Claim, path: str, why: str, hint: str | None = None) -> Finding:
    return Finding(code, f"pack `{claim}` is left out: {why}", Location(path), hint=hint)


def _offered(
    kind: str,
    part: Callable[[Manifest], Iterable[Any]],
    packs: Iterable[FoundPack],
    clashes: dict[tuple[str, str], tuple[FoundPack, ...]],
    findings: list[Finding],
) -> dict[str, Offer[Any]]:
    """Name -> its one offer; names that two packs claim are nobody's."""
    offers: dict[str, Offer[Any]] = {}
    for pack in packs:
        for facts in part(pack.manifest) if pack.manifest is not None else ():
            name = facts.id if hasattr(facts, "id") else facts.name
            first = offers.setdefault(name, Offer(facts, pack))
            if first.pack is not pack:
                clashes[kind, name] = (*clashes.get((kind, name), (first.pack,)), pack)
                findings.append(_clash("P302", kind, name, first.pack, pack, "uninstall one of them"))
    for clashed, name in clashes:
        if clashed == kind:
            del offers[name]
    return offers


def _agreed(
    packs: Iterable[FoundPack],
    clashes: dict[tuple[str, str], tuple[FoundPack, ...]],
    findings: list[Finding],
) -> dict[str, ContractFacts]:
    """`name@version` -> the contract; several packs may carry one contract, if they mean the same by it."""
    agreed: dict[str, tuple[ContractFacts, FoundPack]] = {}
    for pack in packs:
        for contract in pack.manifest.contracts if pack.manifest is not None else ():
            first, owner = agreed.setdefault(contract.ref, (contract, pack))
            if first.digest != contract.digest:
                key = ("contract", contract.ref)
                clashes[key] = (*clashes.get(key, (owner,)), pack)
                hint = "one of them has to raise the contract's version, or give it a name of its own"
                findings.append(_clash("P303", "contract", contract.ref, owner, pack, hint))
    for _, ref in clashes:
        del agreed[ref]
    return {ref: contract for ref, (contract, _) in agreed.items()}


def _clash(code: str, kind: str, name: str, first: FoundPack, second: FoundPack, hint: str) -> Finding:
    what = "with different schemas " if kind == "contract" else ""
    return Finding(
        code,
        f"{kind} `{name}` is offered {what}by two packs, `{first}` and `{second}`, so it is offered by neither",
        Location(second.location),
        hint=hint,
        related=[Related(f"`{first}` is here", Location(first.location))],
        evidence={"kind": kind, "name": name, "distributions": [first.distribution, second.distribution]},
    )


def _about(finding: Finding) -> tuple[Any, Any]:
    return finding.evidence.get("kind"), finding.evidence.get("name")
