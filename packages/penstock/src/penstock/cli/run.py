"""`penstock run`: run a graph file on a store, show how it goes, sum up.

Takes:   a graph file and flags.
Gives:   the command.
Ignores: what running means (`running.py`).
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from penstock import failpoints
from penstock._plugins.discovery import Catalog, discover
from penstock._plugins.hooks import Hooks
from penstock._store.facts import Order
from penstock.cli.applying import STARTED, order_on, started_with
from penstock.cli.binding import Binder, set_of
from penstock.cli.evidence import Required, evidenced, require
from penstock.cli.options import wished
from penstock.cli.starting import builder, graph_of, json_option, loaded, secret_schemes, set_option
from penstock.cli.stores import HOME, beside
from penstock.cli.stores import made as made_store
from penstock.cli.telling import tell
from penstock.cli.watching import Watching, watched
from penstock.cli.wishes import Wishes
from penstock.graph.model import Graph
from penstock.policies.orders import paths_of
from penstock.running import run as run_graph
from penstock_findings import Report, reporters

if TYPE_CHECKING:
    from penstock._engine.driver import Driver

_TICK = 0.25  # seconds between updates of the progress line


@click.command()
@click.argument("graph", type=click.Path(dir_okay=False))
@click.option(
    "--store",
    "directory",
    metavar="DIR",
    help="Where records are kept: a directory, `memory`, or what the channel kind of a pack takes. Default: .penstock/GRAPH-NAME.",
)
@click.option("--until-idle", is_flag=True, help="Stop when every source has ended and nothing is left to do.")
@set_option
@wished
@evidenced
@click.option(
    "--progress/--no-progress", default=None, help="Show a live line on standard error. Default: on a terminal."
)
@watched
@json_option
def run(
    graph: str,
    directory: str | None,
    until_idle: bool,
    overrides: tuple[str, ...],
    progress: bool | None,
    as_json: bool,
    wishes: Wishes,
    required: Required,
    watching: Watching,
) -> None:
    """Run a graph. What was begun before, and not finished, goes on where it stopped.

    \b
    penstock run site.graph.yaml --until-idle
    penstock run site.graph.yaml --store /var/lib/site --set uplink.url=http://127.0.0.1:8080/events
    penstock run site.graph.yaml --profile edge_low_power --policy night.policy.yaml

    Policies that were applied to the store hold again, unless --policy names others.

    SIGTERM or Ctrl-C ends it well: what was begun becomes durable.  A second one ends it at once; nothing is lost
    by that either.  Exit code 0 when it ended as asked, also with dead letters: `penstock dlq list` shows those.
    """
    _arm_failpoints()
    catalog = discover()
    made = loaded(graph, catalog, overrides, wishes)
    require(required, made, catalog)
    whole = graph_of(made)
    policies = set_of(made, catalog)
    binder = Binder(made, catalog, wishes)
    place = directory or os.path.join(HOME, whole.name)
    kind = "memory" if place == "memory" else whole.store_kind
    order = None if kind == "memory" else order_on(beside(kind, place))
    if order is not None and not wishes.policies:
        _say_again(order)
        binder.answer(order)  # tells what is wrong with it now, and not in the history of a run without policies
    store = made_store(kind, place, whole.settings.ack, catalog)
    observers = _observers(catalog, whole)
    live = _Progress() if progress or (progress is None and sys.stderr.isatty() and not as_json) else None
    started = started_with(graph, wishes, overrides, made)

    drivers: list[Driver] = []  # the one, once it has begun
    began = time.monotonic()

    with watching.while_running(whole.name) as watch:

        def on_start(driver: Driver) -> None:
            drivers.append(driver)
            driver.store.note(driver.run_id, STARTED, started, driver.clock.now())
            for one in (live, watch):
                if one:
                    one.start(driver)

        try:
            report = run_graph(
                whole,
                builder(catalog, whole),
                store,
                until_idle=until_idle,
                policies=policies,
                on_order=binder.answer,
                orders_after=order.id if order is not None and wishes.policies else 0,
                observers=observers,
                secret_schemes=secret_schemes(catalog, whole),
                on_start=on_start,
            )
        except Exception:
            for driver in drivers:
                watching.write_failed(driver, time.monotonic() - began)
            raise
        finally:
            for one in (live, watch):
                if one:
                    one.end()
            store.close()
        try:  # before a collector is waited for that may hang
            watching.write(report)
        finally:
            tell(report, as_json, made)


def _arm_failpoints() -> None:
    """Let go wrong what a test wants to go wrong, and say so: nobody should meet it by accident."""
    if words := os.environ.get(failpoints.VARIABLE, "").strip():
        failpoints.arm(words)
        click.echo(f"failpoints are armed: {words}", err=True)


def _say_again(order: Order) -> None:
    """Tell that what was applied before holds again; nobody should have to find that out from the history."""
    files = ", ".join(paths_of(order.body))
    if files:
        click.echo(
            f"going on with the policies of {files}, applied by {order.who}; --policy replaces them, "
            "`penstock policies apply --none` takes them away",
            err=True,
        )


def _observers(catalog: Catalog, graph: Graph) -> list[Any]:
    """What the packs offer to watch this run; a pack that cannot is told and left out."""
    hooks = Hooks(catalog)
    if not hooks.offering("penstock_run_observers"):
        return []
    answers = hooks.ask("penstock_run_observers", graph=graph)
    if answers.findings:
        reporters.write(Report("penstock", findings=answers.findings), "text", sys.stderr)
    return [observer for _, offered in answers.values for observer in offered]


class _Progress:
    """One line on standard error, rewritten a few times a second: records/s, backlog, in flight, dead."""

    def __init__(self) -> None:
        self._driver: Driver | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._seen = 0
        self._at = time.monotonic()
        self._rate = 0.0

    def start(self, driver: Driver) -> None:
        """Begin to watch a run."""
        self._driver = driver
        self._tick()

    def _tick(self) -> None:
        driver = self._driver
        if driver is None:
            return
        total = sum(
            n for (subject, measure, _), n in driver.counts.items() if measure == "in" and subject in driver.places
        )
        now = time.monotonic()
        if now > self._at:
            self._rate = 0.6 * self._rate + 0.4 * (total - self._seen) / (now - self._at)
        self._seen, self._at = total, now
        dead = sum(
            n for (subject, measure, _), n in driver.counts.items() if measure == "dead" and subject in driver.places
        )
        backlog = sum(driver.depth().values())
        waiting = driver.store.parked()
        line = f"{self._rate:>9,.0f} records/s   backlog {backlog:,}   waiting {waiting:,}   in flight {driver.active} batches   dead {dead:,}"
        self._handle = asyncio.get_running_loop().call_later(_TICK, self._tick)
        self._write(line)

    def end(self) -> None:
        """Take the line away."""
        if self._handle is not None:
            self._handle.cancel()
            self._write("")
        self._driver = None

    def _write(self, line: str) -> None:
        """In place of the line before; when nobody reads it any more, that is no reason to end the run."""
        try:
            click.echo(f"\r\x1b[2K{line}", nl=False, err=True)
        except OSError:
            self._driver = None
