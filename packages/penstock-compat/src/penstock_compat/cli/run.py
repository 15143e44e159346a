"""The command `penstock-compat run`.

Takes:   packs or a plan, an engine, where to keep what is known.
Gives:   a results file, and what did not work.
Ignores: how cells are run (`run`).
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from penstock_compat.cli import options
from penstock_findings.cli.durations import Duration

if TYPE_CHECKING:
    from penstock_compat.facts import Results


@click.command("run")
@click.argument("packs", metavar="PACK...", nargs=-1, required=True)
@options.choosing
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write the results to FILE.")
@click.option("--engine", type=click.Choice(("auto", "uv", "pip", "tox")), default="auto", show_default=True)
@click.option(
    "--root",
    "roots",
    metavar="NAME=FOLDER",
    multiple=True,
    help="Run the cells of the OS NAME under this root file system, such as one made by debootstrap.",
)
@click.option("--jobs", type=click.IntRange(1, 256), help="Cells at once. Default: one for each processor.")
@click.option("--state", metavar="FOLDER", type=click.Path(file_okay=False), help="Where wheels and results are kept.")
@click.option("--timeout", type=Duration(), help="For the tests of one cell, instead of what the axes say.")
@click.option(
    "--fresh", type=Duration(), default="1d", show_default=True, help="How long chosen versions are believed."
)
@click.option("--again", is_flag=True, help="Run cells once more that did not pass.")
@click.option("--anew", is_flag=True, help="Run every cell once more.")
@click.option("--anyway", is_flag=True, help="Run cells too that cannot work by their metadata and sources.")
@click.option("--by", metavar="WHO", help="Who runs them, for the evidence. Default: user and machine.")
@click.option("--origin", metavar="NAME", default="", help="The job that the results come from.")
@click.option("--quiet", is_flag=True, help="Tell nothing of the way.")
def run(
    packs: tuple[str, ...],
    output: str | None,
    engine: str,
    roots: tuple[str, ...],
    jobs: int | None,
    state: str | None,
    timeout: float | None,
    fresh: float,
    again: bool,
    anew: bool,
    anyway: bool,
    by: str | None,
    origin: str,
    quiet: bool,
    **choosing: Any,
) -> int:
    """Run the cells of the PACKs, or of a plan that was written before; exit 1 if one does not pass.

    \b
    Example:
      penstock-compat run packs/site --output site.compat.json
      penstock-compat run plan.json --python 3.12 --origin linux-3.12 --output linux-3.12.compat.json
      penstock-compat run packs/site --wheels dist --timeout 2m
    """
    from penstock_compat.errors import CannotRead
    from penstock_compat.formats import write_results
    from penstock_compat.run import rootfs
    from penstock_compat.run.driver import run as run_cells
    from penstock_compat.run.engines import engine_of
    from penstock_compat.run.ledger import Ledger
    from penstock_compat.run.progress import Progress
    from penstock_compat.run.workshop import Wishes

    if output and not os.path.isdir(os.path.dirname(os.path.abspath(output))):  # told before cells are run for it
        raise CannotRead(f"cannot write `{output}`: its folder is not there", code="C104")
    folder = options.state_folder(state)
    ledger = Ledger(os.path.join(folder, "ledger"))
    plan = options.planned(packs, **choosing, seconds=ledger.seconds())
    wishes = Wishes(
        jobs=jobs or os.cpu_count() or 2,
        fresh=fresh,
        again=again,
        anew=anew,
        anyway=anyway,
        by=by or whoever(),
        origin=origin,
        timeout=timeout or 0.0,
    )
    whole, plan, elsewhere = plan, *rootfs.split(plan, rootfs.read_roots(roots))
    progress = Progress(len(plan.cells), sys.stderr)
    told = (lambda result, known: None) if quiet else progress.told
    if engine == "tox":
        from penstock_compat.run.tox_engine import run_with_tox
        from penstock_compat.run.workshop import opened

        with opened(plan, engine_of("auto", folder), ledger, folder, wishes) as shop:
            results = run_with_tox(shop, told)
    else:
        results = run_cells(plan, engine_of(engine, folder), ledger, folder=folder, wishes=wishes, told=told)
    if not quiet:
        progress.done()
    results = rootfs.together(whole, results, elsewhere, folder=folder, wishes=wishes)
    if output:
        write_results(results, output)
    return exit_code(results)


def exit_code(results: Results) -> int:
    """0 when all that was tried passed, 1 when something does not work, 3 when nothing is known."""
    from penstock_compat.facts import State

    states = [one.state for one in results.results]
    good = (State.PASSED, State.SKIPPED)
    if any(state not in (*good, State.UNKNOWN) for state in states):
        return 1
    return 3 if State.UNKNOWN in states or State.PASSED not in states else 0


def whoever() -> str:
    """Who runs this: user and machine."""
    from getpass import getuser
    from socket import gethostname

    try:
        return f"{getuser()}@{gethostname()}"
    except (OSError, KeyError, ImportError):
        return gethostname()
