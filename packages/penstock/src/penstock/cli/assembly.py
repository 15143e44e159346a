"""Put together what a command line asks for: a graph, a profile, policy files and settings, checked as one.

Takes:   paths and words of the command line, a catalog.
Gives:   `assemble`: `Assembled`, with one report about all of it; `ground_of` and `on_ground`, the same in two steps, for
         policies that are exchanged while the rest stays as it is.
Ignores: building nodes and policies (`binding`); click, because a check does without it.
"""

from __future__ import annotations

import os

from penstock.cli.wishes import Wishes
from penstock_findings.fact import Fact
from penstock_findings.report import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from penstock._plugins.discovery import Catalog
    from penstock.graph.load import Loaded as LoadedGraph
    from penstock.graph.model import Graph
    from penstock.policies.compose import Composition
    from penstock.profiles.flags import Flag
    from penstock.profiles.load import Loaded as LoadedProfile
    from penstock.profiles.resolve import Resolved
    from penstock_findings.document import Parsed


class Ground(Fact):
    """What stays while policies are exchanged: the graph file, the profile, and the policy files of the profile."""

    loaded: LoadedGraph
    profile: LoadedProfile | None
    policies: tuple[Parsed, ...]


class Assembled(Fact):
    """All of it together. `graph` and what follows are there when the report has no error."""

    report: Report
    ground: Ground
    graph: Graph | None = None  # with the settings of the profile
    composition: Composition | None = None
    resolved: Resolved | None = None

    @property
    def profile_name(self) -> str:
        """What the profile is called; empty when there is none."""
        return self.ground.profile.name if self.ground.profile is not None else ""

    @property
    def profile_digest(self) -> str:
        """Of all that the profile comes to; empty when there is none."""
        if self.ground.profile is None:
            return ""
        from penstock.profiles.resolve import digest_of_profile

        return digest_of_profile(
            self.ground.profile.chain, {file.path or "": file.text for file in self.ground.policies}
        )


def assemble(
    path: str, catalog: Catalog, wishes: Wishes, *, overrides: Sequence[str] = (), loaded: LoadedGraph | None = None
) -> Assembled:
    """Load everything and find every mistake in it. A file at fault never raises."""
    return on_ground(ground_of(path, catalog, wishes, overrides, loaded), catalog, wishes, read_files(wishes.policies))


def ground_of(
    path: str,
    catalog: Catalog,
    wishes: Wishes,
    overrides: Sequence[str] = (),
    loaded: LoadedGraph | None = None,
    environment: Mapping[str, str] | None = None,
) -> Ground:
    """The graph and the profile, read; `loaded` is the graph when it has been read already."""
    environment = os.environ if environment is None else environment
    if loaded is None:
        from penstock.graph.load import load_graph

        loaded = load_graph(path, catalog, environment=environment, overrides=overrides)
    if wishes.profile is None:
        return Ground(loaded, None, ())
    from penstock.profiles.load import load_profile

    profile = load_profile(wishes.profile, catalog)
    return Ground(loaded, profile, read_files(profile.policies))


def read_files(paths: Sequence[str]) -> tuple[Parsed, ...]:
    """Policy files, parsed."""
    from penstock.policies.load import LIMIT
    from penstock_findings.load import load

    return tuple(load(path, limit=LIMIT) for path in paths)


def on_ground(ground: Ground, catalog: Catalog, wishes: Wishes, files: Sequence[Parsed]) -> Assembled:
    """Everything together, with these policy files above those of the profile."""
    from penstock.policies.load import load_parsed

    loaded, profile = ground.loaded, ground.profile
    graph, written, places = loaded.graph, loaded.written, loaded.places
    report = loaded.report if profile is None else loaded.report + profile.report
    policies = load_parsed([*ground.policies, *files], catalog, graph)
    report = _without(report, policies.composition.fed) + policies.report
    if graph is None or written is None or places is None:
        return Assembled(report, ground)
    flags, report = _flags(wishes, graph, report)
    if report.exit_code():
        return Assembled(report, ground)
    from penstock.profiles.resolve import profiled, resolve

    chain = profile.chain if profile is not None else ()
    resolved = resolve(chain, graph, written, places, policies.composition, flags, wishes.accepted)
    report += Report(report.tool, resolved.findings)
    if report.exit_code():
        return Assembled(report, ground)
    return Assembled(report, ground, profiled(graph, resolved), policies.composition, resolved)


def _without(report: Report, fed: Collection[str]) -> Report:
    """What is wrong with the graph, but that no link leads into these channels: policies send records there."""
    quiet = {f"/channels/{name}" for name in fed}
    left = [one for one in report.findings if one.code != "G119" or one.at.pointer not in quiet]
    return Report(report.tool, left, report.sources, report.version)


def _flags(wishes: Wishes, graph: Graph, report: Report) -> tuple[Sequence[Flag], Report]:
    if not wishes.settings:
        return (), report
    from penstock.profiles.flags import PATH, read_flags

    flags = read_flags(wishes.settings, graph)
    return flags.asked, report + Report(report.tool, flags.findings, {PATH: flags.text})
