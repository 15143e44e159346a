"""The command `penstock policies`.

Takes:   nothing, or the id of a policy type.
Gives:   the list of policy types, or all about one, from the manifests.
Ignores: which policy is bound to what.
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
    from penstock.manifest.model import PolicyFacts


@click.command()
@click.argument("name", required=False)
@as_json
def policies(name: str | None, as_json: bool) -> int:
    """List the policy types that installed packs offer; with NAME, show one: what it decides, its config.

    \b
    Example:
      penstock policies
      penstock policies exponential-backoff --json
    """
    from penstock._plugins.discovery import discover

    catalog = discover()
    if name is not None:
        offer = catalog.policy(name)
        sys.stdout.write(json_text(_value(offer)) if as_json else _page(offer))
        return 0
    offers = [offer for _, offer in sorted(catalog.policies.items())]
    if as_json:
        sys.stdout.write(json_text([_value(offer) for offer in offers]))
        return 0
    rows = [(o.facts.id, ", ".join(o.facts.points), o.pack.name, o.facts.doc) for o in offers]
    sys.stdout.write(
        table(("policy", "decides", "pack", "what it does"), rows) if rows else "no installed pack offers a policy\n"
    )
    sys.stdout.flush()
    print_report(Report("policies", catalog.findings), to_errors=True)
    return 0


def _page(offer: Offer[PolicyFacts]) -> str:
    policy = offer.facts
    head = facts(
        [
            ("policy", policy.id),
            ("decides", ", ".join(policy.points)),
            ("pack", f"{offer.pack} (`{offer.pack.name}`)"),
            ("code", policy.import_path),
        ]
    )
    return f"{policy.doc}\n\n{head}\nConfig:\n{config_table(policy.config)}"


def _value(offer: Offer[PolicyFacts]) -> dict[str, Any]:
    from penstock.manifest.write import value_of_fact

    return {**value_of_fact(offer.facts), "pack": offer.pack.distribution, "pack_version": offer.pack.version}
