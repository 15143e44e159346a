"""One step: carry a batch through the nodes of a stage and note, as one `Work`, everything that it changes.

Takes:   a batch for one node of a stage.
Gives:   the step's `Work` (outputs, state, alarms, parked and dead records, counts, history) and what goes into memory channels.
Ignores: where the batch came from, when the work becomes durable (`driver.py`).
"""

from __future__ import annotations

import time
import zlib
from asyncio import CancelledError
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

import msgspec
from msgspec.structs import force_setattr

from penstock._engine.clock import as_time
from penstock._engine.context import NodeContext, NodeMemory
from penstock._engine.failure import FailurePolicy, ask, describe, is_name, plain
from penstock._engine.meter import Meter
from penstock._engine.plan import NodePlan, Route, StagePlan
from penstock._engine.runner import Behind, Dropped, Outputs, Runner
from penstock._store.codec import Unportable, encode_record, packed_ids, storable
from penstock._store.facts import Alarm, Append, DeadLetter, Parked, StepEntry, Work
from penstock.decisions import DeadLetter as DeadLetterIt
from penstock.decisions import Delay, Divert, DropIt, FailRun, FailureClass
from penstock.record import Origin, Reading, Record, Undecodable, derive_id
from penstock.sdk import Timer
from penstock_findings import PenstockError

Check = Callable[[Any], "str | None"]  # payload -> what is wrong with it


class RunFailed(PenstockError):
    """A policy has decided that the run must stop; the record stays where it was."""

    code = "R205"
    exit_code = 3


@dataclass(slots=True)
class Place:
    """A node of a stage while it runs: its runner, memory, meters, and what its ports must satisfy."""

    plan: NodePlan
    runner: Runner
    context: NodeContext
    memory: NodeMemory | None
    policy: FailurePolicy
    meter: Meter = field(default_factory=Meter)
    input_checks: dict[str, Check] = field(default_factory=dict)  # port -> check, where the sender does not promise it
    output_checks: dict[str, Check] = field(default_factory=dict)
    salts: dict[str, bytes] = field(default_factory=dict)  # output port -> what ids are derived with
    durable: frozenset[str] = frozenset()  # output ports that lead into a durable channel
    lanes: Counter[str] = field(default_factory=Counter)  # ordered node: key -> parked deliveries
    alarms: dict[str, Alarm] = field(default_factory=dict)  # key -> its last change that is not durable yet

    fast: bool = field(init=False)  # whether records may pass without bookkeeping of their own
    checked: bool = field(init=False)  # whether any output has to be looked at before it counts

    def __post_init__(self) -> None:
        self.fast = self.runner.plain and not (self.input_checks or self.memory or self.plan.spec.ordered)
        self.checked = bool(self.output_checks or self.durable)


@dataclass(slots=True)
class Chunk:
    """Records on their way to one port of one node."""

    subject: str  # the link or group that offered them
    port: str
    records: Sequence[Record]
    parked: Sequence[Parked] | None = None  # their rows, when they come back for another attempt


class Step:
    """One pass of a batch through a stage."""

    def __init__(self, stage: StagePlan, places: dict[str, Place], now: float, *, history: bool) -> None:
        self.work = Work()
        self.into_memory: dict[str, list[tuple[str, Record]]] = defaultdict(list)  # channel -> (link, record)
        self._stage = stage
        self._places = places
        self._now = now
        self._history = history
        self._inbox: dict[str, list[Chunk]] = defaultdict(list)
        self._ends: dict[str, list[int]] = defaultdict(list)  # outcome -> inputs that ended so, once for each end

    # -- the walk -----------------------------------------------------------------------------------------------

    def add(self, entry: str, chunk: Chunk) -> None:
        """Put a chunk before a node; `walk` carries it to wherever it ends."""
        self._inbox[entry].append(chunk)

    def admit(self, place: Place, items: Sequence[Reading | Undecodable], count: int) -> bytes:
        """Turn what a source has handed over into records at its output port; their ids when history wants them."""
        node, port = place.plan.id, place.runner.port
        origin = Origin(node, as_time(self._now))
        salt, contract = place.salts[port], place.plan.output_contracts.get(port)
        if not place.checked and _are_plain(items):
            records = [
                Record(
                    item.payload, item.key, item.attributes, item.event_time, None, slot, salt, count + slot, contract, origin, 1,
                )
                for slot, item in enumerate(items)
            ]  # fmt: skip  # in the order of the fields
            self.work.counts[node, "in", ""] += len(items)
            self.emit(place, port, records, None)
            return packed_ids([record.id for record in records]) if self._history else b""
        return self._admit_carefully(place, items, count, origin)

    def _admit_carefully(
        self, place: Place, items: Sequence[Reading | Undecodable], count: int, origin: Origin
    ) -> bytes:
        """Readings with names of their own, for a port that checks or keeps them, or that are none at all."""
        node, port = place.plan.id, place.runner.port
        salt, contract = place.salts[port], place.plan.output_contracts.get(port)
        records: list[Record] = []
        everything: list[Record] = []
        payloads: list[bytes] | None = [] if place.checked else None
        for slot, item in enumerate(items):
            if isinstance(item, Undecodable):
                record = Record(None, _origin=origin, _hops=1, _salt=salt, _position=count + slot, _slot=slot)
                everything.append(record)
                self._undecodable(place, record, item)
                continue
            name, position, correlation, odd = salt, count + slot, item.correlation, ""
            if item.identity is not None or correlation is not None:
                odd = "" if item.identity is None or is_name(item.identity) else "identity"
                odd = odd or ("" if correlation is None or is_name(correlation) else "correlation")
                if odd:
                    correlation = None
                elif item.identity is not None:
                    name, position = salt + b"\0=" + item.identity.encode(), 0
            record = Record(
                item.payload, item.key, item.attributes, item.event_time, None, slot, name, position,
                contract, origin, 1, None, None, correlation,
            )  # fmt: skip  # in the order of the fields
            everything.append(record)
            try:
                if odd:
                    raise Unportable(f"`{odd}` of a reading is text, not {getattr(item, odd)!r}")
                if payloads is not None:
                    payloads.append(self._checked(place, port, record))
            except (Unportable, ContractBroken) as error:
                self._refused(place, record, error)
                continue
            records.append(record)
        self.work.counts[node, "in", ""] += len(items)
        self.emit(place, port, records, payloads)
        return packed_ids([record.id for record in everything]) if self._history else b""

    def _undecodable(self, place: Place, record: Record, item: Undecodable) -> None:
        self._bury(place, record, "decode", FailureClass.DECODE, raw_bytes(item.data), "raw", [plain(item.error)])

    def _refused(self, place: Place, record: Record, error: Exception) -> None:
        self._bury(
            place,
            record,
            "contract",
            FailureClass.CONTRACT,
            *kept_bytes(record),
            [f"{type(error).__name__}: {plain(error)}"],
        )

    def _bury(
        self,
        place: Place,
        record: Record,
        reason: str,
        kind: FailureClass,
        body: bytes,
        encoding: str,
        causes: list[str],
    ) -> None:
        """A dead letter of a source, or of an alarm: there is no delivery to attempt again."""
        node = place.plan.id
        self.work.dead.append(
            DeadLetter(
                node, node, record.id, reason, kind.value, body, encoding, 1, causes, self._now, record.correlation, ""
            )
        )
        self.work.counts[node, "dead", reason] += 1
        self._end(f"{node} dead: {reason}", (record,))

    def alarm_failed(self, place: Place, alarm: Alarm, error: Exception, attempt: int) -> float | None:
        """Ring an alarm again later, and say when, or keep it as a dead letter, as the failure policy says."""
        if isinstance(error, PenstockError):
            raise RunFailed(f"node `{place.plan.id}` cannot go on: {error}", findings=error.findings) from error
        record = _mark(place, alarm)
        failure = describe(
            error, node=place.plan.id, record_id=record.id, attempt=attempt, elapsed=0.0, failure_class=_class_of(error)
        )
        decision = ask(place.policy, failure)
        self._change_alarms(place, fired=alarm)
        if isinstance(decision, FailRun):
            raise RunFailed(f"node `{place.plan.id}`: {decision.reason}: {failure.error}") from error
        if isinstance(decision, Delay):
            again = replace(alarm, due=self._now + decision.after)
            self._change_alarms(place, again)
            return again.due
        reason = decision.reason if isinstance(decision, DeadLetterIt) else failure.failure_class.value
        self._bury(place, record, reason, failure.failure_class, *kept_bytes(record), [failure.error])
        return None

    async def walk(self) -> None:
        """Work off what waits in the inboxes, in topological order."""
        for node in self._stage.nodes:
            chunks = self._inbox.pop(node.id, None)
            for chunk in chunks or ():
                await self._work(self._places[node.id], chunk)

    async def ring(self, place: Place, alarm: Alarm) -> Exception | None:
        """Let a node answer one alarm; what it emits goes on through the stage. Gives the failure, if any."""
        mark = _mark(place, alarm)
        place.context.now = self._now
        place.context.begin(mark, 1)
        try:
            outputs = await place.runner.rung(Timer(alarm.key, alarm.due or 0.0, alarm.payload))
            payloads = [self._checked(place, port, out) for port, out in outputs]
        except Exception as error:  # the alarm's own failure, whatever it is
            place.context.take_changes()
            return error
        for (port, made), payload in zip(self._flat(place, mark, outputs), payloads, strict=True):
            self.emit(place, port, [made], [payload])
        self._change_alarms(place, fired=alarm)
        self._keep(place, place.context)
        self.work.counts[place.plan.id, "alarms", ""] += 1
        await self.walk()
        return None

    def emit(self, place: Place, port: str, records: list[Record], payloads: list[bytes] | None) -> None:
        """Put what left an output port where its links lead."""
        routes = place.plan.routes.get(port)
        counts = self.work.counts
        counts[place.plan.id, "out", ""] += len(records)
        if not routes:
            routes = [Route(f"{place.plan.id}.{port}")]
            counts[routes[0].link, "dropped", "unbound"] += len(records)
            self._end("unbound", records)
        for route in routes:
            counts[route.link, "offered", ""] += len(records)
            if route.node:
                self._inbox[route.node].append(Chunk(route.link, route.port, records))
            elif route.channel and route.durable:
                self.work.append.append(Append(route.channel, place.plan.id, route.link, records, payloads or []))
                self._end(f"-> {route.channel}", records)
            elif route.channel:
                counts[route.link, "handled", ""] += len(records)
                self.into_memory[route.channel] += [(route.link, record) for record in records]
                self._end(f"-> {route.channel}", records)

    async def _work(self, place: Place, chunk: Chunk) -> None:
        counts = self.work.counts
        place.context.now = self._now
        begun = time.perf_counter_ns()
        if place.fast and chunk.parked is None:
            failed = self._fast(place, chunk)
        else:
            failed = await self._careful(place, chunk)
        n = len(chunk.records)
        place.meter.add((time.perf_counter_ns() - begun) // max(n, 1), n)
        counts[place.plan.id, "in", ""] += n
        counts[chunk.subject, "handled", ""] += n - failed

    def _fast(self, place: Place, chunk: Chunk) -> int:
        """Plain nodes, first attempts: nothing is paid for that only a failing record would have to pay."""
        context, call, runner = place.context, place.runner.one, place.runner
        port = runner.port
        salt = place.salts.get(port, b"")
        contract = place.plan.output_contracts.get(port)
        checked = place.checked and (port in place.durable or port in place.output_checks)
        made: list[Record] = []
        payloads: list[bytes] = []
        by_port = {port: (made, payloads)}
        filtered: list[Record] = []
        failed = 0
        context.attempt = 1
        for record in chunk.records:
            context.record = record
            try:
                result = call(record, context)
                if result.__class__ is Record:
                    if checked:
                        payloads.append(self._checked(place, port, result))
                    if contract is None and result._parent is record and result._salt is None:  # `placed`, in short
                        force_setattr(result, "_salt", salt)
                        made.append(result)
                    else:
                        made.append(placed(record, result, salt, 0, contract))
                elif result is None or not self._emitted(place, record, runner.outputs(result), by_port):
                    filtered.append(record)
            except (Exception, CancelledError) as error:  # the record's own failure, whatever it is
                failed += self._failed(place, chunk, record, None, error)
        for name, (records, texts) in by_port.items():
            if records:
                self.emit(place, name, records, texts)
        self._filtered(place, filtered)
        return failed

    def _emitted(
        self, place: Place, record: Record, outputs: Outputs, by_port: dict[str, tuple[list[Record], list[bytes]]]
    ) -> bool:
        """Put all that a node made of one record where it belongs, or raise before any of it is there."""
        checked = [self._checked(place, port, out) for port, out in outputs]
        for (port, made), payload in zip(self._flat(place, record, outputs), checked, strict=True):
            records, payloads = by_port.setdefault(port, ([], []))
            records.append(made)
            payloads.append(payload)
        return bool(outputs)

    async def _careful(self, place: Place, chunk: Chunk) -> int:
        """Everything else: contracts, durable outputs, state, order, batches, threads, concurrency, later attempts."""
        spec = place.plan.spec
        rows = dict(enumerate(chunk.parked or ()))
        records = list(chunk.records)
        failed = 0
        errors: dict[int, Exception] = {}
        ready = []
        check = place.input_checks.get(chunk.port)
        for at, record in enumerate(records):
            if spec.ordered and not (record.key is None or is_name(record.key)):
                errors[at] = Unportable(f"the key of a record is text, not {record.key!r}")
            elif spec.ordered and at not in rows and record.key is not None and place.lanes[record.key]:
                failed += self._queue_behind(place, chunk, record)
            elif check and (wrong := check(record.payload)):
                errors[at] = ContractBroken(f"input port `{chunk.port}`: {wrong}")
            else:
                ready.append(at)
        by_port: dict[str, tuple[list[Record], list[bytes]]] = {}
        filtered: list[Record] = []

        def accept(at: int, record: Record, result: Outputs) -> Exception | None:
            try:
                if not self._emitted(place, record, result, by_port):
                    filtered.append(record)
            except (Unportable, ContractBroken) as error:
                return error
            row = rows.get(ready[at])
            if row is not None:
                self.work.unpark.append(row)
                self._leave_lane(place, row)
            return None

        def attempt(at: int) -> int:
            row = rows.get(ready[at])
            return row.attempts + 1 if row else 1

        batch = [records[at] for at in ready]
        behind: list[Record] = []
        for at, error in enumerate(
            await place.runner.run(batch, attempt, accept, lambda context: self._keep(place, context))
        ):
            if isinstance(error, Behind):
                behind.append(batch[at])
            elif error is not None:
                errors[ready[at]] = error
        for port, (made, payloads) in by_port.items():
            self.emit(place, port, made, payloads)
        self._filtered(place, filtered)
        for at in sorted(errors):
            failed += self._failed(place, chunk, records[at], rows.get(at), errors[at])
        for record in behind:  # after the failures, so that their rows come first
            failed += self._queue_behind(place, chunk, record)
        return failed

    def _checked(self, place: Place, port: str, record: Record) -> bytes:
        """What an output must satisfy before any output of its input counts; its JSON text when it will be stored."""
        check = place.output_checks.get(port)
        if check and (wrong := check(record.payload)):
            raise ContractBroken(f"output port `{port}`: {wrong}")
        return storable(record) if port in place.durable else b""

    @staticmethod
    def _flat(place: Place, record: Record, outputs: Outputs) -> Outputs:
        positions: dict[str, int] = {}
        made = []
        for port, out in outputs:
            position = positions.get(port, 0)
            positions[port] = position + 1
            contract = place.plan.output_contracts.get(port)
            made.append((port, placed(record, out, place.salts[port], position, contract)))
        return made

    def _filtered(self, place: Place, records: list[Record]) -> None:
        if records and place.plan.spec.outputs:
            self.work.counts[place.plan.id, "filtered", ""] += len(records)
            self._end(f"{place.plan.id} filtered", records)
        elif records:
            self._end(f"{place.plan.id} delivered", records)

    def _keep(self, place: Place, context: NodeContext) -> None:
        if not context.touched:
            return
        writes, alarms = context.take_changes()
        if place.memory is not None:
            place.memory.pending.update(writes)
        for key, value in writes.items():
            self.work.state[place.plan.id, key] = value
        self._change_alarms(place, *alarms)

    def _change_alarms(self, place: Place, *alarms: Alarm, fired: Alarm | None = None) -> None:
        """Note changes of alarms, also at the node: until they are durable, the store is wrong about these keys."""
        if fired is not None:
            self.work.fired.append(fired)
            place.alarms[fired.key] = fired
        for alarm in alarms:
            self.work.alarms.append(alarm)
            place.alarms[alarm.key] = alarm

    # -- failures -----------------------------------------------------------------------------------------------

    def _failed(self, place: Place, chunk: Chunk, record: Record, row: Parked | None, error: BaseException) -> int:
        """Act on what the failure policy says; 1 when the record is not handled by that, as it almost always is."""
        node, counts = place.plan.id, self.work.counts
        if isinstance(error, Dropped):
            return self._give_up(place, chunk, record, row, plain(error.reason))
        if isinstance(error, PenstockError):  # not about this record: somebody has to mend something first
            raise RunFailed(f"node `{node}` cannot go on: {error}", findings=error.findings) from error
        attempt = row.attempts + 1 if row else 1
        first = row.first if row else self._now
        failure = describe(
            error, node=node, record_id=record.id, attempt=attempt, elapsed=self._now - first,
            failure_class=_class_of(error),
        )  # fmt: skip  # what failed in one line, how it is classed in another
        causes = [*(row.causes if row else ()), failure.error]
        decision = ask(place.policy, failure)
        if isinstance(decision, FailRun):
            raise RunFailed(f"node `{node}`: {decision.reason}: {failure.error}") from error
        if isinstance(decision, DropIt):
            return self._give_up(place, chunk, record, row, decision.reason)
        if isinstance(decision, Delay):
            try:
                return self._park(place, chunk, record, row, attempt, first, self._now + decision.after, causes)
            except Unportable as local:  # it cannot wait outside this process
                causes.append(str(local))
                decision = DeadLetterIt("local")
        elif isinstance(decision, Divert):
            diverted = self._divert(place, record, decision)
            if diverted:
                return self._give_up(place, chunk, record, row, f"diverted to {decision.channel}: {decision.reason}")
            decision = DeadLetterIt(f"no channel `{decision.channel}`")
        reason = decision.reason if isinstance(decision, DeadLetterIt) else failure.failure_class.value
        letter = DeadLetter(
            node, chunk.subject, record.id, reason, failure.failure_class.value, *kept_bytes(record),
            attempt, causes, self._now, record.correlation, chunk.port,
        )  # fmt: skip  # what it is in one line, how it came in another
        self.work.dead.append(letter)
        counts[chunk.subject, "dead", reason] += 1
        counts[node, "dead", reason] += 1
        self._end(f"{node} dead: {reason}", (record,))
        self._done_waiting(place, row)
        return 1

    def _park(
        self,
        place: Place,
        chunk: Chunk,
        record: Record,
        row: Parked | None,
        attempt: int,
        first: float,
        due: float,
        causes: list[str],
    ) -> int:
        node = place.plan.id
        if row is not None:
            row.attempts, row.due, row.causes = attempt, due, causes
            self.work.park.append(row)
        else:
            encode_record(record)  # refuses what could not be kept
            lane = record.key if place.plan.spec.ordered else None
            self.work.park.append(Parked(node, chunk.port, chunk.subject, record, attempt, first, due, causes, lane))
            if lane is not None:
                place.lanes[lane] += 1
        self.work.counts[node, "retried", ""] += 1
        self._end(f"{node} retry", (record,))
        return 1

    def _queue_behind(self, place: Place, chunk: Chunk, record: Record) -> int:
        """Keep order on an ordered node: whoever shares a key with a waiting record waits behind it, unattempted."""
        try:
            encode_record(record)
        except Unportable as local:  # it cannot wait outside this process
            return self._failed(place, chunk, record, None, local)
        self.work.park.append(
            Parked(place.plan.id, chunk.port, chunk.subject, record, 0, self._now, self._now, [], record.key)
        )
        place.lanes[record.key or ""] += 1
        self._end(f"{place.plan.id} behind", (record,))
        return 1

    def _give_up(self, place: Place, chunk: Chunk, record: Record, row: Parked | None, reason: str) -> int:
        self.work.counts[chunk.subject, "dropped", reason] += 1
        self.work.counts[place.plan.id, "dropped", reason] += 1
        self._end(f"{place.plan.id} dropped: {reason}", (record,))
        self._done_waiting(place, row)
        return 1

    def _divert(self, place: Place, record: Record, decision: Divert) -> bool:
        routes = [r for p in self._places.values() for routes in p.plan.routes.values() for r in routes]
        route = next((r for r in routes if r.channel == decision.channel and r.durable), None)
        if route is None:
            return False
        try:
            payload = storable(record)
        except Unportable:
            return False
        moved = placed(record, record, f"{place.plan.id}\0divert".encode(), 0, record.contract)
        self.work.counts[route.link, "offered", ""] += 1
        self.work.append.append(Append(decision.channel, place.plan.id, route.link, [moved], [payload]))
        return True

    def _done_waiting(self, place: Place, row: Parked | None) -> None:
        if row is not None:
            self.work.unpark.append(row)
            self._leave_lane(place, row)

    @staticmethod
    def _leave_lane(place: Place, row: Parked) -> None:
        if row.lane is not None:
            place.lanes[row.lane] -= 1

    # -- history ------------------------------------------------------------------------------------------------

    def _end(self, outcome: str, records: Sequence[Record]) -> None:
        if self._history:
            self._ends[outcome] += [record._slot for record in records]

    def entry(self, intake: str, start: int, inputs: int, ids: bytes) -> StepEntry:
        """What the history keeps of this step."""
        outcomes = pack_outcomes(self._ends, inputs) if self._history else b""
        return StepEntry(self._stage.name, intake, start, inputs, self._now, ids, outcomes)


class ContractBroken(Exception):
    """A payload does not satisfy the contract of its port."""


def _class_of(error: BaseException) -> FailureClass | None:
    """The class of a failure that the engine itself has found; None for what a node has raised."""
    return FailureClass.CONTRACT if isinstance(error, ContractBroken) else None


def _are_plain(items: Sequence[Reading | Undecodable]) -> TypeGuard[Sequence[Reading]]:
    """Whether they are readings without identity and correlation of their own."""
    for item in items:
        if item.__class__ is not Reading or item.identity is not None or item.correlation is not None:
            return False
    return True


def placed(parent: Record, out: Record, salt: bytes, position: int, contract: str | None) -> Record:
    """The record as it leaves a port: derived from its parent, wherever its author took it from."""
    if out._salt is None and out._parent is not None:  # fresh from `derive`, and nobody else has it
        if out._parent is not parent:
            force_setattr(out, "_parent", parent)
            force_setattr(out, "_slot", parent._slot)
        force_setattr(out, "_salt", salt)
        force_setattr(out, "_position", position)
        if contract is not None:
            force_setattr(out, "contract", contract)
        return out
    return Record(
        out.payload, out.key, out.attributes, out.event_time, parent, parent._slot, salt, position,
        contract, None, 0, None, None if out is parent else out._parents,
    )  # fmt: skip  # in the order of the fields


def raw_bytes(data: object) -> bytes:
    """Bytes as they are; what is none, against the word of its author, by what it says for itself."""
    return bytes(data) if isinstance(data, (bytes, bytearray, memoryview)) else plain(data).encode()


def _mark(place: Place, alarm: Alarm) -> Record:
    """An alarm that goes off, as the record from which its answers descend: itself derived from whoever has set it."""
    salt = b"alarm\0%b\0%b" % (place.plan.id.encode(), alarm.key.encode())
    known = alarm.parent or f"{alarm.due}"
    return Record(
        {"alarm": alarm.key, "due": alarm.due, "payload": alarm.payload},
        _origin=Origin(place.plan.id, as_time(alarm.due or 0.0)),
        _id=derive_id(known, salt, 0),
        _parents=(alarm.parent,) if alarm.parent else (),
        _correlation=alarm.correlation or None,
    )


def kept_bytes(record: Record) -> tuple[bytes, str]:
    """A record as a dead letter keeps it: as JSON, or, when it is local to the process, its `repr`."""
    try:
        return encode_record(record), "record"
    except Unportable:
        return plain(record.payload, 65536, repr).encode(), "repr"


def pack_outcomes(ends: dict[str, list[int]], inputs: int) -> bytes:
    """Outcome -> the inputs that ended so, as JSON, compressed when it is long; `None` stands for all, once each."""
    everyone = list(range(inputs))
    text = msgspec.json.encode({name: None if slots == everyone else slots for name, slots in ends.items()})
    return text if len(text) < 128 else zlib.compress(text, 1)


def unpack_outcomes(packed: bytes, slot: int) -> list[str]:
    """How one input of a step ended: each outcome, as often as it did."""
    if not packed:
        return []
    ends = msgspec.json.decode(packed if packed[:1] == b"{" else zlib.decompress(packed))
    return [name for name, slots in ends.items() for at in ((slot,) if slots is None else slots) if at == slot]
