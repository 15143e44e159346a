"""Where steps begin: sources, durable groups, memory channels, parked deliveries, alarms.

Takes:   a `Driver` and a stage.
Gives:   `intakes_of`: one `Intake` for each of these, a loop that turns what comes in into units of work.
Ignores: what happens to a batch inside the stage (`step.py`), and when it becomes durable (`driver.py`).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from penstock._engine.clock import as_time
from penstock._engine.deciding import NOTHING, RunFailed
from penstock._engine.driver import Driver
from penstock._engine.failure import describe
from penstock._engine.inbox import Inbox
from penstock._engine.ledger import Chunk
from penstock._engine.reading import OWN_FAILURES, Reader, reader_for
from penstock._engine.stage import Stage
from penstock._engine.step import Step, arrival
from penstock._engine.unit import Reset, Unit
from penstock._store.codec import Unportable, packed_ids, portable
from penstock._store.facts import Alarm, Lease, Parked, Position
from penstock._store.interface import LeaseLost
from penstock.decisions import Decision, Delay, FailRun, Proceed
from penstock.failpoints import ARMED, hit
from penstock.points import Arrival
from penstock.record import Origin, Reading, Record, Undecodable
from penstock_findings import PenstockError

if TYPE_CHECKING:
    from penstock._engine.plan import GroupPlan, NodePlan

_log = logging.getLogger("penstock.run")
_AHEAD = 32  # units that may wait for memory channels behind one intake
_CLAIM = 0.5  # seconds between tries for what another process holds
_QUICK = 0.05  # seconds that a batch may take before more of them are taken ahead
_LONGEST_LOOK = 60.0  # seconds between questions to a policy that allows nothing; a swap or a stop wakes earlier


class SourceFailed(PenstockError):
    """A source went on failing. What it had handed over is safe; the run stops."""

    code = "R203"
    exit_code = 3


class Intake:
    """A loop that begins units of work on one stage."""

    def __init__(self, driver: Driver, stage: Stage, entry: str | None = None) -> None:
        self.driver = driver
        self.stage = stage
        self.nodes = [node.id for node in stage.plan.nodes]
        behind = stage.plan.outlets if entry is None else stage.plan.reach[entry]
        self.path = () if entry is None else stage.plan.paths[entry]  # nodes that what is taken leads to
        self.overlaps = any(not driver.plan.graph.channels[name].durable for name in behind)
        self.outlets = () if entry is None else behind  # that must have room; many entries: see `roomy`
        self.room = tuple(f"shrank:{name}" for name in behind)
        self.ahead: deque[asyncio.Future[bool]] = deque()

    async def run(self) -> None:
        """Work until the run stops."""
        raise NotImplementedError

    def idle(self) -> bool:
        """Whether there is nothing to do now and nothing to come."""
        raise NotImplementedError

    @property
    def window(self) -> int:
        """Units that may wait to become durable before the next one begins."""
        return _AHEAD if self.overlaps or self.driver.collects else 1

    async def ready(self) -> int:
        """Wait for the stage's claim, for room behind it and for leave to take something; how much, or 0 at the end."""
        driver = self.driver
        while not driver.stopping:
            if not driver.claim(self.stage):
                await driver.news(_CLAIM, f"share:{self.stage.plan.shared}")
            elif not driver.has_room((*self.outlets, *self.spills)):
                await driver.news(_CLAIM, *self.room)
            else:
                at_most, wait = self.leave(self.path)
                if at_most:
                    return at_most
                await driver.news(min(max(wait, 0.001), _LONGEST_LOOK))
        return 0

    def leave(self, path: Sequence[str]) -> tuple[int, float]:
        """How much policies allow to be taken for these nodes, and when to ask again if that is nothing."""
        driver = self.driver
        return driver.council.pull(
            path, driver.settings.batch, driver.clock.now(), lambda node: self.stage.places[node].runner.abandoned
        )

    @property
    def spills(self) -> Iterable[str]:
        """Channels that the stage has diverted records into: they have to have room as well."""
        return self.driver.spills.get(self.stage.plan.number, ())

    def roomy(self) -> tuple[dict[str, int], float]:
        """The nodes of the stage behind which every channel has room, and how much may be taken for each.

        And for how many seconds nothing may be taken for the others, as far as policies say so.
        """
        found = {}
        again = _LONGEST_LOOK
        for node in self.nodes:
            if self.driver.has_room((*self.stage.plan.reach[node], *self.spills)):
                at_most, wait = self.leave(self.stage.plan.paths[node])
                if at_most:
                    found[node] = at_most
                else:
                    again = min(again, max(wait, 0.01))
        return found, again

    def _wanting(self, roomy: Collection[str]) -> Sequence[str]:
        """News of room, for whoever has found some of the nodes of the stage without; most of the time nobody has."""
        return () if len(roomy) == len(self.nodes) else self.room

    async def begun(self, unit: Unit) -> None:
        """Wait until a unit is durable, or, where memory channels follow, until not too many are ahead."""
        self.ahead.append(unit.committed)
        while self.ahead and (len(self.ahead) >= self.window or self.ahead[0].done()):
            await self.oldest()

    async def oldest(self) -> None:
        """Wait until the oldest unit is durable; raises `Reset` when it was given up."""
        if not await self.ahead.popleft():
            raise Reset

    async def work(self, unit: Unit, step: Step) -> None:
        """Finish a step whose chunks are in place; call with the stage's lock held."""
        await step.walk()
        if unit.aborted:  # while it was working: what it has touched is not to be believed
            self.driver.forget(self.stage)


def _until(due: float | None, now: float) -> float:
    """Seconds to wait for what is due; another process may bring something earlier."""
    return 1.0 if due is None else min(1.0, max(0.001, due - now))


def _slotted(records: Sequence[Record]) -> Sequence[Record]:
    """Number the inputs of a step, so that their descendants can be told apart."""
    for at, record in enumerate(records):
        record.slot(at)
    return records


class SourceIntake(Intake):
    """Reads one source from where it was left."""

    def __init__(self, driver: Driver, stage: Stage, node: NodePlan) -> None:
        super().__init__(driver, stage, node.id)
        self.node = node
        self.place = stage.places[node.id]
        self._resource = f"source:{node.id}"
        self._fence: int | None = None
        self._generation = -1
        self._failures = 0
        self._failing_since = 0.0
        self._delay = 0.0  # that the last failure was answered with
        self._admitted = 0  # records, in this run
        self.ended = False

    def idle(self) -> bool:
        """A source is done when it has ended."""
        return self.ended

    async def run(self) -> None:
        """Read to the end, beginning again from the committed position after a failure or a lost lease."""
        while not self.ended and await self.ready():  # the stage first, always: two claims in two orders would lock
            if not self._claim():
                await self.driver.news(_CLAIM)
                continue
            try:
                await self._read_on()
                self._failures = 0
            except Reset:
                continue
            except SourceError as error:
                await self._recover(error.cause)
            finally:
                self.ahead.clear()

    async def _read_on(self) -> None:
        """Read from the committed position until the source ends or fails, or the run stops."""
        position = self.driver.store.position(self.node.id)
        self.place.context.position = position.position
        try:
            reader = reader_for(self.node, self.place.context, self.driver.settings, threads=self.driver.threads)
        except OWN_FAILURES as error:  # of a `read` that is no generator
            raise SourceError(error) from error
        try:
            await self._read(reader, position)
        finally:
            try:
                await reader.close()
            except Exception as error:  # what it handed over is safe, and there is nothing to do again
                _log.warning("source `%s` failed while it was closed: %r", self.node.id, error)

    def _claim(self) -> bool:
        if self._generation != self.driver.generation or self._fence is None:
            now = self.driver.clock.now()
            self._fence = self.driver.store.claim(
                self._resource, self.driver.run_id, now, now + self.driver.settings.lease
            )
            self._generation = self.driver.generation
        return self._fence is not None

    async def _read(self, reader: Reader, position: Position) -> None:
        count = position.count
        while at_most := await self.ready():
            items, ended, error = await reader.pull(at_most, lambda: self.driver.stopping)
            if items:
                if ARMED:
                    hit("source.read")
                behind = _position_behind(items[-1])
                verdicts = await self._verdicts(items, count)
                if verdicts is None:  # the run stops; what is in hand will be read again
                    return
                unit = self.driver.begin_unit(len(items))
                await self._carry(unit, items, Position(behind, count + len(items)), verdicts)
                count += len(items)
                await self.begun(unit)
                self._failures = 0
            if error is not None or ended:
                while self.ahead:
                    await self.oldest()
            if error is not None:
                raise SourceError(error)
            if ended:
                self.ended = True
                self.driver.source_ended()
                return
            if not items and self.driver.stopping:
                return

    async def _verdicts(
        self, items: Sequence[Reading | Undecodable], count: int
    ) -> Mapping[int, tuple[Decision, str]] | None:
        """What policies say of some of the items; waits while one of them says so, None when the run stops meanwhile."""
        driver, node = self.driver, self.node.id
        if not driver.council.nodes[node].admit:
            return NOTHING
        origin = Origin(node, as_time(driver.clock.now()))
        left = [slot for slot, item in enumerate(items) if isinstance(item, Reading)]
        records = {slot: arrival(self.place, items[slot], count, slot, origin)[0] for slot in left}
        verdicts: dict[int, tuple[Decision, str]] = {}
        heard: set[str] = set()
        generation = driver.generation
        while voice := next((v for v in driver.council.nodes[node].admit if v.name not in heard), None):
            if not left:
                break
            now = driver.clock.now()
            facts = Arrival(node, [records[slot] for slot in left], now, self._admitted, now - driver.began, {})
            answer = driver.council.admit(voice, facts)
            if isinstance(answer, Delay):
                driver.faults.counts[node, "delayed", voice.name] += len(left)
                await driver.news(min(max(answer.after, 0.001), _LONGEST_LOOK))
                if driver.stopping:
                    return None
                if driver.generation != generation:
                    raise Reset
                continue
            heard.add(voice.name)
            if isinstance(answer, FailRun):
                raise RunFailed(f"policy `{voice.name}` stops the run: {answer.reason}")
            said = answer if isinstance(answer, Mapping) else dict.fromkeys(range(len(left)), answer)
            gone = {left[at]: one for at, one in said.items() if not isinstance(one, Proceed)}
            verdicts |= {slot: (one, voice.name) for slot, one in gone.items()}
            left = [slot for slot in left if slot not in gone]
        self._admitted += len(left)
        return verdicts

    async def _carry(
        self,
        unit: Unit,
        items: list[Reading | Undecodable],
        behind: Position,
        verdicts: Mapping[int, tuple[Decision, str]],
    ) -> None:
        count = behind.count - len(items)
        async with self.stage.lock:
            if unit.aborted:
                return
            step = self.driver.new_step(self.stage, unit)
            if self._fence is not None:
                step.work.claims[self._resource] = self._fence
            ids = step.admit(self.place, items, count, verdicts)
            self.driver.remember(unit, step.work)  # what policies have noted of these items goes with them
            step.work.positions[self.node.id] = behind
            await self.work(unit, step)
            if self.driver.settings.history == "full":
                step.work.steps.append(step.entry(self._resource, count, len(items), ids))
        await self.driver.pass_on(unit, step)
        self.driver.finish_step(unit)

    async def _recover(self, error: BaseException) -> None:
        """A source that fails is asked again from its committed position, like a record: three times, ever later."""
        if isinstance(error, PenstockError):  # it says itself that somebody has to mend something first
            raise error
        now = self.driver.clock.now()
        if not self._failures:
            self._failing_since, self._delay = now, 0.0
        self._failures += 1
        rules = self.driver.council.nodes[self.node.id]
        failure = describe(
            error, node=self.node.id, record=None, attempt=self._failures, now=now, first=self._failing_since,
            previous_delay=self._delay, own=rules.own, offered=rules.offered,
        )  # fmt: skip  # what failed in one line, how it is classed in another
        decision = self.driver.council.failure(rules.failure, failure)
        if not isinstance(decision, Delay):
            raise SourceFailed(
                f"source `{self.node.id}` failed {self._failures} times: {failure.error}",
                hint="what it had handed over is safe; mend the cause and run again",
            ) from error
        self._delay = decision.after
        self.driver.faults.counts[self.node.id, "retried", failure.failure_class.value] += 1
        until = now + decision.after
        while not self.driver.stopping and (left := until - self.driver.clock.now()) > 0:
            await self.driver.news(left)


class SourceError(Exception):
    """A source raised; carries what it raised."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(repr(cause))
        self.cause = cause


def _position_behind(item: Reading | Undecodable) -> Any:
    """The position to resume from; raises `SourceError` for one that would not come back as it is."""
    try:
        portable(item.position)
    except Unportable as error:
        raise SourceError(Unportable(f"position: {error}")) from error
    return item.position


class GroupIntake(Intake):
    """Leases ranges of a durable channel for one group."""

    def __init__(self, driver: Driver, stage: Stage, group: GroupPlan) -> None:
        super().__init__(driver, stage, group.node)
        self.group = group

    @property
    def spills(self) -> Iterable[str]:
        """As for others, but for the channel that is emptied here: to wait for that would be to wait for oneself."""
        return [name for name in super().spills if name != self.group.channel.name]

    def idle(self) -> bool:
        """Nothing waits and nothing is leased, by anybody."""
        return self.driver.store.depth(self.group.channel.name, self.group.cursor).total == 0

    async def run(self) -> None:
        """Take, carry, settle."""
        driver, group = self.driver, self.group
        while at_most := await self.ready():
            try:
                lease = driver.leased_ahead(group) or self._lease(at_most)
            except LeaseLost as lost:
                driver.lost(lost)
                self.ahead.clear()
                continue
            if lease is None:
                await driver.news(driver.settings.idle_sleep, f"grew:{group.channel.name}")
                continue
            unit = driver.begin_unit(lease.end - lease.start)
            begun = driver.stopwatch()
            try:
                await self._carry(unit, lease)
                quick = driver.stopwatch() - begun < _QUICK  # what takes longer is better shared with other processes
                if quick and self.stage.plan.claim is None and not self._may_be_held:
                    driver.lease_ahead(group)
                await self.begun(unit)
            except (Reset, LeaseLost):
                self.ahead.clear()

    @property
    def _may_be_held(self) -> bool:
        """Whether a policy may want less than a whole batch next time: what is leased ahead cannot be given back in part."""
        return any(self.driver.council.nodes[node].dispatch for node in self.path)

    def _lease(self, at_most: int) -> Lease | None:
        driver, group, now = self.driver, self.group, self.driver.clock.now()
        until = now + driver.settings.lease
        return driver.store.lease(group.channel.name, group.cursor, at_most, driver.run_id, now, until)

    async def _carry(self, unit: Unit, lease: Lease) -> None:
        async with self.stage.lock:
            if unit.aborted:
                return
            step = self.driver.new_step(self.stage, unit)
            step.work.settle.append(lease)
            if lease.lost:
                step.work.counts[self.group.subject, "dropped", "corrupt"] += lease.lost
            else:
                step.add(self.group.node, Chunk(self.group.subject, self.group.port, _slotted(lease.records)))
                await self.work(unit, step)
            if self.driver.settings.history == "full":
                step.work.steps.append(step.entry(self.group.subject, lease.start, lease.end - lease.start, b""))
        await self.driver.pass_on(unit, step)
        self.driver.finish_step(unit)


class MemoryIntake(Intake):
    """Takes pieces from a memory channel; they belong to the units that they came from."""

    def __init__(self, driver: Driver, stage: Stage, group: GroupPlan, inbox: Inbox) -> None:
        super().__init__(driver, stage, group.node)
        self.group = group
        self.inbox = inbox

    def idle(self) -> bool:
        """Nothing waits."""
        return not self.inbox.pieces

    async def run(self) -> None:
        """Take and carry, also while the run winds down: what waits here belongs to work that was begun."""
        while not self.driver.stopping or self.inbox.pieces or self.driver.active:
            if not self.inbox.pieces or not self.driver.claim(self.stage) or not self._has_room():
                await self.driver.news(0.2, f"grew:{self.group.channel.name}", "quiet", *self.room)
                continue
            # at the end of a run nothing is left to wait here: what may not be attempted yet waits in the store
            at_most, wait = (self.inbox.size, 0.0) if self.driver.stopping else self.leave(self.path)
            if not at_most:
                await self.driver.news(min(max(wait, 0.001), _LONGEST_LOOK), "quiet")
                continue
            await self._carry(*self.inbox.take(at_most))

    def _has_room(self) -> bool:
        """At the end of a run there is always room: those who could make some have stopped, and no more is begun."""
        return self.driver.stopping or self.driver.has_room((*self.outlets, *self.spills))

    async def _carry(self, unit: Unit, records: list[Record]) -> None:
        async with self.stage.lock:
            if unit.aborted:
                return
            step = self.driver.new_step(self.stage, unit)
            step.work.counts[self.group.subject, "offered", ""] += len(records)
            copies = [record.copy(at) for at, record in enumerate(records)]
            step.add(self.group.node, Chunk(self.group.subject, self.group.port, copies))
            await self.work(unit, step)
            if self.driver.settings.history == "full":
                ids = packed_ids([record.id for record in records])
                step.work.steps.append(step.entry(self.group.subject, 0, len(records), ids))
        self.driver.tell(f"shrank:{self.group.channel.name}")
        await self.driver.pass_on(unit, step)
        self.driver.finish_step(unit)


class ParkedIntake(Intake):
    """Takes parked deliveries whose time has come, for all nodes of a stage."""

    def idle(self) -> bool:
        """Nothing waits for another attempt."""
        return self.driver.store.next_parked(self.nodes) is None

    async def run(self) -> None:
        """Wait for what is due, carry it."""
        driver = self.driver
        while await self.ready():
            now = driver.clock.now()
            rows, wait, room = self._due(now)
            if not rows:
                await driver.news(wait, f"parked:{self.stage.plan.number}", *room)
                continue
            unit = driver.begin_unit(len(rows))
            try:
                await self._carry(unit, rows)
                await self.begun(unit)
            except Reset:
                self.ahead.clear()

    def _due(self, now: float) -> tuple[list[Parked], float, Sequence[str]]:
        """What may be attempted now, and when or after what news of room to look again if that is nothing.

        A batch of nodes that may have as much, or as much as one may have that may not.  What is due at nodes that may
        have nothing is no reason to look again before their policies have said so.
        """
        driver = self.driver
        batch = driver.settings.batch
        leave, again = self.roomy()
        free = [node for node, at_most in leave.items() if at_most >= batch]
        for nodes, limit in ((free, batch), *(([node], n) for node, n in leave.items() if n < batch)):
            rows = driver.store.due(nodes, limit, driver.run_id, now, now + driver.settings.lease)
            if rows:
                return rows, 0.0, ()
        due = driver.store.next_parked(tuple(leave)) if leave else None
        return [], min(_until(due, now), max(again, 0.001)), self._wanting(leave)

    async def _carry(self, unit: Unit, rows: list[Parked]) -> None:
        chunks: dict[tuple[str, str, str], list[Parked]] = {}
        _slotted([row.record for row in rows])
        for row in rows:
            chunks.setdefault((row.node, row.port, row.subject), []).append(row)
        async with self.stage.lock:
            if unit.aborted:
                return
            step = self.driver.new_step(self.stage, unit)
            for (node, port, subject), some in chunks.items():
                step.add(node, Chunk(subject, port, [row.record for row in some], some))
            await self.work(unit, step)
            if self.driver.settings.history == "full":
                ids = packed_ids([row.record.id for row in rows])
                step.work.steps.append(step.entry("parked", 0, len(rows), ids))
        await self.driver.pass_on(unit, step)
        self.driver.finish_step(unit)


class AlarmIntake(Intake):
    """Rings alarms that are due; at the end of a run until idle, those that are left, in due order."""

    def __init__(self, driver: Driver, stage: Stage) -> None:
        super().__init__(driver, stage)
        self._rounds = len(driver.plan.stages)  # a node that answers an alarm with an alarm must not go on for ever
        self._attempts: dict[tuple[str, str], int] = {}
        self._again: dict[tuple[str, str], float] = {}  # alarms that have failed -> when they ring again

    def idle(self) -> bool:
        """No alarm is left, or they have been brought forward often enough and none has to ring again after a failure."""
        if self.driver.store.next_alarm(self.nodes) is None:
            return True
        if self._rounds > 0 or not self._again:
            return self._rounds <= 0
        left = self.driver.store.alarms(self.nodes, 1_000_000, max(self._again.values()))
        return not any(self._again.get((alarm.node, alarm.key)) == alarm.due for alarm in left)

    async def run(self) -> None:
        """Wait for what is due, ring it."""
        driver = self.driver
        while await self.ready():
            now = driver.clock.now()
            early = (
                driver.until_idle
                and self._rounds > 0
                and driver.is_quiet(lambda intake: isinstance(intake, AlarmIntake))
            )
            nodes = [node for node in self.nodes if self.driver.has_room(self.stage.plan.reach[node])]
            alarms = driver.store.alarms(
                nodes, 1_000_000 if early else driver.settings.batch, float("inf") if early else now
            )
            settled = [alarm for alarm in alarms if self._is_settled(alarm)]
            if not settled:
                due = None if alarms else driver.store.next_alarm(nodes)
                news = (f"alarms:{self.stage.plan.number}", "quiet", *self._wanting(nodes))
                await driver.news(_until(due, now), *news)
                continue
            self._rounds -= early
            for start in range(0, len(settled), driver.settings.batch):
                if not driver.claim(self.stage):  # it is handed over: the rest rings elsewhere
                    break
                unit = driver.begin_unit(len(settled[start : start + driver.settings.batch]))
                try:
                    await self._carry(unit, settled[start : start + driver.settings.batch])
                    await self.begun(unit)
                except Reset:
                    self.ahead.clear()
                    break

    def _is_settled(self, alarm: Alarm) -> bool:
        """Whether what the store says of an alarm holds: nothing that is on its way to the store is about it."""
        return alarm.key not in self.stage.places[alarm.node].alarms

    def _still(self, alarms: list[Alarm]) -> list[Alarm]:
        """Those that nobody has moved, taken away or rung since they were read; call with the stage's lock held."""
        last = max(alarm.due or 0.0 for alarm in alarms)
        now = {(a.node, a.key): a.due for a in self.driver.store.alarms(self.nodes, 1_000_000, last)}
        return [a for a in alarms if self._is_settled(a) and now.get((a.node, a.key)) == a.due]

    async def _carry(self, unit: Unit, alarms: list[Alarm]) -> None:
        async with self.stage.lock:
            if unit.aborted:
                return
            step = self.driver.new_step(self.stage, unit)
            for alarm in self._still(alarms):
                name = (alarm.node, alarm.key)
                self._again.pop(name, None)
                error = await step.ring(self.stage.places[alarm.node], alarm)
                if error is None:
                    self._attempts.pop(name, None)
                    continue
                self._attempts[name] = self._attempts.get(name, 0) + 1
                again = step.alarm_failed(self.stage.places[alarm.node], alarm, error, self._attempts[name])
                if again is None:
                    del self._attempts[name]
                else:
                    self._again[name] = again
            await self.work(unit, step)
            if self.driver.settings.history == "full":
                step.work.steps.append(step.entry("alarms", 0, 0, b""))
        await self.driver.pass_on(unit, step)
        self.driver.finish_step(unit)


def intakes_of(driver: Driver) -> list[Intake]:
    """Everything that feeds the stages of a run, stage by stage."""
    return [intake for stage in driver.stages for intake in _feeding(driver, stage)]


def _feeding(driver: Driver, stage: Stage) -> Iterator[Intake]:
    for node in stage.plan.sources:
        yield SourceIntake(driver, stage, node)
    for group in stage.plan.groups:
        if group.channel.durable:
            yield GroupIntake(driver, stage, group)
        else:
            yield MemoryIntake(driver, stage, group, driver.memory[group.channel.name].join(group))
    yield ParkedIntake(driver, stage)
    if any(callable(getattr(node.instance, "on_timer", None)) for node in stage.plan.nodes):
        yield AlarmIntake(driver, stage)
