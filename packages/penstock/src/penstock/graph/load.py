"""Load a graph file: say everything that is wrong with it in one pass, and give the graph when nothing is.

Takes:   a path, a catalog of what packs offer, the environment, overrides from the command line.
Gives:   `load_graph`: `Loaded`, a report and perhaps a graph. A file at fault never raises.
Ignores: how packs are found, and whether a run could open what the configs name.
"""

from __future__ import annotations

from penstock.graph.complaints import Complaints
from penstock.graph.guesses import Guesses
from penstock.graph.overrides import PATH, applied, read_overrides
from penstock.graph.places import Places
from penstock.graph.read import read_graph
from penstock.graph.redact import redacted
from penstock.graph.resolve import resolve
from penstock_findings.report import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike
    from typing import Any

    from penstock.graph.check import Check
    from penstock.graph.draft import Catalog, Draft
    from penstock.graph.model import Graph
    from penstock.graph.written import Written
    from penstock_findings.document import Parsed
    from penstock_findings.finding import Finding

LIMIT = 16 << 20  # bytes; ten thousand nodes take two


class Loaded:
    """What became of a graph file. `report` has every finding; `graph` is None when one of them is an error.

    `places` says where everything stands, None when nothing could be read.
    """

    __slots__ = ("_catalog", "_draft", "_graph", "places", "report")

    def __init__(self, report: Report, draft: Draft | None, catalog: Catalog, places: Places | None = None) -> None:
        self.report = report
        self.places = places
        self._draft = None if report.exit_code() else draft
        self._catalog = catalog
        self._graph: Graph | None = None

    @property
    def written(self) -> Written | None:
        """What the file says and what it leaves out; None when there is an error."""
        return None if self._draft is None else self._draft.written

    @property
    def graph(self) -> Graph | None:
        """The graph; built when it is first asked for, because a check never does."""
        if self._graph is None and self._draft is not None:
            from penstock.graph.build import build

            self._graph = build(self._draft, self._catalog)
        return self._graph


def load_graph(
    path: str | PathLike[str],
    catalog: Catalog,
    *,
    environment: Mapping[str, str],
    overrides: Sequence[str] = (),
    checks: Iterable[Check[Any]] | None = None,
) -> Loaded:
    """Read the file and check it.

    `overrides` are texts `node.field=value`. `checks` are those to make, all of ours when it is not given.
    """
    from penstock_findings.load import load

    parsed = load(path, limit=LIMIT)
    return load_parsed(parsed, catalog, environment=environment, overrides=overrides, checks=checks)


def load_parsed(
    parsed: Parsed,
    catalog: Catalog,
    *,
    environment: Mapping[str, str],
    overrides: Sequence[str] = (),
    checks: Iterable[Check[Any]] | None = None,
) -> Loaded:
    """The same for a file that has been parsed already, or never was one."""
    asked = read_overrides(overrides)
    findings = [*parsed.findings, *asked.findings]
    sources = {parsed.path or "": parsed.text, **({PATH: asked.text} if overrides else {})}
    if parsed.document is None:
        return Loaded(Report("penstock", findings, sources), None, catalog)
    guesses = Guesses()
    complaints = Complaints(Places(parsed.document))
    written = read_graph(parsed.document.value, complaints, guesses)
    findings += _news(complaints.findings, parsed.findings)
    if written is None:
        return Loaded(Report("penstock", findings, sources), None, catalog)
    configs = {id: (node.config_pointer, node.config) for id, node in written.nodes.items()}
    changed, patches, wrong = applied(asked.asked, configs, guesses)
    findings += wrong
    draft = resolve(_with(written, changed), catalog, environment, guesses)
    places = Places(parsed.document, patches)
    findings += _news(examine(draft, places, checks), parsed.findings)
    hidden = [*written.hidden, *(literal.pointer for literal in draft.literals)]
    if hidden:
        sources = redacted(sources, [places.value(pointer) for pointer in hidden])
    return Loaded(Report("penstock", findings, sources), draft, catalog, places)


def examine(draft: Draft, places: Places, checks: Iterable[Check[Any]] | None = None) -> list[Finding]:
    """What the checks have to say about a draft."""
    if checks is None:
        from penstock.graph.checks import all_checks

        checks = all_checks()
    return [finding for check in checks for finding in check.findings(draft, places)]


def _news(findings: Iterable[Finding], told: Iterable[Finding]) -> list[Finding]:
    """Without those about a value that could not be read in the first place."""
    places = {(finding.at.path, finding.at.line, finding.at.column) for finding in told}
    return [finding for finding in findings if (finding.at.path, finding.at.line, finding.at.column) not in places]


def _with(written: Written, configs: Mapping[str, Mapping[str, Any]]) -> Written:
    """The same file with other configs in some of its nodes."""
    if not configs:
        return written
    nodes = dict(written.nodes)
    for id, config in configs.items():
        nodes[id] = nodes[id].__replace__(config=config)
    return written.__replace__(nodes=nodes)
