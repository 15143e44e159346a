"""`penstock dlq`: look at what was given up. Reading only.

Takes:   a store.
Gives:   the commands.
Ignores: giving records back to the graph, which is an operator's tool of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import click

from penstock import history
from penstock._engine.partitions import logical
from penstock._store.facts import DeadLetter
from penstock._store.interface import Store
from penstock.cli.files import look_ahead, write_whole
from penstock.cli.stores import opened, store_option
from penstock.cli.tables import table
from penstock_findings import PenstockError

_node = click.option("--node", help="Only those of this node.")
_reason = click.option("--reason", help="Only those given up for this reason.")


@click.group()
def dlq() -> None:
    """Look at dead letters: records that were given up, with their bytes, attempts and causes."""


@dlq.command("list")
@store_option
@_node
@_reason
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Show at most so many, the newest."
)
@click.option("--json", "as_json", is_flag=True, help="Print all of them as one JSON object.")
def list_letters(directory: str | None, node: str | None, reason: str | None, limit: int, as_json: bool) -> None:
    """List dead letters, newest last.

    \b
    penstock dlq list --node uplink --reason permanent
    """
    with opened(directory) as store:
        letters = list(_wanted(store, node, reason))
    if as_json:
        click.echo(
            json.dumps({"dead_letters": [history.letter_json(letter) for letter in letters]}, indent=2, sort_keys=True)
        )
        return
    if not letters:
        click.echo("no dead letters")
        return
    shown = letters[-limit:]
    rows = [
        [
            str(d.id),
            history.time_text(d.time) or "",
            d.node,
            d.reason,
            str(d.attempts),
            d.record_id[:8],
            _short(d.causes[-1]),
        ]
        for d in shown
    ]
    click.echo(table(["id", "time", "node", "reason", "attempts", "record", "last cause"], rows), nl=False)
    if len(shown) < len(letters):
        click.echo(f"the newest {len(shown)} of {len(letters)}; `--limit` shows more")


@dlq.command()
@click.argument("id", type=int)
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(id: int, directory: str | None, as_json: bool) -> None:
    """Show one dead letter: what it was, every attempt, every cause.

    \b
    penstock dlq show 17
    """
    with opened(directory) as store:
        letter = next((letter for letter in store.dead_letters() if letter.id == id), None)
    if letter is None:
        raise UnknownLetter(f"there is no dead letter {id}", hint="see `penstock dlq list`")
    facts = history.letter_json(letter)
    if as_json:
        click.echo(json.dumps(facts, indent=2, sort_keys=True))
        return
    for name in ("id", "time", "node", "link", "record", "correlation", "reason", "class", "attempts"):
        click.echo(f"{name + ':':<13}{facts[name]}")
    for number, cause in enumerate(letter.causes, start=1):
        click.echo(f"attempt {number}:   {cause}")
    click.echo("\n" + _body(letter, facts))


@dlq.command()
@store_option
@_node
@_reason
@click.option("--output", type=click.Path(dir_okay=False), help="Write to this file. Default: standard output.")
def export(directory: str | None, node: str | None, reason: str | None, output: str | None) -> None:
    """Write dead letters as JSON lines: records as they were, undecodable bytes in base64.

    \b
    penstock dlq export --reason contract --output refused.jsonl
    """
    look_ahead(output)
    with opened(directory) as store:
        lines = [
            json.dumps(history.letter_json(letter), sort_keys=True) + "\n" for letter in _wanted(store, node, reason)
        ]
    if output is None:
        sys.stdout.writelines(lines)
        return
    write_whole(output, [line.encode() for line in lines])
    click.echo(f"{len(lines)} dead letters in {output}", err=True)


def _wanted(store: Store, node: str | None, reason: str | None) -> Iterator[DeadLetter]:
    for letter in store.dead_letters():
        if node in (None, letter.node, logical(letter.node)) and reason in (None, letter.reason):
            yield letter


def _short(text: str) -> str:
    first = text.splitlines()[0] if text else ""
    return first if len(first) <= 80 else first[:77] + "..."


def _body(letter: DeadLetter, facts: dict[str, Any]) -> str:
    if facts["encoding"] == "record":
        return json.dumps(facts["payload"], indent=2, ensure_ascii=False)
    return f"{len(letter.body)} bytes: {letter.body[:2000]!r}"


class UnknownLetter(PenstockError):
    """There is no such dead letter."""

    code = "R302"
    exit_code = 3
