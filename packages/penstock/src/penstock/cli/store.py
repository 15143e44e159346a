"""`penstock store`: look after stores.

Takes:   a place.
Gives:   the commands.
Ignores: what stands in records (`records`, `dlq`).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.options import as_json as json_option
from penstock.cli.tables import json_text, table
from penstock_findings import PenstockError

if TYPE_CHECKING:
    from penstock._certify.grade import Card

_KINDS = ("sqlite", "memory")
_GRADES = ("none", "process", "power")


@click.group()
def store() -> None:
    """Look after the stores that hold what runs have committed."""


@store.command()
@click.argument("where", metavar="[DIRECTORY|sqlite|memory]", default="sqlite")
@click.option(
    "--states", type=click.IntRange(1), default=2000, show_default=True, help="States after power cuts, at each level."
)
@click.option("--kills", type=click.IntRange(1), default=200, show_default=True, help="Processes to kill.")
@click.option("--seed", type=int, default=0, show_default=True, help="What cuts and kills are drawn from.")
@click.option(
    "--at-least", type=click.Choice(_GRADES), default="power", show_default=True, help="Exit with 1 below this grade."
)
@json_option
def certify(where: str, states: int, kills: int, seed: int, at_least: str, as_json: bool) -> None:
    """Try a store until something is lost, and print the grade that it has earned.

    \b
    penstock store certify                       in a temporary directory
    penstock store certify /var/lib/penstock     on the disk where stores will be
    penstock store certify --states 20000 --kills 2000

    A graph with three durable channels runs while every write and sync of its store is recorded. From that record, states
    are made that a power cut could have left: syncs hold, anything else is there in part, in any order, torn, or not at
    all. Each is opened and compared with what had been acknowledged by then. Then processes are killed, again and again.

    \b
    power     nothing that was acknowledged at `ack: power` was lost, and nothing was torn, doubled or broken
    process   the same, for killed processes; power cuts took acknowledged commits away
    none      less than that

    Whether the disk itself keeps what it says it has kept cannot be seen from here. Exit code 1: the grade is below
    `--at-least`. Exit code 3: power cuts cannot be played here.
    """
    directory = Path(tempfile.gettempdir() if where in _KINDS else where)
    kind = where if where in _KINDS else "sqlite"
    if not directory.is_dir():
        raise NoPlace(f"there is no directory `{where}`", hint=f"name one, or a kind of store: {', '.join(_KINDS)}")
    try:
        from penstock._certify.grade import certify as tried
    except ImportError as error:
        raise CannotCertify(
            f"power cuts cannot be played here: {error}", hint="install the extra: `pip install 'penstock[certify]'`"
        ) from error
    with tempfile.TemporaryDirectory(prefix="penstock-certify-", dir=directory) as here:
        total = (0 if kind == "memory" else 2 * states) + kills
        with _progress(total) as step:
            card = tried(Path(here), kind, states=states, kills=kills, seed=seed, progress=step)
    click.echo(json_text(card.as_json()) if as_json else _text(card), nl=False)
    if _GRADES.index(card.grade) < _GRADES.index(at_least):
        click.get_current_context().exit(1)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """A bar for people, nothing for anybody else."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    bar: Any = click.progressbar(length=total, label="trying", file=sys.stderr)
    with bar:
        yield lambda: bar.update(1)


def _text(card: Card) -> str:
    rows = []
    for name, trial in card.trials.items():
        wrong = ", ".join(f"{n} {kind}" for kind, n in sorted(trial.wrong.items())) or "nothing"
        rows.append([name, f"{trial.tried:,}", f"{trial.resumed:,}" if trial.resumed else "-", wrong])
    firsts = [
        f"first {kind} of {name}: {what}"
        for name, trial in card.trials.items()
        for kind, what in sorted(trial.first.items())
    ]
    lines = table(["crashes", "tried", "run to the end", "wrong"], rows, numbers=("tried", "run to the end"))
    return "\n".join([lines + f"\ngrade: {card.grade}", *firsts]) + "\n"


class NoPlace(PenstockError):
    """What was named is no directory, and no kind of store."""

    code = "S110"
    exit_code = 2


class CannotCertify(PenstockError):
    """Something that certification needs is not installed."""

    code = "S111"
    exit_code = 3
