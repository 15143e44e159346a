"""The command `penstock-compat clean`.

Takes:   how long something may lie unused.
Gives:   a folder that holds only what is in use.
Ignores: how it is known what is in use (`run/cleaning`).
"""

from __future__ import annotations

import sys

import click

from penstock_compat.cli import options
from penstock_findings.cli.durations import Duration


@click.command("clean")
@click.option("--older", type=Duration(), default="30d", show_default=True, help="What was not used for so long goes.")
@click.option("--all", "everything", is_flag=True, help="Everything goes.")
@click.option("--state", metavar="FOLDER", type=click.Path(file_okay=False), help="Where wheels and results are kept.")
def clean(older: float, everything: bool, state: str | None) -> int:
    """Remove wheels, environments and results that no run has used for a while.

    Results that were written with `--output` are not touched.

    \b
    Example:
      penstock-compat clean
      penstock-compat clean --older 7d --state .compat
    """
    import time

    from penstock_compat.run.cleaning import clean as clean_up

    folder = options.state_folder(state)
    done = clean_up(folder, time.time(), 0.0 if everything else older)
    sys.stdout.write(f"{folder}: {done.gone} entries removed, {_megabytes(done.freed)}; ")
    sys.stdout.write(f"{done.kept} kept, {_megabytes(done.stays)}\n")
    return 0


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
