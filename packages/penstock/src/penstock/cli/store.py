"""`penstock store`: look after stores.

Takes:   a place.
Gives:   the commands.
Ignores: what stands in records (`records`, `dlq`).
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from penstock._engine.clock import time_text
from penstock.cli.files import look_ahead, write_whole
from penstock.cli.options import as_json as json_option
from penstock.cli.options import print_report, report_format
from penstock.cli.stores import opened_file
from penstock.cli.tables import facts, json_text, table
from penstock_findings import PenstockError, Report
from penstock_findings.spelling import hint_for

if TYPE_CHECKING:
    from penstock._certify.grade import Card

_KINDS = ("sqlite", "memory")
_GRADES = ("none", "process", "power")


@click.group()
def store() -> None:
    """Look after the stores that hold what runs have committed."""


_directory = click.argument("directory", required=False, type=click.Path(file_okay=False))


@store.command("stats")
@_directory
@json_option
def show_stats(directory: str | None, as_json: bool) -> None:
    """Show how full a store is: sizes, channels and their groups, what waits, what is remembered.

    \b
    penstock store stats
    penstock store stats .penstock/site --json

    Runs may be at work meanwhile. DIRECTORY is the only one below .penstock/ unless named.
    """
    from penstock._tending.stats import stats

    with opened_file(directory) as kept:
        found = stats(kept)
    if as_json:
        click.echo(json_text(found), nl=False)
        return
    sizes = found["bytes"]
    click.echo(
        facts(
            [
                ("graph", found["graph"]),
                ("format", str(found["format"])),
                (
                    "file",
                    f"{_bytes(sizes['file'])}, {_bytes(sizes['free'])} of it free, and {_bytes(sizes['log'])} of log",
                ),
                ("at work", ", ".join(found["at_work"]) or "nobody"),
                ("history", f"{found['history']:,} steps of {found['runs']:,} runs"),
                ("parked", ", ".join(f"{n:,} at {subject}" for subject, n in sorted(found["parked"].items()))),
                ("dead", f"{found['dead']:,}" if found["dead"] else ""),
                ("state", ", ".join(f"{n:,} keys of {node}" for node, n in sorted(found["state"].items()))),
                ("timers", f"{found['timers']:,}" if found["timers"] else ""),
                ("dedup", f"{found['dedup']:,} keys" if found["dedup"] else ""),
            ]
        ),
        nl=False,
    )
    rows = [
        [
            name,
            f"{of['appended']:,}",
            f"{of['kept']:,}",
            group,
            f"{g['waiting']:,}",
            f"{g['leased']:,}",
            time_text(g["oldest"]) or "-",
        ]
        for name, of in found["channels"].items()
        for group, g in (of["groups"] or {"-": {"waiting": 0, "leased": 0, "oldest": None}}).items()
    ]
    if rows:
        head = ["channel", "appended", "kept", "group", "waiting", "leased", "oldest waiting"]
        click.echo("\n" + table(head, rows, numbers=("appended", "kept", "waiting", "leased")), nl=False)


@store.command("verify")
@_directory
@report_format
def check_store(directory: str | None, fmt: str) -> None:
    """Look at everything in a store, and tell what is not as it must be.

    \b
    penstock store verify
    penstock store verify /var/lib/site --format json

    The file itself, every block of every channel, cursors and leases, rows that wait, and whether the counts add up.
    Exit code 1 when something is wrong.
    """
    from penstock._tending.verify import verify

    with opened_file(directory) as kept:
        (blocks,) = kept.db.execute("SELECT count(*) FROM blocks").fetchone()
        with _progress(blocks, "reading") as step:
            report = Report("penstock", findings=verify(kept, step))
    if not report.findings and fmt == "text":
        click.echo("nothing is wrong")
    click.get_current_context().exit(print_report(report, fmt))


@store.command("compact")
@_directory
@click.option(
    "--history", default="7d", show_default=True, metavar="DURATION", help="Keep the history of steps for so long."
)
@json_option
def make_smaller(directory: str | None, history: str, as_json: bool) -> None:
    """Let go what retention allows, and give free space back to the disk.

    \b
    penstock store compact
    penstock store compact /var/lib/site --history 1d

    Runs may be at work meanwhile: each step is small, and nothing that is not settled is touched. A store from before
    version 0.1 was finished is written anew once, which waits for others and needs as much room again.
    """
    import time

    from penstock._tending.compact import compact
    from penstock.graph.grammar import seconds as seconds_of

    seconds = seconds_of(history)
    if seconds is None:
        raise click.BadParameter(f"`{history}` is no duration; write 500ms, 2s, 5m, 1h or 7d", param_hint="--history")
    done: Counter[str] = Counter()
    with opened_file(directory) as kept:
        before = stats_bytes(kept.path)
        for what, much in compact(kept, time.time(), seconds):
            done[what] += much
        path = kept.path
    after = stats_bytes(path)
    if as_json:
        click.echo(
            json_text({"rows": done["rows"], "pages": done["pages"], "bytes_before": before, "bytes_after": after}),
            nl=False,
        )
    else:
        click.echo(f"{done['rows']:,} records and steps let go; {_bytes(before)} before, {_bytes(after)} now")


@store.command("export")
@_directory
@click.option("--to", "target", type=click.Path(dir_okay=False), help="The file to write. Default: standard output.")
def carry_out(directory: str | None, target: str | None) -> None:
    """Write a store as text, one JSON object a line, as of one moment.

    \b
    penstock store export --to site.store.jsonl
    penstock store export .penstock/site | zstd > site.store.jsonl.zst

    Everything goes along: records with their offsets and ids, what waits, state, history, counts. What somebody holds is
    given back, as after a kill.
    """
    from penstock._tending.carry import lines

    look_ahead(target)
    with opened_file(directory) as kept:
        if target is None:
            for line in lines(kept):
                click.echo(line, nl=False)
            return
        write_whole(target, (line.encode("utf-8", "surrogatepass") for line in lines(kept)))


@store.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.argument("directory", type=click.Path(file_okay=False))
@json_option
def carry_in(file: Any, directory: str, as_json: bool) -> None:
    """Make a store of what `export` wrote, in a new or empty directory.

    \b
    penstock store import site.store.jsonl /var/lib/site
    zstd -dc site.store.jsonl.zst | penstock store import - /var/lib/site

    The text is checked as a whole, and the store that it makes is verified, before anything is there. Exit code 1 when
    something is wrong with it: everything that is, with its line.
    """
    from penstock._tending.carry import carried_in

    rows = carried_in(file, directory, None if file.name == "<stdin>" else file.name)
    if as_json:
        click.echo(json_text({"directory": directory, "rows": rows}), nl=False)
    else:
        click.echo(f"{rows:,} rows in {directory}")


def stats_bytes(path: str) -> int:
    """Bytes of a store's files."""
    return sum(os.path.getsize(path + end) for end in ("", "-wal") if os.path.exists(path + end))


def _bytes(n: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if n < 1024:
            return f"{n:.0f} {unit}" if unit == "B" else f"{n:.1f} {unit}"
        n /= 1024
    return f"{n:.1f} GiB"


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
    import tempfile
    from pathlib import Path

    directory = Path(tempfile.gettempdir() if where in _KINDS else where)
    kind = where if where in _KINDS else "sqlite"
    if not directory.is_dir():
        near = hint_for(where, _KINDS)
        hint = f"{near}, or name a directory" if near else f"name one, or a kind of store: {', '.join(_KINDS)}"
        raise NoPlace(f"there is no directory `{where}`", hint=hint)
    try:
        from penstock._certify.grade import certify as tried
    except ImportError as error:
        raise CannotCertify(
            f"power cuts cannot be played here: {error}", hint="install the extra: `pip install 'penstock[certify]'`"
        ) from error
    try:
        with tempfile.TemporaryDirectory(prefix="penstock-certify-", dir=directory) as here:
            total = (0 if kind == "memory" else 2 * states) + kills
            with _progress(total, "trying") as step:
                card = tried(Path(here), kind, states=states, kills=kills, seed=seed, progress=step)
    except BrokenPipeError:
        raise
    except OSError as error:  # of the directory: what a store raises of its own is no `OSError`
        why = (error.strerror or str(error)).lower()
        hint = "name one that you may write to, with room for some stores"
        raise NoPlace(f"cannot work in the directory `{directory}`: {why}", hint=hint) from error
    click.echo(json_text(card.as_json()) if as_json else _text(card), nl=False)
    if _GRADES.index(card.grade) < _GRADES.index(at_least):
        click.get_current_context().exit(1)


@contextmanager
def _progress(total: int, label: str) -> Iterator[Callable[[], None]]:
    """A bar for people, nothing for anybody else."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    bar: Any = click.progressbar(length=total, label=label, file=sys.stderr)
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
