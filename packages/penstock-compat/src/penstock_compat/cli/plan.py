"""The command `penstock-compat plan`.

Takes:   packs, axes.
Gives:   the cells that would be run, what they share, and what is left out and why.
Ignores: how they are chosen (`plan`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from penstock_compat.cli import options

if TYPE_CHECKING:
    from penstock_compat.facts import Plan


@click.command("plan")
@click.argument("packs", metavar="PACK...", nargs=-1, required=True)
@options.choosing
@click.option("--json", "as_json", is_flag=True, help="Print the plan, as `run` takes it.")
@click.option(
    "--github", "as_github", is_flag=True, help="Print the matrix of a CI job: one job for each platform and Python."
)
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write the plan to FILE.")
def plan(packs: tuple[str, ...], as_json: bool, as_github: bool, output: str | None, **choosing: Any) -> int:
    """Say which cells there are for the PACKs: their folders, wheels or sdists.

    \b
    Example:
      penstock-compat plan packs/site packs/http
      penstock-compat plan packs/site --axes compat/axes.toml --output plan.json
      penstock-compat plan packs/site --github >> "$GITHUB_OUTPUT"
    """
    made = options.planned(packs, **choosing)
    if output:
        from penstock_compat.formats import write_plan

        write_plan(made, output)
    if as_github:
        import json

        from penstock_compat.plan import github

        sys.stdout.write(json.dumps(github(made), sort_keys=True) + "\n")
    elif as_json:
        from penstock_compat.formats import plan_text

        sys.stdout.write(plan_text(made))
    else:
        sys.stdout.write(_text(made))
    return 0


def _text(plan: Plan) -> str:
    lines = [cell.id for cell in plan.cells]
    lines += [f"left out: {one.cell.id}: {one.reason}" for one in plan.excluded]
    missing = sorted({cell.python for cell in plan.cells} - set(plan.pythons))
    lines += [f"no interpreter: Python {version} is not on this machine" for version in missing]
    reuse = plan.reuse
    lines.append(
        f"{len(plan.cells)} cells, {len(plan.excluded)} left out; "
        f"{reuse.wheels} wheels to build, {reuse.interpreters} interpreters"
    )
    return "\n".join(lines) + "\n"
