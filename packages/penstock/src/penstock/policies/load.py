"""Load policy files: say everything that is wrong with them in one pass, and what holds when nothing is.

Takes:   paths in their order, a catalog of what packs offer, the graph that they are for.
Gives:   `load_policies`: `Loaded`, a report and a composition. A file at fault never raises.
Ignores: building the policies (`bind`), how packs are found.
"""

from __future__ import annotations

from penstock.graph.complaints import Complaints
from penstock.graph.guesses import Guesses
from penstock.graph.places import Places
from penstock.policies.compose import Composition, compose
from penstock.policies.file import PolicyFile
from penstock.policies.read import no_rules, read_policies
from penstock.policies.subjects import world_of
from penstock_findings.fact import Fact
from penstock_findings.report import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike

    from penstock.graph.model import Graph
    from penstock.policies.offers import Catalog
    from penstock_findings.document import Parsed
    from penstock_findings.finding import Finding

LIMIT = 4 << 20  # bytes
NOTHING = Composition({}, ())


class Loaded(Fact):
    """What became of the files. `report` has every finding; `composition` means something when none is an error."""

    report: Report
    composition: Composition

    @property
    def is_sound(self) -> bool:
        """Whether the files may be used."""
        return not self.report.exit_code()


def load_policies(paths: Sequence[str | PathLike[str]], catalog: Catalog, graph: Graph | None) -> Loaded:
    """Read the files and check them; without a graph, as far as they can be checked alone."""
    from penstock_findings.load import load

    return load_parsed([load(path, limit=LIMIT) for path in paths], catalog, graph)


def load_parsed(files: Sequence[Parsed], catalog: Catalog, graph: Graph | None) -> Loaded:
    """The same for files that have been parsed already, or never were any."""
    findings: list[Finding] = []
    sources: dict[str, str] = {}
    read: list[PolicyFile] = []
    guesses = Guesses()
    for parsed in files:
        path = parsed.path or ""
        sources[path] = parsed.text
        findings += parsed.findings
        if parsed.document is None:
            continue
        places = Places(parsed.document)
        complaints = Complaints(places)
        written = read_policies(parsed.document.value, complaints, guesses)
        if written is not None:
            if not complaints.findings:
                no_rules(written, complaints)
            read.append(PolicyFile(path, written, places, parsed.text))
        findings += _news(complaints.findings, parsed.findings)
    world = None if graph is None else world_of(graph, catalog)
    composition, wrong = compose(read, world, catalog.policies, guesses)
    findings += _news(wrong, findings)
    return Loaded(Report("penstock", findings, sources), composition)


def _news(findings: Iterable[Finding], told: Iterable[Finding]) -> list[Finding]:
    """Without those about a value that could not be read in the first place."""
    places = {(f.at.path, f.at.line, f.at.column) for f in told}
    return [f for f in findings if (f.at.path, f.at.line, f.at.column) not in places]
