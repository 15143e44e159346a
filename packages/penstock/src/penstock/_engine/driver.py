"""Run a compiled graph: pull from sources, channels, parked deliveries and alarms; commit what is finished; stop well.

Takes:   a `Plan`, a store, a clock, a failure policy.
Gives:   `Driver`: `run` until stopped or idle, `stop`, `snapshot`.
Ignores: what happens inside a step (`step.py`), where units begin (`intake.py`), files and flags.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, Protocol

from penstock._engine.clock import Clock
from penstock._engine.context import NodeContext, NodeMemory
from penstock._engine.failure import FailurePolicy
from penstock._engine.inbox import MemoryChannel
from penstock._engine.ledger import Check, Place, RunFailed
from penstock._engine.lifecycle import close_nodes, open_nodes
from penstock._engine.news import News
from penstock._engine.plan import NodePlan, Plan, StagePlan
from penstock._engine.runner import Runner
from penstock._engine.step import Step
from penstock._engine.unit import Unit, consistent_cut, merged
from penstock._store.facts import Work
from penstock._store.interface import LeaseLost, Store
from penstock.sdk import Role

_log = logging.getLogger("penstock.run")
_POLL = 0.2  # seconds between looks for what other processes have done
_RETAIN = 30.0  # seconds between rounds of retention


class Stage:
    """A stage while it runs: its places, and the lock that lets one step at a time work on it."""

    def __init__(self, plan: StagePlan, places: dict[str, Place]) -> None:
        self.plan = plan
        self.places = places
        self.lock = asyncio.Lock()
        self.claim: int | None = None  # fence, while this process holds the claim of the stage


class Intake(Protocol):
    """A loop that begins units of work."""

    async def run(self) -> None:
        """Work until the run stops."""

    def idle(self) -> bool:
        """Whether there is nothing to do now and nothing to come."""


class Driver:
    """One process's part in running one graph on one store."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        clock: Clock,
        *,
        run: str,
        policy: FailurePolicy,
        checks: Mapping[str, Check] | None = None,
        secrets: Mapping[str, dict[str, str]] | None = None,
        until_idle: bool = False,
        threads: bool = True,
        on_commit: Callable[[Counter[Any]], None] | None = None,
    ) -> None:
        self.plan = plan
        self.store = store
        self.clock = clock
        self.run_id = run
        self.settings = plan.graph.settings
        self.until_idle = until_idle
        self.threads = threads
        self.generation = 0
        self.late = 0  # completions that were refused because the lease was lost
        self.stopping = False
        self.told_to_stop = False
        self._units: dict[Unit, None] = {}  # begun and not yet durable, in order
        self.counts: Counter[Any] = Counter()  # of this process
        self._news = News()
        self._open_sources = sum(len(stage.sources) for stage in plan.stages)
        self._credit: Counter[str] = Counter()  # durable channel -> records that may be appended before looking again
        self._cursors = _cursors(plan)
        self._on_commit = on_commit
        self._policy = policy
        self._checks = checks or {}
        self._secrets = secrets or {}
        self._executor: Executor | None = None
        self._finished: list[Unit] = []
        self._executed: dict[int, deque[Unit]] = {stage.number: deque() for stage in plan.stages}
        self._sequence = 0
        self._commit_due = False
        self._failure: BaseException | None = None
        self.memory = {c.name: MemoryChannel(c) for c in plan.graph.channels.values() if not c.durable}
        self.stages = [Stage(stage, {node.id: self._place(node) for node in stage.nodes}) for stage in plan.stages]
        self.places = {id: place for stage in self.stages for id, place in stage.places.items()}
        self.intakes: list[Intake] = []  # given by `intake.intakes_of` before the run

    def _place(self, node: NodePlan) -> Place:
        memory = NodeMemory(node.id, self.store.state, self.store.state_keys) if node.spec.stateful else None
        context = NodeContext(node.id, memory, self._secrets.get(node.id, {}))
        durable = {port for port, routes in node.routes.items() if any(route.durable for route in routes)}
        return Place(
            node,
            Runner(node, context, self._threads),
            context,
            memory,
            self._policy,
            input_checks=self._checks_of(node.input_contracts, self._unpromised(node)),
            output_checks=self._checks_of(node.output_contracts, set(node.output_contracts)),
            salts={port.name: self._salt(node, port.name) for port in node.spec.outputs},
            durable=frozenset(durable),
        )

    def _salt(self, node: NodePlan, port: str) -> bytes:
        """What ids are derived with; those of a source, which have no parent to tell them apart, know their graph."""
        graph = f"{self.plan.graph.name}\0" if node.spec.role is Role.SOURCE else ""
        return f"{graph}{node.id}\0{port}".encode()

    def _checks_of(self, contracts: Mapping[str, str | None], ports: set[str]) -> dict[str, Check]:
        wanted = {port: ref for port, ref in contracts.items() if ref in self._checks and port in ports}
        return {port: self._checks[ref] for port, ref in wanted.items() if ref}

    def _unpromised(self, node: NodePlan) -> set[str]:
        """Input ports with a contract that at least one sender has not already checked."""
        ports = set()
        for link in self.plan.graph.links:
            if link.to_node == node.id and link.to_port:
                wanted = node.input_contracts.get(link.to_port)
                senders = (
                    [link]
                    if link.from_node
                    else [up for up in self.plan.graph.links if up.to_channel == link.from_channel]
                )
                promised = {
                    self.plan.nodes[s.from_node].output_contracts.get(s.from_port or "") for s in senders if s.from_node
                }
                if wanted and promised != {wanted}:
                    ports.add(link.to_port)
        return ports

    def _threads(self) -> Executor | None:
        if self._executor is None and self.threads:
            workers = max((n.spec.concurrency for n in self.plan.nodes.values() if n.spec.blocking), default=1)
            self._executor = ThreadPoolExecutor(max_workers=min(64, workers + 4), thread_name_prefix="penstock")
        return self._executor

    # -- running ------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Open the nodes, work until stopped or (if asked) idle, close the nodes. Raises what made the run fail."""
        await open_nodes(self.places.values(), self.threads)
        tasks: list[asyncio.Task[None]] = []
        keeper: list[asyncio.Task[None]] = []
        failure: BaseException | None = None
        try:
            self._reload()
            tasks = [asyncio.ensure_future(self._guard(intake)) for intake in self.intakes]
            keeper = [asyncio.ensure_future(self._keep_house())]
            while not self.stopping and not self.has_failed:
                if self.until_idle and self._is_idle():
                    break
                await self.news(_POLL if not self.until_idle else 0.05, "quiet")
            await self._wind_down(tasks)
        except BaseException as error:  # closing must happen whatever this was
            failure = error
        finally:
            self.stopping = True
            for task in (*tasks, *keeper):
                task.cancel()
            await asyncio.gather(*tasks, *keeper, return_exceptions=True)
            failure = failure or self._failure
            closing = await close_nodes(self.places.values(), self.threads)
            if isinstance(self._executor, ThreadPoolExecutor):
                self._executor.shutdown(wait=False, cancel_futures=True)
        if failure is not None:
            raise failure
        if closing is not None:
            raise closing

    async def _guard(self, intake: Intake) -> None:
        try:
            await intake.run()
        except asyncio.CancelledError:
            if self.stopping:
                raise
            self.fail(RuntimeError(f"{type(intake).__name__} was cancelled by something that it waited for"))
        except BaseException as error:  # whatever it is, the run has to end and say so
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        """Stop the run because of this; the first one is told."""
        self._failure = self._failure or error
        self.stopping = True
        self._news.tell_all()

    @property
    def has_failed(self) -> bool:
        """Whether the run has to end because of an error."""
        return self._failure is not None

    def stop(self) -> None:
        """Ask for a graceful end: no new intake, what was begun becomes durable."""
        self.told_to_stop = True
        self.stopping = True
        self._news.tell_all()

    async def _wind_down(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        self.stopping = True
        self._news.tell_all()
        deadline = self.clock.now() + self.settings.drain
        if not self.has_failed:
            await asyncio.wait(tasks, timeout=self.settings.drain)
        while self.active and not self.has_failed and self.clock.now() < deadline:
            await self.news(0.05, "quiet")

    def tell(self, *topics: str) -> None:
        """Wake whoever waits for one of the topics.

        `grew:CHANNEL`, `shrank:CHANNEL` (of all its groups, or of an inbox), `parked:STAGE`, `alarms:STAGE`, and
        `quiet` when nothing that was begun is left and no source has more.
        """
        self._news.tell(*topics)

    async def news(self, timeout: float, *topics: str) -> None:
        """Wait until one of the topics is told or the run stops, and at most `timeout` seconds."""
        await self._news.wait(timeout, *topics)

    def source_ended(self) -> None:
        """A source has no more."""
        self._open_sources -= 1
        self.tell("quiet")

    def _is_idle(self) -> bool:
        """Whether everything that there is to do is done. Alarms are brought forward by their intake."""
        return self.active == 0 and not self._finished and all(intake.idle() for intake in self.intakes)

    def is_quiet(self, apart_from: Callable[[Intake], bool]) -> bool:
        """Whether nobody has anything to do, apart from some intakes."""
        return self.active == 0 and all(apart_from(intake) or intake.idle() for intake in self.intakes)

    # -- steps and commits --------------------------------------------------------------------------------------

    def begin_unit(self) -> Unit:
        """A unit whose first step is about to run."""
        unit = Unit(asyncio.get_running_loop().create_future())
        unit.outstanding = 1
        self._units[unit] = None
        return unit

    @property
    def active(self) -> int:
        """Units begun and not yet durable."""
        return len(self._units)

    def new_step(self, stage: Stage, unit: Unit) -> Step:
        """The next step of a unit on a stage; call it with the stage's lock held."""
        executed = self._executed[stage.plan.number]
        if not executed or executed[-1] is not unit:
            executed.append(unit)
        self._sequence += 1
        step = Step(stage.plan, stage.places, self.clock.now(), history=self.settings.history == "full")
        if stage.claim is not None:
            step.work.claims[stage.plan.claim or ""] = stage.claim
        unit.steps.append((self._sequence, step.work))
        return step

    async def pass_on(self, unit: Unit, step: Step) -> None:
        """Hand what a step put into memory channels to their groups; waits while a channel is full."""
        for channel, pairs in step.into_memory.items():
            await self.memory[channel].put(self, unit, pairs)

    def finish_step(self, unit: Unit) -> None:
        """One step of a unit is done; the last one makes the unit ready to become durable."""
        unit.outstanding -= 1
        if unit.outstanding == 0 and not unit.aborted:
            self._finished.append(unit)
            if not self._commit_due:
                self._commit_due = True
                asyncio.get_running_loop().call_soon(self._commit)

    def _commit(self) -> None:
        self._commit_due = False
        everything = len(self._finished) == len(self._units)
        ready = self._finished if everything else consistent_cut(self._finished, self._executed)
        if not ready or self.has_failed:
            return
        work = merged(ready)
        try:
            appended = self.store.commit(work, self.run_id, self.clock.now())
        except LeaseLost as lost:
            self._lost(lost)
            return
        except Exception as error:  # the store could not be written, or a bug: either way nothing may go on
            self.fail(error)
            return
        counts = self.counts
        for subject, n in work.counts.items():  # `Counter.update` costs more than all the rest of a small commit
            counts[subject] += n
        for channel, n in appended.items():
            counts[channel, "appended", ""] += n
            self._credit[channel] -= n
        self._finished = [] if everything else [unit for unit in self._finished if unit not in ready]
        for executed in self._executed.values():
            while executed and executed[0] in ready:
                executed.popleft()
        for (node, key), value in work.state.items():
            memory = self.places[node].memory
            if memory is not None:
                memory.committed(key, value)
        for alarm in (*work.fired, *work.alarms):
            pending = self.places[alarm.node].alarms
            if pending.get(alarm.key) is alarm:
                del pending[alarm.key]
        for unit in ready:
            del self._units[unit]
            if not unit.committed.done():
                unit.committed.set_result(True)
        if self._on_commit:
            self._on_commit(self.counts)
        self._announce(work)

    def _announce(self, work: Work) -> None:
        """Tell those whom a commit concerns."""
        topics = {f"grew:{append.channel}" for append in work.append}
        topics.update([f"shrank:{lease.channel}" for lease in work.settle])
        topics.update([f"parked:{self.plan.nodes[row.node].stage}" for row in (*work.park, *work.unpark)])
        topics.update([f"alarms:{self.plan.nodes[alarm.node].stage}" for alarm in (*work.alarms, *work.fired)])
        if not self._units and (self.stopping or not self._open_sources):
            topics.add("quiet")
        self.tell(*sorted(topics))  # in one order, so that a simulation can be repeated

    def _lost(self, lost: LeaseLost) -> None:
        """Somebody else has taken over what we worked on: forget all that is not durable and begin again from the store."""
        _log.warning("lease of %s lost: work in progress is given up and will be done again", lost)
        self.late += 1
        try:
            self.reset()
        except Exception as error:  # nobody waits for this call, so it would never be told
            self.fail(error)

    def reset(self) -> None:
        """Forget everything that is not durable."""
        self.generation += 1
        units, self._units = self._units, {}
        for channel in self.memory.values():
            channel.clear()
        self._finished.clear()
        for executed in self._executed.values():
            executed.clear()
        for unit in units:
            unit.aborted = True
            if not unit.committed.done():
                unit.committed.set_result(False)
        self.store.release(self.run_id)
        for stage in self.stages:
            stage.claim = None
        self._reload()
        self._news.tell_all()

    def _reload(self) -> None:
        for stage in self.stages:
            self.forget(stage)

    def forget(self, stage: Stage) -> None:
        """Let the nodes of a stage remember nothing but what the store holds."""
        for place in stage.places.values():
            if place.memory is not None:
                place.memory.forget()
            place.context.take_changes()
            place.alarms.clear()
            if place.plan.spec.ordered:
                place.lanes = self.store.lanes(place.plan.id)

    def claim(self, stage: Stage) -> bool:
        """Whether this process may work on the stage now; a stage that remembers is claimed first."""
        if stage.plan.claim is None or stage.claim is not None:
            return True
        now = self.clock.now()
        stage.claim = self.store.claim(stage.plan.claim, self.run_id, now, now + self.settings.lease)
        if stage.claim is not None:
            self.forget(stage)
        return stage.claim is not None

    def has_room(self, outlets: Sequence[str]) -> bool:
        """Whether every one of these channels can take more.

        Half of the room that there was is used up before anybody looks again: looking costs two queries a group.
        """
        for name in outlets:
            if name in self._cursors and self._credit[name] <= 0 and not self._look_for_room(name):
                return False
        return True

    def _look_for_room(self, name: str) -> bool:
        fullest = max((self.store.depth(name, cursor).total for cursor in self._cursors[name]), default=0)
        room = self.plan.graph.channels[name].capacity - fullest
        self._credit[name] = (room + 1) // 2
        return room > 0

    async def _keep_house(self) -> None:
        """Renew what is held, give back what the dead hold, let old records go."""
        every = min(self.settings.lease / 3, 5.0)
        retained = self.clock.now()
        while True:
            await asyncio.sleep(every)
            now = self.clock.now()
            try:
                self.store.renew(self.run_id, now, now + self.settings.lease)
                if self.store.bury(now):
                    self._news.tell_all()
                if now - retained >= _RETAIN:
                    retained = now
                    self.store.retain(now, self.settings.history_retention)
            except Exception as error:  # without this task every lease would run out, so the run has to end and say why
                self.fail(error)
                return

    def depth(self) -> dict[str, int]:
        """Records in flight by link or group, as the store and the memory channels have them."""
        found = {}
        for stage in self.plan.stages:
            for group in stage.groups:
                if group.channel.durable:
                    found[group.subject] = self.store.depth(group.channel.name, group.cursor).total
                else:
                    found[group.subject] = self.memory[group.channel.name].waiting(group.cursor)
        return found


def _cursors(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Durable channel -> the cursors of its groups."""
    return {channel.name: channel.cursors for channel in plan.durable_channels()}


__all__ = ["Driver", "RunFailed", "Stage"]
