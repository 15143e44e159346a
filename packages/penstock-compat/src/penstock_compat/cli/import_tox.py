"""The command `penstock-compat import`.

Takes:   what `tox run --result-json` wrote, and the records beside it.
Gives:   a results file.
Ignores: how it is read (`tox_import`).
"""

from __future__ import annotations

import sys

import click

from penstock_compat.cli.run import exit_code, whoever


@click.command("import")
@click.argument("result", metavar="RESULT", type=click.Path(dir_okay=False))
@click.option(
    "--cells", metavar="FILE", type=click.Path(dir_okay=False), help="Which environment is which cell, from `export`."
)
@click.option(
    "--records", metavar="FOLDER", type=click.Path(file_okay=False), help="What the environments said of themselves."
)
@click.option("--pack", metavar="PACK", help="The pack that was tested, where there is no --cells.")
@click.option("--core-name", "core", metavar="NAME", default="", help="The distribution of the core axis.")
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write the results to FILE.")
@click.option("--by", metavar="WHO", help="Who ran them. Default: user and machine.")
@click.option("--origin", metavar="NAME", default="", help="The job that the results come from.")
def import_tox(
    result: str,
    cells: str | None,
    records: str | None,
    pack: str | None,
    core: str,
    output: str | None,
    by: str | None,
    origin: str,
) -> int:
    """Make results of RESULT, which `tox run --result-json RESULT` wrote; exit 1 if a cell did not pass.

    What an environment really was, only the records say: of the plugin (.tox/penstock-compat) or of an export (records).
    An environment without a record is unknown.

    \b
    Example:
      penstock-compat import result.json --pack . --records .tox/penstock-compat --output tox.compat.json
    """
    from penstock_compat.formats import results_text, write_results
    from penstock_compat.packs import read_pack
    from penstock_compat.run.interpreters import this_platform
    from penstock_compat.run.tox_import import import_results

    if not cells and not pack:
        raise click.UsageError("name the pack with --pack, or the cells with --cells")
    said = read_pack(pack) if pack else None
    found = import_results(
        result,
        pack=(said.name, said.version) if said else ("", ""),
        platform=this_platform(),
        cells=cells or "",
        records=records or "",
        core=core,
        by=by or whoever(),
        origin=origin,
    )
    if output:
        write_results(found, output)
    else:
        sys.stdout.write(results_text(found))
    return exit_code(found)
