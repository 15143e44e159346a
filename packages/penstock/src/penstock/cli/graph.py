"""The command `penstock graph show`.

Takes:   a graph file.
Gives:   a drawing of it.
Ignores: how it is drawn (`graph/show.py`).
"""

from __future__ import annotations

import os
import sys

import click

from penstock.cli.checking import exit_code_of
from penstock.cli.options import print_report
from penstock.graph.show import FORMATS
from penstock.graph.show import show as drawn


@click.group()
def graph() -> None:
    """Look at a graph.

    \b
    Example:
      penstock graph show flow.graph.yaml
    """


@graph.command()
@click.argument("path", metavar="GRAPH")
@click.option(
    "--format", "fmt", type=click.Choice(FORMATS), default="text", show_default=True, help="What to draw it as."
)
@click.option("--output", "-o", type=click.Path(dir_okay=False), help="Write to this file instead of standard output.")
def show(path: str, fmt: str, output: str | None) -> int:
    """Draw GRAPH: its nodes, links and channels. No pack is imported, no browser is needed.

    A graph with mistakes is not drawn; they are printed instead, as by `penstock check`.

    \b
    Example:
      penstock graph show flow.graph.yaml
      penstock graph show flow.graph.yaml --format svg --output flow.svg
      penstock graph show flow.graph.yaml --format mermaid >> README.md
    """
    from penstock._plugins.discovery import discover
    from penstock.graph.load import load_graph
    from penstock_findings.errors import PenstockError

    loaded = load_graph(path, discover(), environment=os.environ)
    print_report(loaded.report, to_errors=True)
    if loaded.graph is None:
        return exit_code_of(loaded.report)
    text = drawn(loaded.graph, fmt)
    if output is None:
        sys.stdout.write(text)
        return 0
    try:
        with open(output, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise PenstockError(f"cannot write `{output}`: {error.strerror}", code="P241") from error
    return 0
