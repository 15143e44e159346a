"""`penstock records`: where a record has been.

Takes:   a record id and a store.
Gives:   the commands.
Ignores: how the store remembers (`history.py`).
"""

from __future__ import annotations

import json

import click

from penstock import history
from penstock.cli.stores import opened, store_option
from penstock.cli.tables import table
from penstock_findings import PenstockError


@click.group()
def records() -> None:
    """Follow single records through a graph."""


@records.command()
@click.argument("id")
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print the trace as JSON.")
def show(id: str, directory: str | None, as_json: bool) -> None:
    """Show where a record, and all that came from the same admitted record, has been.

    \b
    penstock records show 5c0f3b1b3f6cbb0a7a1f0a9e8c7d6e5f

    Ids stand in dead letters (`penstock dlq list`) and in logs; their first digits are enough where only one begins so.
    """
    with opened(directory) as store:
        ids = history.complete(store, id.lower())
        if len(ids) > 1:
            raise UnknownRecord(
                f"{len(ids)} records begin with `{id}`", hint=f"write more digits: {', '.join(ids[:3])} ..."
            )
        trace = history.trace(store, ids[0] if ids else id)
    if not trace.known:
        raise UnknownRecord(
            f"the store knows no record `{id}`", hint="retention may have let it go, or the id belongs to another store"
        )
    if as_json:
        click.echo(json.dumps(trace.as_json(), indent=2, sort_keys=True))
        return
    click.echo(f"record {trace.id}" + (f", from {trace.correlation}" if trace.correlation != trace.id else ""))
    if trace.payload is not None:
        click.echo(json.dumps(trace.payload, ensure_ascii=False)[:500])
    rows = [[history.time_text(stop.time) or "-", stop.record[:8], stop.where, stop.what] for stop in trace.stops]
    click.echo("\n" + table(["time", "record", "where", "what"], rows), nl=False)


class UnknownRecord(PenstockError):
    """Nobody has heard of this record."""

    code = "R301"
    exit_code = 3
