"""Every hook, on one screen: when it is called, how often, in what order, since when.

A pack implements a hook with a function of its name in the package that its entry point names; no decorator is
needed, `pluggy.HookimplMarker("penstock")` is understood. `penstock pack lock` writes into the manifest which hooks
there are, so a host imports a pack only to call one. What raises is reported (P224) and costs nobody else anything.
Ignores: who calls (`hooks`, `gate`), and records: a hook call costs 25 plain calls, so none is made per record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pluggy

from penstock._plugins.admission import Admission
from penstock._plugins.packs import FoundPack
from penstock.decisions import FailureRule
from penstock.graph.model import Graph
from penstock.manifest.model import CommandFacts
from penstock_findings import Finding

# mypy: disable-error-code="empty-body"
# (a specification has no body)
hookspec = pluggy.HookspecMarker("penstock")
admission = pluggy.HookspecMarker("penstock_admission")


@hookspec
def penstock_nodes() -> Iterable[type]:
    """Offer node types: classes made by `@node`.

    Called once by `penstock pack lock` and by `check`; a run reads the manifest instead.  The order of the result does
    not matter; one name offered twice, also by two packs, is error P302.  Since 0.1.
    """


@hookspec
def penstock_policies() -> Iterable[type]:
    """Offer policy types.  Called when, as often and in the same order as `penstock_nodes`.  Since 0.1."""


@hookspec
def penstock_channels() -> Iterable[type]:
    """Offer channel kinds: stores made by `@channel_kind`.  Called when, as often and in the same order as `penstock_nodes`.  Since 0.1."""


@hookspec
def penstock_commands() -> Iterable[CommandFacts]:
    """Offer sub-commands of `penstock`, by import path.  Called when, as often and in the same order as `penstock_nodes`.  Since 0.1."""


@hookspec
def penstock_failures() -> Iterable[FailureRule]:
    """Offer rules by which failures are classified, most particular first.

    Called when, as often and in the same order as `penstock_nodes`.  They are asked after what an operator's policy files say and after a node's own word, before the built-in rules; packs in order of name.  Since 0.1.
    """


@hookspec
def penstock_graph_checks() -> Iterable[Callable[[Graph], Iterable[Finding]]]:
    """Offer checks of graphs.  Called once per run and by `penstock check --pack-checks`, before anything opens; packs in order of name.  Since 0.1."""


@hookspec
def penstock_profiles() -> Mapping[str, Mapping[str, Any]]:
    """Offer profiles: name -> what a profile file would hold, `format` and `name` left out.

    Called when, as often and in the same order as `penstock_nodes`: they are in the manifest, so a run that names one imports nothing.  A name that a built-in profile or another pack has is error P302.  Since 0.1.
    """


@hookspec
def penstock_run_evidence(packs: Mapping[str, str], files: Sequence[str]) -> Iterable[Finding]:
    """Say what of `packs` (distribution -> version) is not proven on this machine by `files`; an error refuses the run.  Called once per run that requires evidence, before anything opens; packs in order of name.  Since 0.1."""


@hookspec
def penstock_run_observers(graph: Graph) -> Iterable[Any]:
    """Offer observers of this run.  Called once per run, after the checks, before the first step; packs in order of name.  Since 0.1."""


@hookspec
def penstock_secrets() -> Mapping[str, Callable[[str], str]]:
    """Offer `keyring` and `cmd` references: scheme -> function from the rest of the reference to the value, or `LookupError`.  Called once per run whose graph has one of those, before anything opens; packs in order of name.  Since 0.1."""


@admission
def penstock_admit(pack: FoundPack, others: Sequence[FoundPack]) -> Admission | None:
    """Say whether code of `pack` may be imported; None has no opinion.

    `others` are packs that will be asked about next, for providers that would rather judge many at once; it may be
    empty, and a provider that takes `pack` alone works as well.

    Asked in a manager of its own, of providers that the host configuration names and of nobody else; once per pack
    and process, before anything of it is imported, in the order of the configuration.  One no is enough.  The first
    question comes before any pack is imported, so a provider can also see to it by whom the modules are: `penstock-trust`
    puts a finder into `sys.meta_path` then.  Since 0.1.
    """
