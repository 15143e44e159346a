"""`penstock simulate`: run a graph with virtual time, and with things that go wrong on schedule.

Takes:   a graph file and flags.
Gives:   the command.
Ignores: what a fault does (`_simulation/`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from penstock._plugins.discovery import discover
from penstock._simulation.faults import Extent, Fault, Schedule, counted, drawn, parsed, read, written
from penstock._simulation.play import EXPECTATIONS, Outcome, disappointments, play
from penstock._simulation.shrink import shortest
from penstock.cli.binding import set_of
from penstock.cli.files import look_ahead, write_whole
from penstock.cli.options import wished
from penstock.cli.starting import builder, graph_of, json_option, loaded, secret_schemes, set_option
from penstock.cli.telling import tell
from penstock.cli.wishes import Wishes
from penstock_findings import PenstockError

if TYPE_CHECKING:
    from penstock.cli.assembly import Assembled

_ALWAYS = ("conserved", "finished")
Play = Callable[..., Outcome]


class Disappointed(PenstockError):
    """Something that was expected of a graph did not come true under a schedule of faults."""

    code = "R403"
    exit_code = 1


@click.command()
@click.argument("graph", type=click.Path(dir_okay=False))
@click.option(
    "--seed", type=int, default=0, show_default=True, help="The same seed gives the same history, byte for byte."
)
@click.option(
    "--faults",
    metavar="N|SCHEDULE",
    help="Let so many things go wrong, drawn from the seed; or these: `raise:NODE@3; crash-inside@7`.",
)
@click.option(
    "--tries",
    type=click.IntRange(1, 1_000_000_000),
    default=1,
    show_default=True,
    help="Go on with the seeds that follow, until one disappoints.",
)
@click.option(
    "--expect",
    multiple=True,
    type=click.Choice(tuple(EXPECTATIONS)),
    help="What must come true, beside `conserved` and `finished`; may be repeated.",
)
@click.option(
    "--save",
    type=click.Path(dir_okay=False),
    help="Where a schedule that disappoints is written. Default: GRAPH-NAME.faults.json.",
)
@click.option("--replay", type=click.Path(dir_okay=False), help="Play the schedule in this file again.")
@click.option(
    "--real-sinks",
    is_flag=True,
    help="Let sinks do what they do also while things go wrong, and in each of several tries; otherwise nothing leaves the process then.",
)
@set_option
@wished
@click.option(
    "--history", "history_file", type=click.Path(dir_okay=False), help="Write the history as JSON to this file."
)
@json_option
def simulate(
    graph: str,
    seed: int,
    faults: str | None,
    tries: int,
    expect: tuple[str, ...],
    save: str | None,
    replay: str | None,
    real_sinks: bool,
    overrides: tuple[str, ...],
    history_file: str | None,
    as_json: bool,
    wishes: Wishes,
) -> None:
    """Run a graph in memory with virtual time and an order drawn from a seed; let things go wrong, if asked to.

    \b
    penstock simulate site.graph.yaml --seed 7
    penstock simulate site.graph.yaml --faults 5 --tries 100 --expect no-dead
    penstock simulate site.graph.yaml --faults "raise:uplink@3; crash-inside@7"
    penstock simulate site.graph.yaml --replay site.faults.json

    Sleeping costs nothing. Nodes are the real ones: what they do to the outside world they do here too. While things go
    wrong, and with `--tries`, sinks take everything and pass nothing on, unless `--real-sinks` is given.

    At a commit a fault is `crash-before`, `crash-inside`, `crash-after`, `refuse`, `lose` (the leases) or `jump` (the
    clock); at a call of a node it is `raise` or `slow`. When something that was expected does not come true, the shortest
    schedule that shows it is looked for, told, and saved to be replayed; the exit code is 1.
    """
    if replay and (faults or tries > 1):
        raise click.UsageError("--replay brings its own faults: leave --faults and --tries out")
    if save and not save.lower().endswith(".json") and not (os.path.exists(save) and not os.path.isfile(save)):
        raise click.UsageError(f"`--save {save}` could not be replayed: name it {save}.json")
    how_many = counted(faults or "")
    for path in (save, history_file):
        look_ahead(path)
    catalog = discover()
    made = loaded(graph, catalog, overrides, wishes)
    whole = graph_of(made)
    nodes = sorted(use.id for use in whole.nodes.values() if use.type.role != "source")
    expected = (*_ALWAYS, *(name for name in expect if name not in _ALWAYS))
    again: Play = partial(
        play, whole, builder(catalog, whole), policies=set_of(made, catalog), environment=os.environ,
        secret_schemes=secret_schemes(catalog, whole), real_sinks=real_sinks or not (faults or replay or tries > 1),
    )  # fmt: skip  # what is played in one line, with what in another
    known: Schedule | None = None
    chosen: tuple[Fault, ...] = ()
    extent = Extent()
    if replay:
        known = read(replay, nodes, tuple(EXPECTATIONS))
        if known.graph and known.graph != whole.digest:
            click.echo(f"the schedule was found with another version of the graph: {known.graph[:12]}", err=True)
        known = replace(known, expect=tuple(dict.fromkeys((*(known.expect or _ALWAYS), *expect))))
        seed = known.seed
    elif how_many is None:
        chosen = parsed(faults or "", nodes)
    else:
        extent = again(Schedule(seed), real_sinks=False).extent

    def schedule_of(n: int) -> Schedule:
        drawn_or_chosen = chosen if how_many is None else drawn(n, how_many, extent)
        return known or Schedule(n, drawn_or_chosen, expected, whole.digest)

    schedule, outcome = Schedule(seed), None
    for n in _shown(range(seed, seed + tries)):
        schedule = schedule_of(n)
        outcome = again(schedule)
        if disappointments(outcome, schedule.expect):
            outcome = _told(schedule, again, None if replay else save or f"{whole.name}.faults.json")
            break
    assert outcome is not None  # there is at least one try
    _write_out(outcome, history_file, as_json, made)
    wrong = disappointments(outcome, schedule.expect)
    if wrong:
        raise Disappointed("; ".join(wrong), hint="see the schedule above")
    if tries > 1:
        click.echo(f"{tries} seeds, {seed} to {n}, and none has disappointed; this was the last one", err=True)


def _shown(seeds: range) -> Iterator[int]:
    """One after the other, with a bar for people when they are many."""
    if len(seeds) == 1 or not sys.stderr.isatty():
        yield from seeds
        return
    with click.progressbar(seeds, label="trying", file=sys.stderr) as bar:
        yield from bar


def _told(schedule: Schedule, again: Play, save: str | None) -> Outcome:
    """Look for the shortest schedule, tell and save it; what comes of it."""
    if save is not None:
        schedule = shortest(schedule, lambda one: bool(disappointments(again(one), one.expect)))
        write_whole(save, [written(schedule).encode()])
    click.echo(f"seed {schedule.seed}: {schedule}", err=True)
    if save is not None:
        click.echo(f"saved to {save}; see it again with `--replay {save}`", err=True)
    return again(schedule)


def _write_out(outcome: Outcome, history_file: str | None, as_json: bool, made: Assembled) -> None:
    if history_file:
        write_whole(history_file, [outcome.history])
    if outcome.report is not None:
        tell(outcome.report, as_json, made, keeps=False)
        if outcome.lives > 1 and not as_json:
            click.echo(f"{outcome.lives} processes, one after the other")
