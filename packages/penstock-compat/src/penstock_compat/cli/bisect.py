"""The command `penstock-compat bisect`.

Takes:   packs or a plan, a cell of it, perhaps a dependency.
Gives:   the first version of a dependency that breaks the pack, or the lowest that works.
Ignores: how it is found (`bisect`), how a cell is run (`trials`).
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from penstock_compat.cli import options
from penstock_findings.cli.durations import Duration

if TYPE_CHECKING:
    from penstock_compat.bisect import Breaks, NoAnswer, Pins, Works
    from penstock_compat.facts import Cell, Plan, Result
    from penstock_findings.finding import JSON, Finding


@click.command("bisect")
@click.argument("packs", metavar="PACK...", nargs=-1, required=True)
@options.choosing
@click.option(
    "--cell", "wanted", metavar="CELL", help="The cell, by its id or a pattern. Default: the only one there is."
)
@click.option("--dependency", metavar="NAME", help="Whose versions to try. Default: the one that makes the difference.")
@click.option("--lowest", "downwards", is_flag=True, help="Find the lowest version of --dependency that works.")
@click.option("--engine", type=click.Choice(("auto", "uv", "pip")), default="auto", show_default=True)
@click.option("--state", metavar="FOLDER", type=click.Path(file_okay=False), help="Where wheels and results are kept.")
@click.option("--timeout", type=Duration(), help="For the tests of one trial, instead of what the axes say.")
@click.option(
    "--format", "fmt", default="text", show_default=True, help="text, json, sarif, junit, github or markdown."
)
@click.option("--quiet", is_flag=True, help="Tell nothing of the way.")
def bisect(
    packs: tuple[str, ...],
    wanted: str | None,
    dependency: str | None,
    downwards: bool,
    engine: str,
    state: str | None,
    timeout: float | None,
    fmt: str,
    quiet: bool,
    **choosing: Any,
) -> int:
    """Find the first version of a dependency that breaks a pack; exit 1 if there is one, 3 if it cannot be told.

    \b
    Example:
      penstock-compat bisect packs/site --cell 'site==*|3.12|newest'
      penstock-compat bisect packs/site --python 3.12 --deps newest --lowest --dependency httpx
    """
    from penstock_compat import bisect as rooms
    from penstock_compat.run.engines import engine_of
    from penstock_compat.run.ledger import Ledger
    from penstock_compat.run.workshop import Wishes
    from penstock_compat.trials import Trials

    if downwards and not dependency:
        raise click.UsageError("`--lowest` needs a `--dependency`")
    folder = options.state_folder(state)
    plan = options.planned(packs, **choosing)
    cell = _the_one(plan, wanted)
    ledger = Ledger(os.path.join(folder, "ledger"))
    trials = Trials(plan, cell, engine_of(engine, folder), ledger, folder, Wishes(by="bisect", timeout=timeout or 0.0))
    tried = rooms.Tried(trials.trial, None if quiet else _tell)
    if downwards:
        answer: Breaks | Works | NoAnswer = rooms.lowest(tried, dependency or "", trials.versions)
    else:
        answer = rooms.bisect(tried, trials.lowest, trials.versions, dependency or "")
    return _report(answer, cell, fmt)


def _the_one(plan: Plan, wanted: str | None) -> Cell:
    from fnmatch import fnmatchcase

    from penstock_compat.errors import Misuse

    fitting = [cell for cell in plan.cells if not wanted or cell.id == wanted or fnmatchcase(cell.id, wanted)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        what = f"fits `{wanted}`" if wanted else "is left by --python, --deps, --core and --only"
        raise Misuse(f"no cell of the plan {what}", hint="`penstock-compat plan` lists them")
    some = ", ".join(cell.id for cell in fitting[:3])
    raise Misuse(f"{len(fitting)} cells fit: {some}, ...", hint="name one with --cell, --python, --deps and --core")


def _tell(pins: Pins, result: Result) -> None:
    held = ", ".join(f"{name} {version}" for name, version in sorted(pins.items())) or "as it is"
    sys.stderr.write(f"{held}: {result.state}\n")


def _report(answer: Breaks | Works | NoAnswer, cell: Cell, fmt: str) -> int:
    from penstock_compat.made_by import VERSION
    from penstock_findings import reporters
    from penstock_findings.report import Report

    finding, code = _finding(answer, cell)
    reporters.write(Report("penstock-compat", (finding,), version=VERSION), fmt, sys.stdout)
    return code


def _finding(answer: Breaks | Works | NoAnswer, cell: Cell) -> tuple[Finding, int]:
    from penstock_compat.bisect import Breaks, Works
    from penstock_findings.finding import Finding, Severity

    facts: dict[str, JSON] = {"cell": cell.id, "trials": answer.trials}
    if isinstance(answer, Breaks):
        between = f", {_between(answer.untried)}" if answer.untried else ""
        why = answer.result.failure.summary if answer.result.failure else str(answer.result.state)
        text = f"{answer.dependency} {answer.bad} breaks {cell.pack}, {answer.good} does not{between}: {why}"
        facts |= {"dependency": answer.dependency, "good": answer.good, "bad": answer.bad}
        return Finding(
            "C430", text, hint=f"require `{answer.dependency}<{answer.bad}` until it is mended", evidence=facts
        ), 1
    if isinstance(answer, Works):
        between = f", {_between(answer.untried)}" if answer.untried else ""
        below = f"; {answer.below} does not work" if answer.below else "; there is none below it"
        above = f"; the newest that can be tried, {answer.above}, does not work either" if answer.above else ""
        text = f"the lowest {answer.dependency} that {cell.pack} works with is {answer.lowest}{below}{between}{above}"
        facts |= {
            "dependency": answer.dependency,
            "lowest": answer.lowest,
            "below": answer.below,
            "above": answer.above,
        }
        return Finding("C431", text, severity=Severity.NOTE, evidence=facts), 0
    return Finding("C432", f"nothing to tell of {cell.id}: {answer.why}", severity=Severity.WARNING, evidence=facts), 3


def _between(untried: tuple[str, ...]) -> str:
    return f"{', '.join(untried)} could not be tried"
