"""`penstock run` and `penstock simulate`: run a graph file on a store, show how it goes, sum up.

Takes:   a graph file and flags.
Gives:   the commands.
Ignores: what running means (`running.py`).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from penstock import failpoints
from penstock._engine.report import NodeReport, RunReport
from penstock._engine.secrets import OWN
from penstock._plugins.discovery import Catalog, discover
from penstock._plugins.hooks import Hooks
from penstock._store.facts import Order
from penstock._store.interface import Store
from penstock._store.memory import MemoryStore
from penstock._store.sqlite import SqliteStore
from penstock.cli.applying import STARTED, order_on, started_with
from penstock.cli.assembly import Assembled, assemble
from penstock.cli.binding import Binder, set_of
from penstock.cli.checking import exit_code_of, of_packs
from penstock.cli.evidence import Required, evidenced, require
from penstock.cli.options import wished
from penstock.cli.stores import HOME
from penstock.cli.tables import table
from penstock.cli.wishes import Wishes
from penstock.graph.model import Graph, NodeUse
from penstock.manifest.build import build_node
from penstock.policies.orders import paths_of
from penstock.running import run as run_graph
from penstock.running import simulate as simulate_graph
from penstock_findings import PenstockError, Report, reporters

if TYPE_CHECKING:
    from penstock._engine.driver import Driver

_TICK = 0.25  # seconds between updates of the progress line
_set = click.option(
    "--set", "overrides", multiple=True, metavar="NODE.FIELD=VALUE", help="Override one config value; may be repeated."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on standard output.")


@click.command()
@click.argument("graph", type=click.Path(dir_okay=False))
@click.option(
    "--store",
    "directory",
    metavar="DIR",
    help="Where records are kept: a directory, or `memory`. Default: .penstock/GRAPH-NAME.",
)
@click.option("--until-idle", is_flag=True, help="Stop when every source has ended and nothing is left to do.")
@_set
@wished
@evidenced
@click.option(
    "--progress/--no-progress", default=None, help="Show a live line on standard error. Default: on a terminal."
)
@_json
def run(
    graph: str,
    directory: str | None,
    until_idle: bool,
    overrides: tuple[str, ...],
    progress: bool | None,
    as_json: bool,
    wishes: Wishes,
    required: Required,
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
    made = _load(graph, catalog, overrides, wishes)
    require(required, made, catalog)
    loaded = _graph_of(made)
    policies = set_of(made, catalog)
    binder = Binder(made, catalog, wishes)
    place = directory or os.path.join(HOME, loaded.name)
    order = order_on(place)
    if order is not None and not wishes.policies:
        _say_again(order)
        binder.answer(order)  # tells what is wrong with it now, and not in the history of a run without policies
    store = _store(loaded, place)
    observers = _observers(catalog, loaded)
    live = _Progress() if progress or (progress is None and sys.stderr.isatty() and not as_json) else None
    started = started_with(graph, wishes, overrides, made)

    def on_start(driver: Driver) -> None:
        driver.store.note(driver.run_id, STARTED, started, driver.clock.now())
        if live:
            live.start(driver)

    try:
        report = run_graph(
            loaded,
            _builder(catalog),
            store,
            until_idle=until_idle,
            policies=policies,
            on_order=binder.answer,
            orders_after=order.id if order is not None and wishes.policies else 0,
            observers=observers,
            secret_schemes=secret_schemes(catalog, loaded),
            on_start=on_start,
        )
    finally:
        if live:
            live.end()
        store.close()
    _tell(report, as_json, made)


@click.command()
@click.argument("graph", type=click.Path(dir_okay=False))
@click.option(
    "--seed", type=int, default=0, show_default=True, help="The same seed gives the same history, byte for byte."
)
@_set
@wished
@click.option(
    "--history", "history_file", type=click.Path(dir_okay=False), help="Write the history as JSON to this file."
)
@_json
def simulate(
    graph: str, seed: int, overrides: tuple[str, ...], history_file: str | None, as_json: bool, wishes: Wishes
) -> None:
    """Run a graph in memory with virtual time and an order drawn from a seed.

    \b
    penstock simulate site.graph.yaml --seed 7
    penstock simulate site.graph.yaml --policy night.policy.yaml

    Sleeping costs nothing. Nodes are the real ones: what they do to the outside world they do here too.
    """
    catalog = discover()
    made = _load(graph, catalog, overrides, wishes)
    policies = set_of(made, catalog)
    loaded = _graph_of(made)
    schemes = secret_schemes(catalog, loaded)
    done = simulate_graph(
        loaded, _builder(catalog), seed, policies=policies, environment=os.environ, secret_schemes=schemes
    )
    if history_file:
        with open(history_file, "wb") as file:
            file.write(done.history)
    _tell(done.report, as_json, made)


def _load(path: str, catalog: Catalog, overrides: tuple[str, ...], wishes: Wishes) -> Assembled:
    """The checked graph with its profile and policies; ends the program with the report when there are errors."""
    made = assemble(path, catalog, wishes, overrides=overrides)
    report = made.report
    if made.graph is not None:
        report += Report(report.tool, of_packs(made.graph, catalog))
    if report.findings:
        reporters.write(report, "text", sys.stderr)
    if made.graph is None or report.exit_code():
        raise SystemExit(exit_code_of(report))
    return made


def _graph_of(made: Assembled) -> Graph:
    assert made.graph is not None  # `_load` ends the program otherwise
    return made.graph


def _arm_failpoints() -> None:
    """Let go wrong what a test wants to go wrong, and say so: nobody should meet it by accident."""
    if words := os.environ.get(failpoints.VARIABLE):
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


def _builder(catalog: Catalog) -> Callable[[NodeUse], Any]:
    def build(use: NodeUse) -> Any:
        return build_node(catalog.load_node(use.type.id), use.config, use.id)

    return build


def _observers(catalog: Catalog, graph: Graph) -> list[Any]:
    """What the packs offer to watch this run; a pack that cannot is told and left out."""
    hooks = Hooks(catalog)
    if not hooks.offering("penstock_run_observers"):
        return []
    answers = hooks.ask("penstock_run_observers", graph=graph)
    if answers.findings:
        reporters.write(Report("penstock", findings=answers.findings), "text", sys.stderr)
    return [observer for _, offered in answers.values for observer in offered]


def secret_schemes(catalog: Catalog, graph: Graph) -> dict[str, Callable[[str], str]]:
    """What packs offer for the references that the core does not resolve itself; nothing is asked where there is none."""
    wanted = {reference.partition(":")[0] for node in graph.nodes.values() for reference in node.secrets.values()} - {
        *OWN
    }
    if not wanted:
        return {}
    answers = Hooks(catalog).ask("penstock_secrets")
    if answers.findings:
        reporters.write(Report("penstock", findings=answers.findings), "text", sys.stderr)
    offered = [pair for _, schemes in answers.values for pair in schemes.items()]
    return {scheme: function for scheme, function in reversed(offered) if scheme in wanted}  # the first by name counts


def _store(graph: Graph, place: str) -> Store:
    return MemoryStore() if place == "memory" else SqliteStore(place, ack=graph.settings.ack)


def _tell(report: RunReport, as_json: bool, made: Assembled) -> None:
    if as_json:
        profile = {"name": made.profile_name, "digest": made.profile_digest} if made.profile_name else None
        more = {"graph_digest": _graph_of(made).digest, "profile": profile}
        click.echo(json.dumps({**report.as_json(), **more}, indent=2, sort_keys=True))
    else:
        click.echo(summary(report))
        if made.profile_name:
            click.echo(f"profile {made.profile_name} {made.profile_digest}")
    if not report.conserved:
        broken = [link.id for link in report.links if not link.conserved]
        raise PenstockError(f"the counts of {', '.join(broken)} do not add up; this is a bug in Penstock", code="R299")


def summary(report: RunReport) -> str:
    """What a run did, by node and in total, for people."""
    rows = [
        [
            n.id, *map(str, (n.received, n.emitted, n.filtered)), _by_reason(n.dropped), str(n.retried), _by_reason(n.dead),
            _milliseconds(n.p50), _milliseconds(n.p99),
        ]
        for n in report.nodes
    ]  # fmt: skip  # the counts in one line, the times in another
    headings = ["node", "in", "out", "filtered", "dropped", "retried", "dead", "p50 ms", "p99 ms"]
    in_flight = sum(link.in_flight for link in report.links)
    dead = sum(sum(n.dead.values()) for n in report.nodes)
    lines = [
        f"{report.graph}: {report.outcome} after {report.seconds:.1f} s (run {report.run})",
        "",
        table(headings, rows, numbers=headings[1:]),
        f"{report.admitted} admitted, {in_flight} in flight, {dead} dead; the counts of "
        + (f"all {len(report.links)} links add up" if report.conserved else "some links do not add up"),
    ]
    lines += [f"{n.id}: {said}" for n in report.nodes for said in _what_policies_did(n)]
    for policy, faults in report.faults.items():
        lines.append(f"policy `{policy}` was at fault and its default held: {_by_reason(faults)}")
    if report.late:
        lines.append(f"{report.late} late completions were refused, and their work was done again")
    if dead:
        lines.append("see them with `penstock dlq list`")
    return "\n".join(lines)


def _what_policies_did(node: NodeReport) -> list[str]:
    """What the table has no column for, of one node."""
    said = [f"retried after failures: {_by_reason(node.retried_by_reason)}"] if len(node.retried_by_reason) > 1 else []
    said += [f"made to wait by policies: {_by_reason(node.delayed)}"] if node.delayed else []
    said += [f"diverted to {_by_reason(node.diverted)}"] if node.diverted else []
    return said + ([f"begun a second time: {node.hedged} attempts"] if node.hedged else [])


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.3g}" if seconds else "-"


def _by_reason(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {n}" for reason, n in sorted(counts.items())) or "0"


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
        click.echo(f"\r\x1b[2K{line}", nl=False, err=True)
        self._handle = asyncio.get_running_loop().call_later(_TICK, self._tick)

    def end(self) -> None:
        """Take the line away."""
        if self._handle is not None:
            self._handle.cancel()
            click.echo("\r\x1b[2K", nl=False, err=True)
        self._driver = None
