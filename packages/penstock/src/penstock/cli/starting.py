"""What `run` and `simulate` do before they begin: load the graph, make its nodes, find who resolves its secrets.

Takes:   what stands on the command line.
Gives:   `set_option`, `json_option`; `loaded`, `graph_of`, `builder`, `secret_schemes`.
Ignores: the run itself (`run.py`, `simulate.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from penstock._engine.secrets import OWN
from penstock._plugins.discovery import Catalog
from penstock._plugins.hooks import Hooks
from penstock.cli.assembly import Assembled, assemble
from penstock.cli.checking import exit_code_of, of_packs
from penstock.cli.wishes import Wishes
from penstock.graph.model import Graph, NodeUse
from penstock.manifest.build import build_node
from penstock_findings import Report, reporters

set_option = click.option(
    "--set", "overrides", multiple=True, metavar="NODE.FIELD=VALUE", help="Override one config value; may be repeated."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on standard output.")


def loaded(path: str, catalog: Catalog, overrides: tuple[str, ...], wishes: Wishes) -> Assembled:
    """The checked graph with its profile and policies; ends the program with the report when there are errors."""
    made = assemble(path, catalog, wishes, overrides=overrides)
    report = made.report
    if made.graph is not None:
        report += Report(report.tool, of_packs(made.graph, catalog))
    if report.findings:
        reporters.write(report, "text", sys.stderr)
    if made.graph is None or report.exit_code():
        raise SystemExit(exit_code_of(report))
    return made


def graph_of(made: Assembled) -> Graph:
    """The graph of what `loaded` has let pass."""
    assert made.graph is not None  # `loaded` ends the program otherwise
    return made.graph


def builder(catalog: Catalog, graph: Graph) -> Callable[[NodeUse], Any]:
    """Makes the node of each use in the graph, from the packs of the catalog."""
    offers = (catalog.nodes.get(use.type.id) for use in graph.nodes.values())
    catalog.gate.expect(offer.pack for offer in offers if offer is not None)

    def build(use: NodeUse) -> Any:
        return build_node(catalog.load_node(use.type.id), use.config, use.id)

    return build


def secret_schemes(catalog: Catalog, graph: Graph) -> dict[str, Callable[[str], str]]:
    """What packs offer for the references that the core does not resolve itself; nothing is asked where there is none."""
    wanted = {reference.partition(":")[0] for node in graph.nodes.values() for reference in node.secrets.values()} - {
        *OWN
    }
    if not wanted:
        return {}
    answers = Hooks(catalog).ask("penstock_secrets")
    if answers.findings:
        reporters.write(Report("penstock", findings=answers.findings), "text", sys.stderr)
    offered = [pair for _, schemes in answers.values for pair in schemes.items()]
    return {scheme: function for scheme, function in reversed(offered) if scheme in wanted}  # the first by name counts
