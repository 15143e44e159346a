"""Run a graph, for real or in a simulation, from Python.

Takes:   a checked `Graph`, a way to build its nodes, a store.
Gives:   `run`, `run_async`, `simulate`; `RunReport`.
Ignores: files and flags (`cli/run.py`), how a graph is read (`graph/load.py`).
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from penstock._engine.checks import contract_checks
from penstock._engine.clock import Clock, LoopClock, WallClock
from penstock._engine.driver import Driver
from penstock._engine.intake import intakes_of
from penstock._engine.partitions import copies, expanded, folded, logical, moved, numbers, summed
from penstock._engine.plan import compile_graph
from penstock._engine.report import LinkReport, NodeReport, RunReport, link_reports, node_report, policy_faults
from penstock._engine.secrets import Scheme, resolve_secrets
from penstock._engine.simulate import SimulatedLoop
from penstock._store.facts import Order, Subject, Work
from penstock._store.interface import LeaseLost, Store, StoreError
from penstock._store.memory import MemoryStore
from penstock.bindings import NO_POLICIES, PolicySet
from penstock.graph.model import Graph, NodeUse
from penstock_findings.secret import conceal

Build = Callable[[NodeUse], Any]  # makes the instance of a node; raises `PenstockError`
_log = logging.getLogger("penstock.run")
_EPOCH = 1_700_000_000.0  # when simulated time begins
_PARTITIONS = "partitions:"  # under which the store keeps their numbers; no node can be called so
_BUDGET = 0.05  # seconds that a policy may take for one decision


class Observer(Protocol):
    """Watches a run, as `penstock_run_observers` offers it. Called on the run's own thread, so it must not wait.

    What an observer raises is logged, and it is not called again.
    """

    def committed(self, counts: Mapping[Subject, int]) -> None:
        """After each commit: what this process has counted so far, (node or link, measure, reason) -> number."""

    def ended(self, report: RunReport) -> None:
        """Once, when the run has ended as asked."""


class _Observers:
    """Calls each observer until it raises."""

    def __init__(self, observers: Iterable[Observer]) -> None:
        self._observers = list(observers)

    def committed(self, counts: Mapping[Subject, int]) -> None:
        """After each commit."""
        self.tell("committed", counts)

    def folded(self, counts: Mapping[Subject, int]) -> None:
        """The same where there are copies for partitions, of which an observer need not know."""
        if self._observers:
            self.tell("committed", folded(counts))

    def tell(self, what: str, *facts: Any) -> None:
        for observer in tuple(self._observers):
            try:
                getattr(observer, what)(*facts)
            except Exception:  # an observer must not cost the run anything
                self._observers.remove(observer)
                _log.exception("observer %r raised and is not called again", observer)


def run(graph: Graph, build: Build, store: Store, **options: Any) -> RunReport:
    """Run a graph until it is idle or is told to stop; see `run_async` for the options.

    SIGTERM and SIGINT ask for a graceful end; a second one ends the process at once.  Either way the store resumes.
    """
    return asyncio.run(run_async(graph, build, store, signals=True, **options))


async def run_async(
    graph: Graph,
    build: Build,
    store: Store,
    *,
    until_idle: bool = False,
    policies: PolicySet = NO_POLICIES,
    on_order: Callable[[Order], PolicySet] | None = None,
    orders_after: int = 0,
    environment: Mapping[str, str] | None = None,
    secret_schemes: Mapping[str, Scheme] | None = None,
    on_start: Callable[[Driver], None] | None = None,
    observers: Iterable[Observer] = (),
    clock: Clock | None = None,
    run_id: str | None = None,
    threads: bool = True,
    signals: bool = False,
    budget: float | None = _BUDGET,
) -> RunReport:
    """Run a graph on the running event loop.

    `on_order` makes policies of what somebody has left in the store for whoever works on it, or refuses by raising
    `PenstockError`; orders with an id up to `orders_after` are old news, any later one holds from the start.
    `secret_schemes` are functions for references other than `env:` and `file:`, by scheme.
    `budget` is how many seconds of real time a policy may take for one decision; None does not look.

    Raises `CannotStart` before anything was done, `LifecycleErrors` when nodes do not open or close, `StoreError`,
    `SourceFailed` or `RunFailed` when the run cannot go on; what was committed stays in every case.
    """
    secrets = resolve_secrets(graph, os.environ if environment is None else environment, secret_schemes)
    whole = expanded(graph)
    plan = compile_graph(whole, {id: build(graph.nodes[logical(id)]) for id in whole.nodes})
    clock = clock or WallClock()
    checks = contract_checks(graph)
    begun = clock.now()
    store.open(graph.name, plan.durable_channels())
    run_name = run_id or uuid.uuid4().hex[:12]
    watching = _Observers(observers)
    driver = Driver(
        plan, store, clock, run=run_name, policies=policies, on_order=on_order, orders_after=orders_after, budget=budget, checks=checks,
        secrets=secrets, until_idle=until_idle, threads=threads, on_commit=watching.committed if whole is graph else watching.folded,
    )  # fmt: skip  # what runs in one line, how in another
    driver.intakes = list(intakes_of(driver))
    store.begin_run(run_name, graph.digest, begun)
    outcome = "failed"
    undo = _listen(driver) if signals else None
    try:
        _agree_on_partitions(whole, store, run_name, graph.digest, begun)
        if on_start:
            on_start(driver)
        await driver.run()
        outcome = "idle" if until_idle and not driver.told_to_stop else "stopped"
    except Exception as error:
        conceal(error)  # whoever prints it has no secret alive any more to look for
        raise
    finally:
        if undo:
            undo()
        with suppress(Exception):  # the first failure is the one to tell
            store.end_run(run_name, outcome, clock.now())
    made = report(driver, outcome, clock.now() - begun)
    watching.tell("ended", made)
    return made


def _agree_on_partitions(graph: Graph, store: Store, run: str, digest: str, now: float) -> None:
    """Begin with the numbers of partitions that the store has, or have it note others while nobody works with its own.

    Everybody says that it lives, then takes the claim on the numbers away from whoever had it, then reads them. Whoever
    writes others does so under its claim: who has begun before that is seen, who begins meanwhile makes it begin anew.
    """
    while True:
        fence = store.claim(_PARTITIONS, run, now, 0.0)  # which holds until somebody else wants it
        changed = _changed_partitions(graph, store)
        try:
            if changed:
                _refuse_company(store, run, digest)
                store.commit(Work(state=changed, claims={_PARTITIONS: fence or 0}), run, now)
        except LeaseLost:
            continue
        finally:
            store.release(run)
        return


def _refuse_company(store: Store, run: str, digest: str) -> None:
    """Raise `StoreError` while another graph is at work; the same one has the same numbers."""
    for other in store.runs():
        if other["ended"] is None and other["run"] != run and other["digest"] != digest:
            raise StoreError(
                f"run `{other['run']}` is at work on this store, perhaps with other numbers of partitions",
                code="S115", hint="let it end before the numbers change, or begin in another `--store`",
            )  # fmt: skip  # what is wrong in one line, what to do in another


def _changed_partitions(graph: Graph, store: Store) -> dict[tuple[str, str], bytes | None]:
    """What the store has to note of numbers of partitions; raises `StoreError` when records are there under another one."""
    now = numbers(graph)
    before = {name: _number_of(store, name) for name in store.state_keys(_PARTITIONS)}
    changed = {name: n for name, n in now.items() if before.get(name, 1) != n}
    if not changed:
        return {}
    used = [subject for (subject, measure, _), n in store.totals().items() if measure in ("offered", "in") and n]
    keeping = {*graph.channels, *(use.id for use in graph.nodes.values() if use.type.stateful)}
    keeping = set(map(logical, keeping))
    wrong = [
        name
        for name in moved(now, before, used)
        if name in keeping or _has_waiting(store, copies(name, before.get(name, 1)))
    ]
    if wrong:
        name = wrong[0]
        raise StoreError(
            f"the store has `{name}` in {_parts(before.get(name, 1))}, and the graph in {_parts(now[name])}",
            code="S115", hint=f"write `partitions: {before.get(name, 1)}` again, or begin in another `--store`",
        )  # fmt: skip  # what is wrong in one line, what to do in another
    return {(_PARTITIONS, name): None if n == 1 else str(n).encode() for name, n in changed.items()}


def _number_of(store: Store, channel: str) -> int:
    said = store.state(_PARTITIONS, channel)
    try:
        return int(said or 1)
    except ValueError as error:
        what = f"cannot read the store: it has `{channel}` in {said!r} partitions"
        raise StoreError(what, code="S108", hint="take the store from a copy: `penstock store import`") from error


def _has_waiting(store: Store, nodes: list[str]) -> bool:
    """Whether nodes, which remember nothing else, still have attempts to make or alarms to ring."""
    return store.next_parked(nodes) is not None or store.next_alarm(nodes) is not None


def _parts(n: int) -> str:
    return "one part" if n == 1 else f"{n} partitions"


def _listen(driver: Driver) -> Callable[[], None]:
    """First signal: stop well. Second: stop now."""
    loop = asyncio.get_running_loop()

    def heard() -> None:
        if driver.told_to_stop:
            os._exit(130)
        driver.stop()

    names = [signal.SIGTERM, signal.SIGINT]
    for name in names:
        try:
            loop.add_signal_handler(name, heard)
        except (NotImplementedError, ValueError, RuntimeError):  # Windows, or not the main thread
            names = []

    def undo() -> None:
        for name in names:
            loop.remove_signal_handler(name)

    return undo


def report(driver: Driver, outcome: str, seconds: float) -> RunReport:
    """What the store knows of all runs, with this process's service times."""
    store = driver.store
    with store.moment():  # another process may be at work, and all of this has to be of one time
        totals = store.totals()
        in_flight = driver.depth() | {f"{c}@{cursor}": store.depth(c, cursor).total for c, cursor in store.cursors()}
        for subject in {*in_flight, *(subject for subject, measure, _ in totals if measure == "offered")}:
            in_flight[subject] = in_flight.get(subject, 0) + store.parked(subject)
    totals, in_flight = folded(totals), summed(in_flight)
    meters = driver.meters()
    nodes = [node_report(id, totals, meter) for id, meter in meters.items()]
    sources = [node.id for stage in driver.plan.stages for node in stage.sources]
    return RunReport(
        driver.run_id,
        driver.plan.graph.name,
        outcome,
        seconds,
        sum(totals[source, "in", ""] for source in sources),
        driver.late,
        tuple(nodes),
        tuple(link_reports(totals, meters, in_flight)),
        policy_faults(totals),
    )


@dataclass(frozen=True, slots=True)
class Simulation:
    """A simulated run: its report, and its history as canonical JSON text."""

    report: RunReport
    history: bytes
    store: Store


def simulate(
    graph: Graph,
    build: Build,
    seed: int,
    *,
    store: Store | None = None,
    policies: PolicySet = NO_POLICIES,
    on_order: Callable[[Order], PolicySet] | None = None,
    on_start: Callable[[Driver], None] | None = None,
    until_idle: bool = True,
    environment: Mapping[str, str] | None = None,
    secret_schemes: Mapping[str, Scheme] | None = None,
) -> Simulation:
    """Run a graph with virtual time and an order drawn from the seed, in one thread, without waiting.

    The same graph, nodes, store and seed give the same history, byte for byte.
    """
    store = store or MemoryStore()
    loop = SimulatedLoop(seed)
    work = run_async(
        graph, build, store, until_idle=until_idle, policies=policies, on_order=on_order, on_start=on_start,
        environment=environment or {}, secret_schemes=secret_schemes, clock=LoopClock(loop, _EPOCH), run_id=f"seed-{seed}", threads=False, budget=None,
    )  # fmt: skip  # what runs in one line, how in another
    made = loop.complete(work)
    return Simulation(made, history_bytes(store), store)


def history_bytes(store: Store) -> bytes:
    """Everything that a store remembers of what happened, as canonical JSON text."""
    steps = [
        [s.stage, s.intake, s.start, s.inputs, round(s.time, 6), s.ids.hex(), s.outcomes.hex()] for s in store.steps()
    ]
    dead = [[d.node, d.record_id, d.reason, d.attempts, d.causes, round(d.time, 6)] for d in store.dead_letters()]
    totals = {" | ".join(subject): n for subject, n in store.totals().items() if n}
    notes = [[note.kind, note.facts, round(note.time, 6)] for note in store.notes()]
    whole = {"steps": steps, "dead": dead, "totals": totals, "notes": notes}
    return json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()


__all__ = [
    "Build",
    "LinkReport",
    "NodeReport",
    "Observer",
    "RunReport",
    "Simulation",
    "history_bytes",
    "report",
    "run",
    "run_async",
    "simulate",
]
