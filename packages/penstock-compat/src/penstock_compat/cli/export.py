"""The command `penstock-compat export`.

Takes:   packs or a plan, a folder to write.
Gives:   a folder that any tox runs: the same cells, wheels, versions, tests and probe.
Ignores: how it is written (`tox_export`).
"""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from penstock_compat.cli import options


@click.command("export")
@click.argument("packs", metavar="PACK...", nargs=-1, required=True)
@options.choosing
@click.option("--output", metavar="FOLDER", required=True, type=click.Path(file_okay=False), help="Where to write.")
@click.option("--state", metavar="FOLDER", type=click.Path(file_okay=False), help="Where wheels and results are kept.")
def export(packs: tuple[str, ...], output: str, state: str | None, **choosing: Any) -> int:
    """Write the cells of the PACKs as native tox TOML; exit 1 if some cannot be among them.

    \b
    Example:
      penstock-compat export packs/site --output matrix
      tox run -c matrix/tox.toml --result-json matrix/result.json
      penstock-compat import matrix/result.json --cells matrix/cells.json --records matrix/records
    """
    from penstock_compat.errors import CannotRead
    from penstock_compat.run.engines import engine_of
    from penstock_compat.run.ledger import Ledger
    from penstock_compat.run.tox_engine import export as write
    from penstock_compat.run.workshop import opened

    if output.endswith(".toml"):
        raise click.UsageError(f"`{output}` has to be a folder: wheels and tests lie in it beside tox.toml")
    try:
        os.makedirs(output, exist_ok=True)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise CannotRead(f"cannot write `{output}`: {why}", code="C104") from error
    folder = options.state_folder(state)
    plan = options.planned(packs, **choosing)
    with opened(plan, engine_of("auto", folder), Ledger(os.path.join(folder, "ledger")), folder) as shop:
        names, others = write(shop, os.path.abspath(output))
    for result in others:
        why = result.failure.summary if result.failure else ""
        sys.stderr.write(f"left out: {result.cell.id}: {result.state}: {why}\n")
    sys.stdout.write(f"{len(names)} environments in {os.path.join(output, 'tox.toml')}\n")
    return 1 if others else 0
