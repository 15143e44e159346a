"""Play a graph in virtual time while a schedule of faults is carried out.

Takes:   a graph, how its nodes are made, a schedule.
Gives:   `play`: what came out, over all the lives that it took; the same schedule gives the same history, byte for byte.
Ignores: where schedules come from (`faults.py`), and which one is the shortest (`shrink.py`).
"""

from __future__ import annotations

import inspect
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import MethodType
from typing import Any

from penstock._engine.clock import LoopClock
from penstock._engine.deciding import RunFailed
from penstock._engine.intake import SourceFailed
from penstock._engine.report import RunReport
from penstock._engine.simulate import SimulatedLoop
from penstock._simulation.faults import CALLS, SECONDS, Extent, Fault, Schedule
from penstock._store.facts import Work
from penstock._store.interface import StoreError
from penstock._store.memory import MemoryStore
from penstock._testing.crashing import Crashed, CrashingStore
from penstock.bindings import NO_POLICIES, PolicySet
from penstock.decisions import Transient
from penstock.graph.model import Graph, NodeUse
from penstock.running import Build, history_bytes, run_async
from penstock.sdk import Role, spec_of
from penstock_findings import PenstockError

_EPOCH = 1_700_000_000.0  # when every simulation begins
HOUR = 3600.0  # seconds between two lives
_ENDING = ("crash-before", "crash-inside", "crash-after", "refuse", "raise")  # nothing else happens after one of these
_METHODS = ("process", "process_batch", "write", "write_batch")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a play."""

    report: RunReport | None  # of the last life; None when it did not come to its end
    store: MemoryStore
    lives: int
    extent: Extent  # commits and calls that were made
    error: str = ""  # that ended the last life

    @property
    def history(self) -> bytes:
        """Everything that the store remembers, as canonical JSON text."""
        return history_bytes(self.store)


class NotSilent(PenstockError):
    """A sink that nothing can keep from writing for real."""

    code = "R406"
    exit_code = 3


@dataclass(slots=True)
class Stage:
    """Where a play is: what has been counted, what has not happened yet, what time it is."""

    commits: dict[int, list[Fault]]  # in the order in which they happen
    calls: dict[tuple[str, int], list[Fault]]
    extent: Extent = field(default_factory=Extent)
    loop: SimulatedLoop | None = None

    def pass_time(self, seconds: float) -> None:
        """Let virtual time go on, as if somebody had waited."""
        if self.loop is not None:
            self.loop.pass_time(seconds)


class ShakenStore(CrashingStore):
    """A store in memory that does at its commits what the schedule says."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(at=0)
        self._stage = stage

    def commit(self, work: Work, owner: str, now: float, *, safe: bool = True) -> Counter[str]:
        """Commit, unless something goes wrong."""
        stage = self._stage
        stage.extent.commits += 1
        for fault in stage.commits.pop(stage.extent.commits, ()):
            if fault.kind.startswith("crash-"):
                self._at, self._when = self._made + 1, fault.kind.removeprefix("crash-")
                break
            if fault.kind == "refuse":
                raise StoreError("a planted fault: the disk refuses", code="S105")
            if fault.kind == "lose":
                self.release(owner)
            else:
                stage.pass_time(SECONDS)
        return super().commit(work, owner, now, safe=safe)


def play(
    graph: Graph,
    build: Build,
    schedule: Schedule,
    *,
    policies: PolicySet = NO_POLICIES,
    environment: Mapping[str, str] | None = None,
    secret_schemes: Any = None,
    real_sinks: bool = True,
    new_store: Callable[[Stage], ShakenStore] = ShakenStore,
) -> Outcome:
    """Run the graph until it is idle; whenever a fault ends a run, another one goes on with what was kept.

    Without `real_sinks` nothing leaves the process: sinks are neither opened nor written to, and take everything.
    A run that a policy stops, or a source that goes on failing, has come to no end: `report` is None, and `error` says why.
    What the engine would log of the faults is not logged: they are planned.
    Raises what a run without faults would raise before anything was done.
    """
    stage = staged(schedule)
    most = len(schedule.faults) + 1  # each fault ends one life at the most
    store, error = new_store(stage), ""
    with _unlogged():
        for life in range(1, most + 1):
            stage.loop = SimulatedLoop(schedule.seed + life - 1)
            living = run_async(
                graph, lambda use: shaken(build(use), use, stage, real_sinks), store, until_idle=True, policies=policies,
                environment=environment or {}, secret_schemes=secret_schemes, clock=LoopClock(stage.loop, _EPOCH + HOUR * (life - 1)),
                run_id=f"seed-{schedule.seed}-{life}", threads=False, budget=None,
            )  # fmt: skip  # what runs in one line, how in another
            try:
                return Outcome(stage.loop.complete(living), store, life, stage.extent)
            except (RunFailed, SourceFailed) as ended:
                if not schedule.faults:
                    raise
                return Outcome(None, store, life, stage.extent, str(ended))
            except (Crashed, StoreError) as gone:
                error = str(gone)
                store = _next_life(store, new_store(stage))
    return Outcome(None, store, most, stage.extent, error)


def staged(schedule: Schedule) -> Stage:
    """What is going to happen where; of several faults at one place, those that end the run come last."""
    stage = Stage(defaultdict(list), defaultdict(list))
    for fault in sorted(schedule.faults, key=lambda fault: fault.kind in _ENDING):
        if fault.kind in CALLS:
            stage.calls[fault.node, fault.at].append(fault)
        else:
            stage.commits[fault.at].append(fault)
    return stage


@contextmanager
def _unlogged() -> Iterator[None]:
    log = logging.getLogger("penstock.run")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


def _next_life(gone: ShakenStore, found: ShakenStore) -> ShakenStore:
    """What another process finds of a store."""
    for name, value in vars(gone.reopened()).items():
        setattr(found, name, value)
    return found


def shaken(instance: Any, use: NodeUse, stage: Stage, real_sinks: bool) -> Any:
    """The node, with methods that count their calls and fail or take long when the schedule says so."""
    cls = type(instance)
    role = spec_of(cls).role
    if role is Role.SOURCE:
        return instance
    wrapped = {
        name: _wrapped(getattr(instance, name), lambda: _visit(stage, use.id))
        for name in _METHODS
        if callable(getattr(cls, name, None))
    }
    must_be_silent = role is Role.SINK and not real_sinks
    if must_be_silent:
        names = [name for name in (*_METHODS, "open", "close") if callable(getattr(cls, name, None))]
        silent = {name: _silent(getattr(instance, name)) for name in names}
        wrapped = silent | {name: _wrapped(silent[name], lambda: _visit(stage, use.id)) for name in wrapped}
    stage.extent.calls.setdefault(use.id, 0)
    if not _replaced(instance, wrapped) and must_be_silent:
        what = f"sink `{use.id}` cannot be kept from writing: its class lets nobody put other methods in their place"
        raise NotSilent(what, hint="leave the sink out, or let it write with `--real-sinks`")
    return instance


def _replaced(instance: Any, methods: Mapping[str, Callable[..., Any]]) -> bool:
    """Give an instance other methods, by a class of its own or, where its class allows none, by itself; whether it has them now.

    One that allows neither stays as it is, and nothing goes wrong in it.
    """
    cls = type(instance)
    with suppress(Exception):  # another layout, or whatever the author's class does when somebody derives from it
        instance.__class__ = type(cls.__name__, (cls,), {"__slots__": (), "__module__": cls.__module__, **methods})
    for name, method in methods.items():
        if not _has(
            instance, name, method
        ):  # its own stands before the class's, such as one that `__post_init__` has chosen
            with suppress(Exception):
                object.__setattr__(instance, name, MethodType(method, instance))
    return all(_has(instance, name, method) for name, method in methods.items())


def _has(instance: Any, name: str, method: Callable[..., Any]) -> bool:
    return getattr(getattr(instance, name), "__func__", None) is method


def _visit(stage: Stage, node: str) -> None:
    n = stage.extent.calls[node] = stage.extent.calls[node] + 1
    for fault in stage.calls.pop((node, n), ()):
        if fault.kind == "raise":
            raise Transient(f"a planted fault: {fault}")
        stage.pass_time(SECONDS)


def _silent(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of the same kind that does nothing."""
    if inspect.iscoroutinefunction(method):

        async def nothing_awaited(*_: Any) -> None:
            pass

        return nothing_awaited

    def nothing(*_: Any) -> None:
        pass

    return nothing


def _wrapped(method: Callable[..., Any], visit: Callable[[], None]) -> Callable[..., Any]:
    """The method of an instance, with a visit before it; of the same kind, because the engine looks at that."""
    if inspect.isasyncgenfunction(method):

        async def pieces(_: Any, *words: Any) -> Any:
            visit()
            async for piece in method(*words):
                yield piece

        return pieces
    if inspect.iscoroutinefunction(method):

        async def awaited(_: Any, *words: Any) -> Any:
            visit()
            return await method(*words)

        return awaited

    def called(_: Any, *words: Any) -> Any:
        visit()
        return method(*words)

    return called


EXPECTATIONS: Mapping[str, str] = {
    "conserved": "on every link, what was offered is handled, dropped, dead or in flight",
    "finished": "the run comes to its end, and nothing is left in flight",
    "no-dead": "no record is given up as a dead letter",
    "no-drops": "no record is dropped",
}


def disappointments(outcome: Outcome, expect: Iterable[str]) -> list[str]:
    """What was expected and did not come true, each with what was found."""
    found = []
    wanted = set(expect)
    report = outcome.report
    if report is None:  # whatever else was expected cannot be seen then
        return [f"finished: {outcome.error}"]
    if "conserved" in wanted:
        found += [f"conserved: the counts of `{link.id}` do not add up" for link in report.links if not link.conserved]
    if "finished" in wanted:
        found += [f"finished: {link.in_flight} in flight on `{link.id}`" for link in report.links if link.in_flight]
    if "no-dead" in wanted:
        found += [f"no-dead: {sum(n.dead.values())} dead letters at `{n.id}`" for n in report.nodes if n.dead]
    if "no-drops" in wanted:
        found += [f"no-drops: {sum(n.dropped.values())} records dropped at `{n.id}`" for n in report.nodes if n.dropped]
    return found
