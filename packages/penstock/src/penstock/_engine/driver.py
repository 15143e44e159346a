"""Run a compiled graph: pull from sources, channels, parked deliveries and alarms; commit what is finished; stop well.

Takes:   a `Plan`, a store, a clock, a `PolicySet`.
Gives:   `Driver`: `run` until stopped or idle, `stop`, `rebind` to other policies.
Ignores: what happens inside a step (`step.py`), where units begin (`intake.py`), files and flags.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from msgspec.structs import force_setattr

from penstock._engine.clock import Clock
from penstock._engine.context import NodeContext, NodeMemory, SourceContext
from penstock._engine.deciding import Council, Faults, RunFailed
from penstock._engine.inbox import MemoryChannel
from penstock._engine.ledger import Check, Chunk, Desk, Ledger, Place
from penstock._engine.lifecycle import close_nodes, open_nodes
from penstock._engine.meter import Meter
from penstock._engine.news import News
from penstock._engine.partitions import logical, part_of
from penstock._engine.plan import GroupPlan, NodePlan, Plan
from penstock._engine.remembering import OWNER, Memories
from penstock._engine.runner import Runner
from penstock._engine.sharing import Shares
from penstock._engine.stage import Stage
from penstock._engine.step import Step
from penstock._engine.threads import Threads
from penstock._engine.unit import Unit, consistent_cut, merged
from penstock._engine.watch import Watch
from penstock._store.codec import packed_ids
from penstock._store.facts import Ahead, Lease, Order, Work
from penstock._store.interface import LeaseLost, Store
from penstock.bindings import NO_POLICIES, Numbers, PolicySet
from penstock.decisions import Decision, Delay
from penstock.failpoints import ARMED, hit
from penstock.graph.model import Settings
from penstock.points import Overflow, Settlement
from penstock.record import Record
from penstock.sdk import Role
from penstock_findings import PenstockError
from penstock_findings.secret import Secret

_log = logging.getLogger("penstock.run")
_POLL = 0.2  # seconds between looks for what other processes have done
_RETAIN = 30.0  # seconds between rounds of retention
_BREATH = 0.05  # seconds between two pieces of one round
_ORDERS = 1.0  # seconds between looks for orders
_SETTINGS = ("batch", "linger", "commit_interval", "idle_sleep", "history_retention")  # that `Numbers` may replace
_MOMENT = 0.001  # seconds that are not worth a timer
_COLLECT = 5.0  # seconds that finished work waits for more, at most, whatever a policy says


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
        policies: PolicySet = NO_POLICIES,
        on_order: Callable[[Order], PolicySet] | None = None,
        orders_after: int = 0,
        budget: float | None = None,
        checks: Mapping[str, Check] | None = None,
        secrets: Mapping[str, Mapping[str, Secret]] | None = None,
        until_idle: bool = False,
        threads: bool = True,
        on_commit: Callable[[Counter[Any]], None] | None = None,
    ) -> None:
        self.plan = plan
        self.store = store
        self.clock = clock
        self.began = clock.now()
        self.run_id = run
        self.settings = settings_under(policies.numbers, plan.graph.settings)
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
        self._on_order = on_order
        self._orders_after = orders_after
        self._budget = budget
        self._memories = Memories(store)
        self.faults = Faults(clock, lambda facts: store.note(run, "policy-fault", facts, clock.now()))
        self._watch = Watch()
        self._desk = Desk(
            self._convened(policies), plan.graph.channels, clock.now, time.perf_counter, self.capacity, self.waiting, self._spilled,
        )  # fmt: skip  # in the order of the fields
        self.spills: dict[int, set[str]] = {}  # stage -> channels that it has diverted records into
        self._checks = checks or {}
        self._secrets = secrets or {}
        self._executor: Threads | None = None
        self._finished: list[Unit] = []
        # stage, or what a policy keeps in the store -> the units that it has seen and that are not durable yet
        self._executed: dict[int | str, deque[Unit]] = {stage.number: deque() for stage in plan.stages}
        self._sequence = 0
        self._commit_due = False
        self._collecting: asyncio.TimerHandle | None = None  # finished units wait for more
        self._finished_since = 0.0  # when the oldest of them was finished, on the stopwatch
        self._barrier = self.settings.barrier if store.ack == "power" else 0.0  # seconds
        self._safe_since = float("-inf")  # when the disk last confirmed what was committed, on the stopwatch
        self._unsafe: asyncio.TimerHandle | None = None  # commits wait to be confirmed
        self._uncommitted: Counter[str] = Counter()  # durable channel -> records on their way there
        self._wanted: set[tuple[str, str]] = set()  # cursors of channels: their next range comes with the next commit
        self._ahead: dict[tuple[str, str], Lease] = {}  # and is here
        self._failure: BaseException | None = None
        self.memory = {c.name: MemoryChannel(c) for c in plan.graph.channels.values() if not c.durable}
        self.stages = [Stage(stage, {node.id: self._place(node) for node in stage.nodes}) for stage in plan.stages]
        self.places = {id: place for stage in self.stages for id, place in stage.places.items()}
        self._shares = Shares(self)
        self.intakes: list[Intake] = []  # given by `intake.intakes_of` before the run

    def _place(self, node: NodePlan) -> Place:
        memory = NodeMemory(node.id, self.store.state, self.store.state_keys) if node.spec.stateful else None
        secrets = self._secrets.get(node.name, {})
        if node.spec.role is Role.SOURCE:
            context: NodeContext = SourceContext(node.name, memory, secrets, self.clock)
        else:
            context = NodeContext(node.name, memory, secrets)
        durable = {port for port, routes in node.routes.items() if any(route.durable for route in routes)}
        return Place(
            node,
            Runner(node, context, self._threads),
            context,
            memory,
            input_checks=self._checks_of(node.input_contracts, self._unpromised(node)),
            output_checks=self._checks_of(node.output_contracts, set(node.output_contracts)),
            salts={port.name: self._salt(node, port.name) for port in node.spec.outputs},
            durable=frozenset(durable),
        )

    def _salt(self, node: NodePlan, port: str) -> bytes:
        """What ids are derived with; those of a source, which have no parent to tell them apart, know their graph."""
        graph = f"{self.plan.graph.name}\0" if node.spec.role is Role.SOURCE else ""
        return f"{graph}{node.name}\0{port}".encode()

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
                    else [up for up in self.plan.graph.links if up.to_channel == logical(link.from_channel or "")]
                )
                promised = {
                    self.plan.nodes[s.from_node].output_contracts.get(s.from_port or "") for s in senders if s.from_node
                }
                if wanted and promised != {wanted}:
                    ports.add(link.to_port)
        return ports

    def _threads(self) -> Threads | None:
        if self._executor is None and self.threads:
            workers = max((n.spec.concurrency for n in self.plan.nodes.values() if n.spec.blocking), default=1)
            self._executor = Threads(min(64, workers + 4))
        return self._executor

    # -- running ------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Open the nodes, work until stopped or (if asked) idle, close the nodes. Raises what made the run fail."""
        self._desk.stopwatch = asyncio.get_running_loop().time  # of which a simulation has one of its own
        await open_nodes(self.places.values(), self.threads)
        tasks: list[asyncio.Task[None]] = []
        keeper: list[asyncio.Task[None]] = []
        failure: BaseException | None = None
        try:
            self._reload()
            self._begin_policies()
            self._shares.look()
            tasks = [asyncio.ensure_future(self._guard(intake)) for intake in self.intakes]
            keeper = [asyncio.ensure_future(self._keep_house())]
            if self._shares:
                keeper.append(asyncio.ensure_future(self._shares.run()))
            if self._on_order is not None:
                keeper.append(asyncio.ensure_future(self._take_orders()))
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
            self._flush()
            failure = failure or self._failure
            closing = await close_nodes(self.places.values(), self.threads)
            if self._executor is not None:
                self._executor.shutdown()
            self._watch.close()
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
        self._commit_soon()
        self._news.tell_all()

    async def _wind_down(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        self.stopping = True
        self._commit_soon()
        self._news.tell_all()
        deadline = self.clock.now() + self.settings.drain
        if not self.has_failed:
            await asyncio.wait(tasks, timeout=self.settings.drain)
        while self.active and not self.has_failed and self.clock.now() < deadline:
            await self.news(0.05, "quiet")
        if not self.has_failed:
            self._commit_counts()

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

    def begin_unit(self, records: int) -> Unit:
        """A unit whose first step, with so many inputs, is about to run."""
        unit = Unit(asyncio.get_running_loop().create_future(), records)
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
        step = Step(
            stage.plan, stage.places, self.clock.now(), self._desk,
            history=self.settings.history == "full", remember=lambda work: self.remember(unit, work),
        )  # fmt: skip  # where in one line, how in another
        if stage.claim is not None:
            step.work.claims[stage.plan.claim or ""] = stage.claim
        unit.steps.append((self._sequence, step.work))
        return step

    def remember(self, unit: Unit, work: Work) -> None:
        """What policies have just written becomes durable with the unit, and not before what they had written earlier."""
        if self._memories.written:
            taken = self._memories.take()
            work.state.update(taken)
            for owner in dict.fromkeys(owner for owner, _ in taken):
                executed = self._executed.setdefault(owner, deque())
                if not executed or executed[-1] is not unit:
                    executed.append(unit)

    async def pass_on(self, unit: Unit, step: Step) -> None:
        """Hand what a step put into memory channels to their groups; waits while a channel is full."""
        for append in step.work.append:
            self._uncommitted[append.channel] += len(append.records)
        for channel, pairs in step.into_memory.items():
            await self.memory[channel].put(self, unit, pairs)

    def finish_step(self, unit: Unit) -> None:
        """One step of a unit is done; the last one makes the unit ready to become durable."""
        if ARMED:
            hit("step.done")
        unit.outstanding -= 1
        if unit.outstanding == 0 and not unit.aborted:
            if not self._finished:
                self._finished_since = self._desk.stopwatch()
            self._finished.append(unit)
            if not self._commit_due:
                self._commit_soon()

    def _commit_soon(self) -> None:
        """Commit what is finished in this turn of the loop; what was going to wait for more waits no longer."""
        if self._collecting is not None:
            self._collecting.cancel()
            self._collecting = None
        self._commit_due = True
        asyncio.get_running_loop().call_soon(self._commit)

    @property
    def collects(self) -> bool:
        """Whether finished work may wait for more before it is committed."""
        return bool(self._desk.council.settle) or self.settings.commit_interval > 0

    def _collect(self) -> bool:
        """Whether to wait for more before the next commit; a while at most, and not when nothing more is to come."""
        if self.stopping or not self.collects:
            return False
        waited = self._desk.stopwatch() - self._finished_since
        wait = self.settings.commit_interval - waited
        if self._desk.council.settle:
            records = sum(unit.records for unit in self._finished)
            facts = Settlement(len(self._finished), records, waited, self.clock.now(), {})
            wait = max(wait, min(self._desk.council.settled(facts), _COLLECT - waited))
        if wait < _MOMENT:
            return False
        self._collecting = asyncio.get_running_loop().call_later(wait, self._commit)
        self._commit_due = True
        return True

    def _commit(self) -> None:
        self._commit_due = False
        self._collecting = None
        if not self._finished or self.has_failed:
            return
        try:
            if self._collect():
                return
        except RunFailed as error:
            self.fail(error)
            return
        everything = len(self._finished) == len(self._units)
        ready = self._finished if everything else consistent_cut(self._finished, self._executed)
        if not ready:
            return
        work = merged(ready)
        work.state.update(self._memories.take())  # decided outside of any step
        work.counts.update(self.faults.counts)
        work.ahead += self._wishes()
        safe = self._desk.stopwatch() - self._safe_since >= self._barrier
        try:
            if safe:
                appended = self.store.commit(work, self.run_id, self.clock.now())
            else:
                appended = self.store.commit(work, self.run_id, self.clock.now(), safe=False)
        except LeaseLost as lost:
            self.lost(lost)
            return
        except Exception as error:  # the store could not be written, or a bug: either way nothing may go on
            self.fail(error)
            return
        self._ahead |= {(lease.channel, lease.cursor): lease for lease in work.leased}
        self.faults.counts.clear()
        counts = self.counts
        for subject, n in work.counts.items():  # `Counter.update` costs more than all the rest of a small commit
            counts[subject] += n
        for channel, n in appended.items():
            counts[channel, "appended", ""] += n
            self._credit[channel] -= n
        for append in work.append:
            self._uncommitted[append.channel] -= len(append.records)
        self._finished = [] if everything else [unit for unit in self._finished if unit not in ready]
        self._finished_since = self._desk.stopwatch()
        for executed in self._executed.values():
            while executed and executed[0] in ready:
                executed.popleft()
        for (node, key), value in work.state.items():
            if node.startswith(OWNER):
                self._memories.committed(node, key, value)
            elif (memory := self.places[node].memory) is not None:
                memory.committed(key, value)
        for alarm in (*work.fired, *work.alarms):
            pending = self.places[alarm.node].alarms
            if pending.get(alarm.key) is alarm:
                del pending[alarm.key]
        for unit in ready:
            del self._units[unit]
            if not unit.committed.done():
                unit.committed.set_result(True)
        if safe:
            self._acknowledge()
        elif self._unsafe is None:
            left = self._barrier - (self._desk.stopwatch() - self._safe_since)
            self._unsafe = asyncio.get_running_loop().call_later(max(0.0, left), self._flush)
        self._announce(work)

    def lease_ahead(self, group: GroupPlan) -> None:
        """Take the next range of a group with the commit that is to come: a transaction of its own costs as much again.

        Only for stages that several processes may work on: what a process holds beyond its work cannot be handed over.
        """
        if not self.stopping:
            self._wanted.add((group.channel.name, group.cursor))

    def _wishes(self) -> list[Ahead]:
        until = self.clock.now() + self.settings.lease
        wishes = [Ahead(*name, self.settings.batch, until) for name in sorted(self._wanted) if name not in self._ahead]
        self._wanted.clear()
        return wishes

    def leased_ahead(self, group: GroupPlan) -> Lease | None:
        """What was taken so; it is the caller's then."""
        return self._ahead.pop((group.channel.name, group.cursor), None)

    def _flush(self) -> None:
        """Let the disk confirm what was committed since it last did."""
        if self._unsafe is None:
            return
        try:
            self.store.flush()
        except Exception as error:  # whether the last commits are there is unknown: nothing may be built on them
            self._unsafe = None
            self.fail(error)
        else:
            self._acknowledge()

    def _acknowledge(self) -> None:
        """Everything that was committed is safe now, and may be told."""
        if self._unsafe is not None:
            self._unsafe.cancel()
            self._unsafe = None
        self._safe_since = self._desk.stopwatch()
        if self._on_commit:
            self._on_commit(self.counts)

    def _announce(self, work: Work) -> None:
        """Tell those whom a commit concerns."""
        topics = {f"grew:{append.channel}" for append in work.append}
        topics.update([f"shrank:{trim.channel}" for trim in work.trim])
        topics.update([f"shrank:{lease.channel}" for lease in work.settle])
        topics.update([f"parked:{self.plan.nodes[row.node].stage}" for row in (*work.park, *work.unpark)])
        topics.update([f"alarms:{self.plan.nodes[alarm.node].stage}" for alarm in (*work.alarms, *work.fired)])
        if not self._units and (self.stopping or not self._open_sources):
            topics.add("quiet")
        self.tell(*sorted(topics))  # in one order, so that a simulation can be repeated

    def lost(self, lost: LeaseLost) -> None:
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
        self._uncommitted.clear()
        self._wanted.clear()
        self._ahead.clear()
        self._memories.forget()
        for executed in self._executed.values():
            executed.clear()
        for unit in units:
            unit.aborted = True
            if not unit.committed.done():
                unit.committed.set_result(False)
        self.store.release(self.run_id)
        for stage in self.stages:
            stage.claim = None
        self._shares.forget()
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
        if stage.plan.claim is None:
            return True
        if stage.claim is not None:
            return not stage.leaving
        if not self._shares.may_claim(stage):
            return False
        now = self.clock.now()
        stage.claim = self.store.claim(stage.plan.claim, self.run_id, now, now + self.settings.lease)
        if stage.claim is not None:
            self.forget(stage)
            self._shares.taken(stage)
        return stage.claim is not None

    def has_unfinished(self, stage: Stage) -> bool:
        """Whether a step of the stage is done and not durable."""
        return bool(self._executed[stage.plan.number])

    def capacity(self, channel: str) -> int:
        """Records that a channel, or an inbox of it, may hold."""
        known = self.plan.graph.channels[channel]
        own = self._desk.council.policies.numbers.capacity.get(logical(channel))
        return known.capacity if own is None else part_of(own, known.partitions)

    def has_room(self, outlets: Iterable[str]) -> bool:
        """Whether every one of these channels can take more, or a policy says what becomes of what it cannot take.

        Half of the room that there was is used up before anybody looks again: looking costs two queries a group.
        """
        for name in outlets:
            if (
                name in self._cursors
                and self._credit[name] <= 0
                and not self._look_for_room(name)
                and not self._may_overflow(name)
            ):
                return False
        return True

    def _look_for_room(self, name: str) -> bool:
        # what is on its way there does not count: it may have to wait for the very records that would be held back here
        room = self.capacity(name) - self._fullest(name)
        self._credit[name] = (room + 1) // 2
        return room > 0

    def _fullest(self, channel: str) -> int:
        return max((self.store.depth(channel, cursor).total for cursor in self._cursors[channel]), default=0)

    def waiting(self, channel: str) -> int:
        """Records in flight in a durable channel, of its slowest group, with those that are on their way there."""
        return self._fullest(channel) + self._uncommitted[channel]

    def _may_overflow(self, name: str) -> bool:
        """Whether a policy does not want to block when a durable channel is full."""
        if not self.has_a_say(name):
            return False
        channel = self.plan.graph.channels[name]
        facts = Overflow(
            logical(name), None, channel.kind, self.capacity(name), self.waiting(name), (), 0, channel.no_loss, 0.0, {}
        )
        answer, _ = self.full(facts, name)
        return not isinstance(answer, Delay)

    def has_a_say(self, channel: str) -> bool:
        """Whether a policy decides what becomes of what does not fit into a channel."""
        return channel in self._desk.council.overflow

    def full(self, facts: Overflow, channel: str | None = None) -> tuple[Decision | Mapping[int, Decision], str]:
        """What to do with what does not fit into a channel, or one partition of it, and who says so."""
        force_setattr(facts, "now", self.clock.now())
        return self._desk.council.full(channel or facts.channel, facts)

    def let_go(
        self, unit: Unit, group: GroupPlan, records: Sequence[Record], decisions: Sequence[Decision], by: str
    ) -> None:
        """Account, in their unit, for records that an inbox does not keep."""
        if not records:
            return
        stage = self.stages[self.plan.nodes[group.node].stage]
        self._sequence += 1
        ledger = Ledger(
            stage.plan, stage.places, self.clock.now(), self._desk,
            history=self.settings.history == "full", remember=lambda work: self.remember(unit, work),
        )  # fmt: skip  # where in one line, how in another
        place = stage.places[group.node]
        copies = [record.copy(at) for at, record in enumerate(records)]
        chunk = Chunk(group.subject, group.port, copies)
        ledger.work.counts[group.subject, "offered", ""] += len(copies)
        for record, decision in zip(copies, decisions, strict=True):
            ledger.withheld(place, chunk, record, None, decision, by)
        if self.settings.history == "full":
            ids = packed_ids([record.id for record in copies])
            ledger.work.steps.append(ledger.entry(group.subject, 0, len(copies), ids))
        for append in ledger.work.append:
            self._uncommitted[append.channel] += len(append.records)
        unit.steps.append((self._sequence, ledger.work))

    def _spilled(self, stage: int, channel: str) -> None:
        """From now on the stage waits for room in this channel too."""
        self.spills.setdefault(stage, set()).add(channel)

    # -- policies -----------------------------------------------------------------------------------------------

    @property
    def council(self) -> Council:
        """Everybody who may be asked now."""
        return self._desk.council

    @property
    def stopwatch(self) -> Callable[[], float]:
        """Seconds since whenever."""
        return self._desk.stopwatch

    def _convened(self, policies: PolicySet) -> Council:
        return Council(
            policies, self.plan.nodes, self.plan.graph.channels, self._memories, self.faults, self._watch,
            budget=self._budget, concurrency=self.settings.concurrency or None,
        )  # fmt: skip  # who in one line, how in another

    def rebind(self, policies: PolicySet, *, who: str, order: int | None = None) -> None:
        """Exchange the policies: every step that begins from now on sees the new ones, and the history says so.

        What waits keeps the time it was given, what was begun goes on as it began, and bindings that keep their name
        keep their memory.
        """
        old = self.council.policies
        self.settings = settings_under(policies.numbers, self.plan.graph.settings)
        self._desk.council = self._convened(policies)
        self._credit.clear()
        self._note_policies(old.digest, policies.digest, who, order)
        self._news.tell_all()

    def _note_policies(self, old: str, new: str, who: str, order: int | None) -> None:
        facts: dict[str, Any] = {"old": old, "new": new, "who": who}
        if order is not None:
            facts["order"] = order
        self.store.note(self.run_id, "policies", facts, self.clock.now())

    def _begin_policies(self) -> None:
        """Say which policies a run begins with, take the last order that was left, let old retries not come all at once."""
        if self.council.policies.digest:
            self._note_policies("", self.council.policies.digest, "start", None)
        self._obey()
        self.store.spread(self.clock.now())

    async def _take_orders(self) -> None:
        while True:
            await asyncio.sleep(max(_ORDERS, self.settings.idle_sleep))
            try:
                self._obey()
            except Exception as error:  # the store cannot be read or written: nothing else could go on either
                self.fail(error)
                return

    def _obey(self) -> None:
        """Do what the last order since the last look says; one that cannot be done is noted, and all stays as it is."""
        if self._on_order is None:
            return
        orders = [order for order in self.store.orders(self._orders_after) if order.kind == "policies"]
        if not orders:
            return
        order = orders[-1]
        self._orders_after = order.id
        try:
            policies = self._on_order(order)
        except PenstockError as error:
            _log.error("order %d is refused: %s", order.id, error)
            facts = {"order": order.id, "who": order.who, "error": str(error)}
            self.store.note(self.run_id, "order-refused", facts, self.clock.now())
            return
        self.rebind(policies, who=order.who, order=order.id)

    def _commit_counts(self) -> None:
        """What was counted since the last commit, and belongs to no unit."""
        work = Work(counts=Counter(self.faults.counts), state=self._memories.take())
        if work.counts or work.state:
            self.faults.counts.clear()
            self.store.commit(work, self.run_id, self.clock.now())
            self.counts.update(work.counts)

    async def _keep_house(self) -> None:
        """Renew what is held, give back what the dead hold, let old records go."""
        every = min(self.settings.lease / 3, 5.0)
        renewed = retained = self.clock.now()
        is_more = False  # old records wait to go: they do so in small pieces, with work in between
        while True:
            await asyncio.sleep(_BREATH if is_more else every)
            now = self.clock.now()
            try:
                if not is_more or now - renewed >= every:
                    renewed = now
                    self.store.renew(self.run_id, now, now + self.settings.lease)
                    if self.store.bury(now):
                        self._news.tell_all()
                if is_more or now - retained >= _RETAIN:
                    retained = now
                    is_more = self.store.retain(now, self.settings.history_retention) > 0
            except Exception as error:  # without this task every lease would run out, so the run has to end and say why
                self.fail(error)
                return

    def meters(self) -> dict[str, Meter]:
        """The service times of each node in this process, of all its copies together."""
        found: dict[str, Meter] = {}
        for place in self.places.values():
            found.setdefault(place.plan.name, Meter()).take_in(place.meter)
        return found

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


def settings_under(numbers: Numbers, settings: Settings) -> Settings:
    """The settings of a graph, with the numbers that stand in place of some of them."""
    own = {name: getattr(numbers, name) for name in _SETTINGS if getattr(numbers, name) is not None}
    return replace(settings, **own) if own else settings


def _cursors(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Durable channel -> the cursors of its groups."""
    return {channel.name: channel.cursors for channel in plan.durable_channels()}


__all__ = ["Driver", "RunFailed"]
