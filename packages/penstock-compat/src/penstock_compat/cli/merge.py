"""The command `penstock-compat merge`.

Takes:   result files of several jobs and machines.
Gives:   one file with all that they say; exit 1 when they contradict each other.
Ignores: what the results are worth (`report`).  Nothing of any pack is imported or run.
"""

from __future__ import annotations

import sys

import click

from penstock_compat.cli import signing


@click.command()
@click.argument("results", metavar="RESULTS...", nargs=-1, required=True)
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write here; default: standard output.")
@signing.signed
def merge(results: tuple[str, ...], output: str | None, signatures: signing.Signatures) -> int:
    """Put the results of many jobs into one file: files, or folders of `*.compat.json`.

    The order does not matter, and neither does a file that comes twice. Where two say that the same build in the same
    environment ended differently, it is C301 and nothing is written.

    \b
    Example:
      penstock-compat merge linux.compat.json macos.compat.json --output all.compat.json
      penstock-compat merge artifacts/ --output all.compat.json
    """
    from penstock_compat.formats import results_text, write_results
    from penstock_compat.opening import files_of, opened

    files = files_of(results)
    signatures.check(files)
    merged = opened(files)
    if output is None:
        sys.stdout.write(results_text(merged))
    else:
        write_results(merged, output)
        cells = len({result.cell for result in merged.results})
        sys.stderr.write(f"{len(merged.results)} results of {cells} cells, from {len(files)} files: {output}\n")
    return 0
