"""The command `penstock nodes`.

Takes:   nothing, or the id of a node type.
Gives:   the list of node types, or all about one, from the manifests.
Ignores: graphs that use them.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.configs import config_table
from penstock.cli.options import as_json, print_report
from penstock.cli.tables import facts, json_text, table
from penstock_findings.report import Report

if TYPE_CHECKING:
    from penstock._plugins.packs import Offer
    from penstock.manifest.model import NodeFacts, PortFacts


@click.command()
@click.argument("name", required=False)
@click.option("--role", type=click.Choice(("source", "transform", "sink")), help="Only node types of this role.")
@as_json
def nodes(name: str | None, role: str | None, as_json: bool) -> int:
    """List the node types that installed packs offer; with NAME, show one: its ports, its config, what it does.

    Nothing is imported: all of it is read from the manifests.

    \b
    Example:
      penstock nodes --role source
      penstock nodes cooldown
      penstock nodes cooldown --json | jq .config
    """
    from penstock._plugins.discovery import discover

    catalog = discover()
    if name is not None:
        offer = catalog.node(name)
        sys.stdout.write(json_text(_value(offer)) if as_json else _page(offer))
        return 0
    offers = [offer for _, offer in sorted(catalog.nodes.items()) if role in (None, offer.facts.role)]
    if as_json:
        sys.stdout.write(json_text([_value(offer) for offer in offers]))
        return 0
    rows = [(o.facts.id, o.facts.role, o.pack.name, _line(o.facts)) for o in offers]
    sys.stdout.write(table(("node", "role", "pack", "what it does"), rows) if rows else "no node types are installed\n")
    sys.stdout.flush()
    print_report(Report("nodes", catalog.findings), to_errors=True)
    return 0


def _line(node: NodeFacts) -> str:
    return f"(deprecated: {node.deprecated}) {node.doc}" if node.deprecated else node.doc


def _page(offer: Offer[NodeFacts]) -> str:
    node = offer.facts
    head = facts(
        [
            ("node", node.id),
            ("role", node.role),
            ("pack", f"{offer.pack} (`{offer.pack.name}`)"),
            ("code", node.import_path),
            ("effect", node.effect),
            ("keeps", "state by key" if node.stateful else ""),
            ("order", "records of one key stay in order" if node.ordered else ""),
            ("needs", ", ".join(node.capabilities)),
            ("deprecated", node.deprecated or ""),
        ]
    )
    ports = "".join(
        f"\n{heading}:\n{facts([(p.name, _port(p)) for p in ports], indent=2)}"
        for heading, ports in (("Inputs", node.inputs), ("Outputs", node.outputs))
        if ports
    )
    return f"{node.doc}\n\n{head}{ports}\nConfig:\n{config_table(node.config)}"


def _port(port: PortFacts) -> str:
    payload = port.contract or "any payload"
    return payload if port.portability == "json" else f"{payload} ({port.portability})"


def _value(offer: Offer[NodeFacts]) -> dict[str, Any]:
    from penstock.manifest.write import value_of_fact

    return {**value_of_fact(offer.facts), "pack": offer.pack.distribution, "pack_version": offer.pack.version}
