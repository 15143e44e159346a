"""Put together what a command line asks for: a graph, a profile, policy files and settings, checked as one.

Takes:   paths and words of the command line, a catalog.
Gives:   `assemble`: `Assembled`, with one report about all of it.
Ignores: building nodes and policies (`run`); click, because a check does without it.
"""

from __future__ import annotations

import os

from penstock.cli.wishes import Wishes
from penstock_findings.fact import Fact
from penstock_findings.report import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock._plugins.discovery import Catalog
    from penstock.graph.load import Loaded as LoadedGraph
    from penstock.graph.model import Graph
    from penstock.policies.compose import Composition
    from penstock.policies.load import Loaded as LoadedPolicies
    from penstock.profiles.flags import Flag
    from penstock.profiles.load import Loaded as LoadedProfile
    from penstock.profiles.resolve import Resolved


class Assembled(Fact):
    """All of it together. `graph` and what follows mean something when the report has no error."""

    report: Report
    graph: Graph | None = None  # with the settings of the profile
    composition: Composition | None = None
    resolved: Resolved | None = None
    profile: LoadedProfile | None = None
    profile_digest: str = ""
    policies: tuple[str, ...] = ()  # paths of all policy files, in their order


def assemble(
    path: str, catalog: Catalog, wishes: Wishes, *, overrides: Sequence[str] = (), loaded: LoadedGraph | None = None
) -> Assembled:
    """Load everything and find every mistake in it. A file at fault never raises."""
    from penstock.graph.load import load_graph

    loaded = loaded or load_graph(path, catalog, environment=os.environ, overrides=overrides)
    profile = _profile(wishes, catalog)
    report = loaded.report if profile is None else loaded.report + profile.report
    paths = (*(profile.policies if profile is not None else ()), *wishes.policies)
    policies = _policies(paths, catalog, loaded.graph)
    report += policies.report
    graph, written, places = loaded.graph, loaded.written, loaded.places
    if graph is None or written is None or places is None or report.exit_code():
        return Assembled(report)
    from penstock.profiles.resolve import digest_of_profile, profiled, resolve

    asked, report = _flags(wishes, graph, report)
    chain = profile.chain if profile is not None else ()
    resolved = resolve(chain, graph, written, places, policies.composition, asked, wishes.accepted)
    report += Report(report.tool, resolved.findings)
    texts = {file.path: file.text for file in policies.composition.files}
    of_profile = {path: texts.get(path, "") for path in profile.policies} if profile is not None else {}
    return Assembled(
        report,
        profiled(graph, resolved),
        policies.composition,
        resolved,
        profile,
        digest_of_profile(chain, of_profile) if profile is not None else "",
        paths,
    )


def _profile(wishes: Wishes, catalog: Catalog) -> LoadedProfile | None:
    if wishes.profile is None:
        return None
    from penstock.profiles.load import load_profile

    return load_profile(wishes.profile, catalog)


def _policies(paths: Sequence[str], catalog: Catalog, graph: Graph | None) -> LoadedPolicies:
    from penstock.policies.load import load_policies

    return load_policies(paths, catalog, graph)


def _flags(wishes: Wishes, graph: Graph, report: Report) -> tuple[Sequence[Flag], Report]:
    from penstock.profiles.flags import PATH, read_flags

    if not wishes.settings:
        return (), report
    flags = read_flags(wishes.settings, graph)
    return flags.asked, report + Report(report.tool, flags.findings, {PATH: flags.text})
