"""The command `penstock check`.

Takes:   graph files.
Gives:   every mistake in them.
Ignores: what the checks are (`graph/`); how it is done (`checking`).
"""

from __future__ import annotations

import click

from penstock.cli.checking import check_graphs
from penstock.cli.options import report_format


@click.command()
@click.argument("graphs", metavar="GRAPH...", nargs=-1, required=True)
@report_format
@click.option("--pack-checks", is_flag=True, help="Also run checks that packs bring; this imports their code.")
def check(graphs: tuple[str, ...], fmt: str, pack_checks: bool) -> int:
    """Find every mistake in each GRAPH in one pass, with line, column and what to write instead.

    No pack is imported and nothing is run. Exit code 1 when there is an error, 2 when a file cannot be read.

    \b
    Example:
      penstock check flow.graph.yaml
      penstock check *.graph.yaml --format sarif > findings.sarif
    """
    return check_graphs(graphs, fmt, pack_checks=pack_checks)
