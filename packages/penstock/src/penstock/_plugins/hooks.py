"""Call a hook of every pack that implements it, at start-up and at step boundaries.

Takes:   a catalog; the manifests in it say who implements what, so only those packs are imported.
Gives:   `Hooks.ask`: each pack's answer, and a finding for each one that could not answer.
Ignores: what the hooks mean (`specs`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock._plugins import loading, specs
from penstock._plugins.named_hooks import NamedHooks
from penstock_findings import Finding, Location, PenstockError

if TYPE_CHECKING:
    import pluggy

    from penstock._plugins.discovery import Catalog
    from penstock._plugins.packs import FoundPack


@dataclass(frozen=True, slots=True)
class Answers:
    """What the packs said, in order of their names, and who could not."""

    values: tuple[tuple[FoundPack, Any], ...]
    findings: tuple[Finding, ...]


class Hooks:
    """The packs of one catalog, imported as far as their hooks are wanted."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._manager = NamedHooks("penstock")
        self._manager.add_hookspecs(specs)

    def offering(self, hook: str) -> list[FoundPack]:
        """The packs whose manifests say that they implement the hook, in order of name; imports nothing."""
        packs = [pack for pack in self._catalog.packs if pack.manifest is not None and hook in pack.manifest.hooks]
        return sorted(packs, key=lambda pack: pack.name)

    def ask(self, hook: str, **arguments: Any) -> Answers:
        """Call the hook of each pack that has it; one that is refused, breaks or raises costs the others nothing."""
        values: list[tuple[FoundPack, Any]] = []
        findings: list[Finding] = []
        for pack in self.offering(hook):
            try:
                values += [(pack, value) for value in self._alone(hook, pack)(**arguments)]
            except PenstockError as error:
                findings += error.findings
            except Exception as error:  # pack code may raise anything; it is reported, and the others go on
                findings.append(raised(hook, pack, error))
        return Answers(tuple(values), tuple(findings))

    def _alone(self, hook: str, pack: FoundPack) -> pluggy.HookCaller:
        """The hook caller that reaches this pack and no other."""
        plugin = self._manager.get_plugin(pack.name)
        if plugin is None:
            plugin = loading.import_package(pack, self._catalog.gate)
            self._manager.register(plugin, pack.name)
        return self._manager.alone(hook, plugin)


def raised(hook: str, pack: FoundPack, error: Exception) -> Finding:
    """What is told of a pack whose hook, or whatever the hook offered, raised."""
    return Finding(
        "P224",
        f"pack `{pack}` failed in its hook `{hook}`: {type(error).__name__}: {error}",
        Location(pack.location),
        evidence={"cause": loading.cause_of(error)},
    )
