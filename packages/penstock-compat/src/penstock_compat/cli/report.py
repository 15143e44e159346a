"""The command `penstock-compat report`.

Takes:   result files; the report of before, to tell what changed.
Gives:   the report, in as many formats as are wanted.
Ignores: running anything; the machine that publishes a report needs neither packs nor interpreters.
"""

from __future__ import annotations

import sys
from datetime import datetime

import click

from penstock_compat.cli import asking, signing

FORMATS = ("text", "json", "markdown", "html", "badge", "junit", "attestation")


@click.command()
@click.argument("results", metavar="[RESULTS]...", nargs=-1)
@click.option("--format", "fmt", type=click.Choice(FORMATS), default="text", show_default=True, help="How to print it.")
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write it here instead of printing it.")
@click.option(
    "--report",
    "targets",
    metavar="FORMAT=FILE",
    multiple=True,
    help="Write it to a file as well, such as html=site.html or json=report.json; may be repeated.",
)
@click.option(
    "--since", metavar="REPORT", help="The report of before (json): what changed is told, and its past is kept."
)
@click.option("--label", default="", help="What this report is called, such as v0.2.0. Default: its moment.")
@asking.as_of(None)
@asking.stale_after
@asking.builds
@click.option("--pack", default="", metavar="NAME", help="The pack that an attestation is about.")
@click.option("--pack-version", "version", default="", metavar="VERSION", help="Its version. Default: the newest.")
@click.option(
    "--fail-on",
    type=click.Choice(("never", "broken", "unproven", "regression")),
    default="never",
    show_default=True,
    help="Exit 1 when something does not work, when something is not proven, or when something broke since the last report.",
)
@signing.signed
def report(
    results: tuple[str, ...],
    fmt: str,
    output: str | None,
    targets: tuple[str, ...],
    since: str | None,
    label: str,
    moment: datetime | None,
    days: float,
    builds: tuple[tuple[str, str], ...],
    pack: str,
    version: str,
    fail_on: str,
    signatures: signing.Signatures,
) -> int:
    """Tell how every cell stands, what stands in the way, and what changed. The same results give the same bytes.

    RESULTS are files or folders of `*.compat.json`; default: compat/reports, else this folder.

    \b
    Example:
      penstock-compat report all.compat.json --report html=site/index.html --report json=report.json
      penstock-compat report all.compat.json --since last.json --label v0.2.0 --fail-on regression
      penstock-compat report all.compat.json --format attestation --pack site-pack --output predicate.json
    """
    from penstock_compat.opening import files_of, opened, report_at
    from penstock_compat.report import compile_report, pairs_of, text_of, write_files
    from penstock_compat.standing import Freshness

    pairs_of(targets)  # words that make no sense are told before anything is read
    files = files_of(results)
    signatures.check(files)
    before = report_at(since) if since else None
    freshness = Freshness(moment, days, asking.counting(builds))
    made = compile_report(opened(files), freshness=freshness, before=before, label=label)
    write_files(made, targets, pack=pack, version=version)
    if output is not None:
        write_files(made, [f"{fmt}={output}"], pack=pack, version=version)
    elif fmt != "text" or not targets:
        sys.stdout.write(text_of(made, fmt, pack=pack, version=version))
    if output is not None or targets:
        from penstock_compat.report.phrases import headline

        sys.stderr.write(f"{headline(made)}\n")
    return int(made.fails(fail_on))
