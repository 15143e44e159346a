"""The command `penstock packs`.

Takes:   flags.
Gives:   a list of the installed packs, broken ones with what is wrong with them.
Ignores: how packs are found (`_plugins/discovery`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.options import as_json, print_report
from penstock.cli.tables import json_text, table
from penstock_findings.report import Report

if TYPE_CHECKING:
    from penstock._plugins.packs import FoundPack


@click.command()
@as_json
def packs(as_json: bool) -> int:
    """List the packs that are installed, and what is wrong with those that cannot be used.

    Nothing is imported: all of it is read from the manifests. Exit code 1 when a pack is broken.

    \b
    Example:
      penstock packs
      penstock packs --json | jq '.packs[].name'
    """
    from penstock._plugins.discovery import discover

    catalog = discover()
    report = Report("packs", catalog.findings)
    if as_json:
        found = [_facts(pack) for pack in catalog.packs]
        sys.stdout.write(json_text({"packs": found, "findings": _findings(report)}))
        return report.exit_code()
    if catalog.packs:
        head = ("name", "distribution", "version", "nodes", "policies", "capabilities")
        sys.stdout.write(table(head, map(_row, catalog.packs)))
    else:
        sys.stdout.write("no packs are installed; `pip install penstock-standard` brings the standard one\n")
    sys.stdout.flush()
    return print_report(report, to_errors=True)


def _row(pack: FoundPack) -> tuple[str, ...]:
    manifest = pack.manifest
    if manifest is None:
        return (pack.name, pack.distribution, pack.version, "broken", "", "")
    counts = (str(len(manifest.nodes)), str(len(manifest.policies)))
    return (pack.name, pack.distribution, pack.version, *counts, ", ".join(manifest.capabilities))


def _facts(pack: FoundPack) -> dict[str, Any]:
    manifest = pack.manifest
    known: dict[str, Any] = {
        "name": pack.name,
        "distribution": pack.distribution,
        "version": pack.version,
        "package": pack.package,
        "manifest": pack.location,
        "usable": manifest is not None,
    }
    if manifest is not None:
        known["nodes"] = [node.id for node in manifest.nodes]
        known["policies"] = [policy.id for policy in manifest.policies]
        known["channels"] = [kind.id for kind in manifest.channels]
        known["contracts"] = [contract.ref for contract in manifest.contracts]
        known["commands"] = [command.name for command in manifest.commands]
        known["hooks"] = list(manifest.hooks)
        known["capabilities"] = list(manifest.capabilities)
    return known


def _findings(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "code": f.code,
            "severity": f.severity.value,
            "message": f.message,
            "path": f.at.path,
            "line": f.at.line,
            "hint": f.hint,
        }
        for f in report.findings
    ]
