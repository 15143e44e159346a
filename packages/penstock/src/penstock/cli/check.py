"""The command `penstock check`.

Takes:   graph files.
Gives:   every mistake in them.
Ignores: what the checks are (`graph/`); how it is done (`checking`).
"""

from __future__ import annotations

import click

from penstock.cli.checking import check_graphs
from penstock.cli.options import report_format, wished
from penstock.cli.wishes import Wishes


@click.command()
@click.argument("graphs", metavar="GRAPH...", nargs=-1, required=True)
@report_format
@wished
@click.option("--pack-checks", is_flag=True, help="Also run checks that packs bring; this imports their code.")
def check(graphs: tuple[str, ...], fmt: str, pack_checks: bool, wishes: Wishes) -> int:
    """Find every mistake in each GRAPH in one pass, with line, column and what to write instead.

    With policy files or a profile, also every mistake in those, and in how they fit the graph. A `*.policy.yaml` or
    `*.profile.yaml` in the place of a GRAPH is checked alone, as far as that can be done.
    No pack is imported and nothing is run. Exit code 1 when there is an error, 2 when a file cannot be read.

    \b
    Example:
      penstock check flow.graph.yaml
      penstock check *.graph.yaml --format sarif > findings.sarif
      penstock check flow.graph.yaml --policy night.policy.yaml --profile offline_batch
      penstock check *.policy.yaml
    """
    return check_graphs(graphs, fmt, pack_checks=pack_checks, wishes=wishes)
