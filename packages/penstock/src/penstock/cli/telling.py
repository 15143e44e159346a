"""Tell how a run went, to people or to programs.

Takes:   the report of a run.
Gives:   `tell`, `summary`.
Ignores: progress while it runs (`run.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import click

from penstock._engine.report import NodeReport, RunReport
from penstock.cli.assembly import Assembled
from penstock.cli.starting import graph_of
from penstock.cli.tables import table
from penstock_findings import PenstockError


def tell(report: RunReport, as_json: bool, made: Assembled, *, keeps: bool = True) -> None:
    """Print the report; raises `PenstockError` when its counts do not add up. `keeps`: whether its dead letters are anywhere."""
    if as_json:
        profile = {"name": made.profile_name, "digest": made.profile_digest} if made.profile_name else None
        more = {"graph_digest": graph_of(made).digest, "profile": profile}
        click.echo(json.dumps({**report.as_json(), **more}, indent=2, sort_keys=True))
    else:
        click.echo(summary(report))
        if keeps and any(node.dead for node in report.nodes):
            click.echo("see them with `penstock dlq list`")
        if made.profile_name:
            click.echo(f"profile {made.profile_name} {made.profile_digest}")
    if not report.conserved:
        broken = [link.id for link in report.links if not link.conserved]
        raise PenstockError(f"the counts of {', '.join(broken)} do not add up; this is a bug in Penstock", code="R299")


def summary(report: RunReport) -> str:
    """What a run did, by node and in total, for people."""
    rows = [
        [
            n.id, *map(str, (n.received, n.emitted, n.filtered)), _by_reason(n.dropped), str(n.retried), _by_reason(n.dead),
            _milliseconds(n.p50), _milliseconds(n.p99),
        ]
        for n in report.nodes
    ]  # fmt: skip  # the counts in one line, the times in another
    headings = ["node", "in", "out", "filtered", "dropped", "retried", "dead", "p50 ms", "p99 ms"]
    in_flight = sum(link.in_flight for link in report.links)
    dead = sum(sum(n.dead.values()) for n in report.nodes)
    lines = [
        f"{report.graph}: {report.outcome} after {report.seconds:.1f} s (run {report.run})",
        "",
        table(headings, rows, numbers=headings[1:]),
        f"{report.admitted} admitted, {in_flight} in flight, {dead} dead; the counts of "
        + (f"all {len(report.links)} links add up" if report.conserved else "some links do not add up"),
    ]
    lines += [f"{n.id}: {said}" for n in report.nodes for said in _what_policies_did(n)]
    for policy, faults in report.faults.items():
        lines.append(f"policy `{policy}` was at fault and its default held: {_by_reason(faults)}")
    if report.late:
        lines.append(f"{report.late} late completions were refused, and their work was done again")
    return "\n".join(lines)


def _what_policies_did(node: NodeReport) -> list[str]:
    """What the table has no column for, of one node."""
    said = [f"retried after failures: {_by_reason(node.retried_by_reason)}"] if len(node.retried_by_reason) > 1 else []
    said += [f"made to wait by policies: {_by_reason(node.delayed)}"] if node.delayed else []
    said += [f"diverted to {_by_reason(node.diverted)}"] if node.diverted else []
    return said + ([f"begun a second time: {node.hedged} attempts"] if node.hedged else [])


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.3g}" if seconds else "-"


def _by_reason(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {n}" for reason, n in sorted(counts.items())) or "0"
