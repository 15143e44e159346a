"""Require evidence that the packs of a graph work on this machine, before it runs.

Takes:   what stands on the command line, the assembled graph, a catalog.
Gives:   `evidenced`, the options; `require`, which ends the program when evidence is missing; `packs_in_use`.
Why so:  the core asks whoever implements the hook `penstock_run_evidence`. That nobody does is not a yes.
Ignores: what evidence is and how old it may be; whoever is asked knows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from penstock_findings.fact import Fact
from penstock_findings.finding import Finding, Severity
from penstock_findings.report import Report

if TYPE_CHECKING:
    from penstock._plugins.discovery import Catalog
    from penstock._plugins.packs import FoundPack
    from penstock.cli.assembly import Assembled


class Required(Fact):
    """What stands on the command line: files with evidence, none when none is required, and what becomes of a lack."""

    files: tuple[str, ...] = ()
    without: str = "refuse"


def evidenced(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options; the command is handed them as `required`."""

    @click.option(
        "--require-evidence",
        "files",
        multiple=True,
        metavar="FILE",
        help="Run only if these compatibility results show that its packs work on this machine; may be repeated.",
    )
    @click.option(
        "--without-evidence",
        "without",
        type=click.Choice(("refuse", "warn")),
        default="refuse",
        show_default=True,
        help="What --require-evidence does when they do not.",
    )
    @wraps(command)
    def asked(*words: Any, files: tuple[str, ...], without: str, **more: Any) -> Any:
        return command(*words, required=Required(files, without), **more)

    return asked


def require(required: Required, made: Assembled, catalog: Catalog) -> None:
    """Ask for evidence if it is required; tells what is missing, and ends the program when that refuses the run."""
    if not required.files:
        return
    from penstock_findings import reporters

    report = Report("penstock run", _findings(required, made, catalog))
    if required.without == "warn":
        report = Report(report.tool, [_softened(finding) for finding in report.findings])
    if report.findings:
        reporters.write(report, "text", sys.stderr)
    if report.exit_code():
        raise SystemExit(report.exit_code())


def packs_in_use(made: Assembled, catalog: Catalog) -> dict[str, str]:
    """Distribution -> version, of every pack that a node or a policy which holds comes from; sorted."""
    found: set[FoundPack] = set()
    if made.graph is not None:
        found |= {catalog.node(use.type.id).pack for use in made.graph.nodes.values()}
    if made.composition is not None:
        held = [one for composed in made.composition.subjects.values() for one in composed.policies if not one.is_off]
        found |= {catalog.policy(one.first.facts.id).pack for one in held if one.first.facts is not None}
    return dict(sorted((pack.distribution, pack.version) for pack in found))


def _findings(required: Required, made: Assembled, catalog: Catalog) -> list[Finding]:
    from penstock._plugins.hooks import Hooks, raised

    hooks = Hooks(catalog)
    if not hooks.offering("penstock_run_evidence"):
        hint = "install `penstock-compat`, or leave out `--require-evidence`"
        return [Finding("P242", "evidence is required, and nothing that is installed can judge any", hint=hint)]
    answers = hooks.ask("penstock_run_evidence", packs=packs_in_use(made, catalog), files=required.files)
    found = list(answers.findings)
    for pack, said in answers.values:
        try:
            found += said
        except Exception as error:  # an answer may be lazy, and raise only now
            found.append(raised("penstock_run_evidence", pack, error))
    return found


def _softened(finding: Finding) -> Finding:
    from dataclasses import replace

    return replace(finding, severity=Severity.WARNING) if finding.severity is Severity.ERROR else finding
