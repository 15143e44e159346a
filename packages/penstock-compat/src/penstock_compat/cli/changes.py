"""The command `penstock-compat changes`.

Takes:   two reports, or two result files, the older one first.
Gives:   every cell that stands otherwise; exit 1 when something broke or lost its proof.
Ignores: why; the report has the evidence.
"""

from __future__ import annotations

import json
import sys

import click

from penstock_compat.cli import asking


@click.command()
@click.argument("before", type=click.Path(dir_okay=False))
@click.argument("after", type=click.Path(dir_okay=False))
@asking.as_json
def changes(before: str, after: str, as_json: bool) -> int:
    """Tell what changed between two reports or two result files: what broke, what was mended, what is newly proven.

    \b
    Example:
      penstock-compat changes last-release.json report.json
    """
    from penstock_compat.history import BROKE, LOST_PROOF
    from penstock_compat.history import changes as changes_between
    from penstock_compat.opening import report_at
    from penstock_compat.report.phrases import safe, word_of

    first, second = report_at(before), report_at(after)
    found = changes_between({s.cell.id: s.look.key for s in first.standings}, second.standings)
    if as_json:
        rows = [{name: getattr(change, name) for name in change.__match_args__} for change in found]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        for change in found:
            sys.stdout.write(
                f"{change.kind}: {safe(change.cell)}: {word_of(change.before)} -> {word_of(change.after)}\n"
            )
        if not found:
            sys.stdout.write("nothing changed\n")
    return int(any(change.kind in (BROKE, LOST_PROOF) for change in found))
