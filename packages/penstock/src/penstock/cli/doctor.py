"""The command `penstock doctor`.

Takes:   the folder in which stores would be.
Gives:   what is good and what is not about this machine, and what to do.
Ignores: how it is found out (`examination`).
"""

from __future__ import annotations

import sys

import click

from penstock.cli.examination import BAD, examine
from penstock.cli.options import as_json
from penstock.cli.tables import json_text, table


@click.command()
@click.option(
    "--store", type=click.Path(), default=".penstock", show_default=True, help="Folder whose disk is to be looked at."
)
@as_json
def doctor(store: str, as_json: bool) -> int:
    """See whether Penstock works well on this machine: Python, SQLite, how fast the disk syncs, clock, configuration, packs.

    Exit code 1 when something is bad.

    \b
    Example:
      penstock doctor
      penstock doctor --store /var/lib/penstock --json
    """
    signs = examine(store)
    if as_json:
        known = [{"name": s.name, "state": s.state, "what": s.what, "advice": s.advice or None} for s in signs]
        sys.stdout.write(json_text(known))
    else:
        rows = [(s.name, s.state, s.what + (f" ({s.advice})" if s.advice else "")) for s in signs]
        sys.stdout.write(table(("what", "is", "because"), rows))
    return int(any(sign.state == BAD for sign in signs))
