"""What becomes of a record that does not simply go on: it waits, is given up, diverted or kept; all of it is counted.

Takes:   a record at a node, and what a policy has decided about it.
Gives:   `Ledger`: one `Work`, all that a step changes, with its counts and its entry in the history; `Desk`, `Place`, `Chunk`.
Ignores: how records pass through nodes (`step.py`), when the work becomes durable (`driver.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from msgspec.structs import force_setattr

from penstock._engine.clock import as_time
from penstock._engine.context import NodeContext, NodeMemory
from penstock._engine.deciding import Council, RunFailed
from penstock._engine.failure import describe, plain
from penstock._engine.meter import Meter
from penstock._engine.partitions import logical, partition_of
from penstock._engine.plan import NodePlan, Route, StagePlan
from penstock._engine.runner import Dropped, Runner
from penstock._store.codec import Unportable, encode_record, storable
from penstock._store.compression import compress, decompress
from penstock._store.facts import Alarm, Append, DeadLetter, Parked, StepEntry, Trim, Work
from penstock.decisions import DeadLetter as DeadLetterIt
from penstock.decisions import Decision, Delay, Divert, DropIt, FailRun, FailureClass, Proceed
from penstock.graph.model import Channel
from penstock.points import Overflow
from penstock.record import Origin, Record, derive_id
from penstock_findings import PenstockError

_SOON = 0.001  # seconds for which one is held back at least: what is due at once would be taken up again at once
_HOLD = 60.0  # seconds for which a policy can hold an attempt back before it, or the one in its place, is asked again
Check = Callable[[Any], "str | None"]  # payload -> what is wrong with it


@dataclass(slots=True)
class Place:
    """A node of a stage while it runs: its runner, memory, meters, and what its ports must satisfy."""

    plan: NodePlan
    runner: Runner
    context: NodeContext
    memory: NodeMemory | None
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


@dataclass(slots=True)
class Desk:
    """What all steps of a run have in common."""

    council: Council
    channels: Mapping[str, Channel]
    time: Callable[[], float]  # seconds since the epoch, on the run's clock
    stopwatch: Callable[[], float]  # seconds since whenever
    capacity: Callable[[str], int]  # of a channel
    waiting: Callable[[str], int]  # records in flight in a durable channel, of its slowest group
    spilled: Callable[[int, str], None]  # a stage has diverted into a channel


class Ledger:
    """All that one step changes."""

    def __init__(
        self,
        stage: StagePlan,
        places: dict[str, Place],
        now: float,
        desk: Desk,
        *,
        history: bool,
        remember: Callable[[Work], None],
    ) -> None:
        self.work = Work()
        self._stage = stage
        self._places = places
        self._now = now
        self._desk = desk
        self._council = desk.council  # as it is now: when the policies are exchanged, the next step sees the new ones
        self._history = history
        self._remember = remember  # what policies have written to their memories belongs to this step
        self._classes: Counter[FailureClass] = Counter()  # of the failures in the chunk that is in work
        self._diverted: dict[str, Append] = {}  # link -> what goes there
        self._ends: dict[str, list[int]] = defaultdict(list)  # outcome -> inputs that ended so, once for each end

    def _failed(self, place: Place, chunk: Chunk, record: Record, row: Parked | None, error: BaseException) -> int:
        """Act on what the failure policy says; 1 when the record is not handled by that, as it almost always is."""
        node = place.plan.id
        if isinstance(error, Dropped):
            return self._give_up(place, chunk, record, row, plain(error.reason))
        if isinstance(error, PenstockError):  # not about this record: somebody has to mend something first
            raise RunFailed(f"node `{node}` cannot go on: {error}", findings=error.findings) from error
        attempts = row.attempts if row else 0
        first = row.first if row and attempts else self._now
        rules = self._council.nodes[node]
        now = self._desk.time()
        failure = describe(
            error, node=place.plan.name, record=record, attempt=attempts + 1, now=now, first=first,
            previous_delay=row.delay if row else 0.0, failure_class=_class_of(error), own=rules.own, offered=rules.offered,
        )  # fmt: skip  # what failed in one line, how it is classed in another
        self._classes[failure.failure_class] += 1
        causes = [*(row.causes if row else ()), failure.error]
        decision = self._council.failure(rules.failure, failure)
        self._remember(self.work)
        if isinstance(decision, Delay):
            try:
                self._park(place, chunk, record, row, attempts + 1, first, now + decision.after, causes, decision.after)
            except Unportable as local:  # it cannot wait outside this process
                causes.append(str(local))
                decision = DeadLetterIt("local")
            else:
                self.work.counts[node, "retried", failure.failure_class.value] += 1
                self._end(f"{node} retry", (record,))
                return 1
        if isinstance(decision, FailRun):
            raise RunFailed(f"node `{node}`: {decision.reason}: {failure.error}") from error
        return self._decided(place, chunk, record, row, decision, attempts + 1, failure.failure_class.value, causes)

    def _decided(
        self,
        place: Place,
        chunk: Chunk,
        record: Record,
        row: Parked | None,
        decision: Decision,
        attempts: int,
        kind: str,
        causes: list[str],
    ) -> int:
        """Give a record up, as a policy wants; 0 when it counts as handled."""
        node = place.plan.id
        if isinstance(decision, DropIt) and not place.plan.no_loss:
            return self._give_up(place, chunk, record, row, decision.reason)
        if isinstance(decision, Divert):
            if self._divert(place, record, decision):
                self._done_waiting(place, row)
                return 0
            decision = DeadLetterIt(f"no channel `{decision.channel}`")
        reason = decision.reason if isinstance(decision, (DeadLetterIt, DropIt)) else kind
        letter = DeadLetter(
            node, chunk.subject, record.id, reason, kind, *kept_bytes(record),
            attempts, causes, self._now, record.correlation, chunk.port,
        )  # fmt: skip  # what it is in one line, how it came in another
        self.work.dead.append(letter)
        self.work.counts[chunk.subject, "dead", reason] += 1
        self.work.counts[node, "dead", reason] += 1
        self._end(f"{node} dead: {reason}", (record,))
        self._done_waiting(place, row)
        return 1

    @staticmethod
    def can_wait(record: Record) -> bool:
        """Whether a record can leave the process; a limit is softer than one that cannot."""
        try:
            encode_record(record)
        except Unportable:
            return False
        return True

    def withheld(
        self, place: Place, chunk: Chunk, record: Record, row: Parked | None, decision: Decision, by: str
    ) -> None:
        """Act on what a policy says instead of an attempt."""
        counts = self.work.counts
        attempts = row.attempts if row else 0
        if not isinstance(decision, Delay):
            causes = [*(row.causes if row else ()), f"policy `{by}`: {getattr(decision, 'reason', '')}"]
            counts[chunk.subject, "handled", ""] += 1 - self._decided(
                place, chunk, record, row, decision, attempts, "policy", causes
            )
            return
        first, causes, delay = (row.first, row.causes, row.delay) if row else (self._now, [], 0.0)
        again = self._desk.time() + min(max(decision.after, _SOON), _HOLD)
        self._park(place, chunk, record, row, attempts, first, again, causes, delay)
        counts[place.plan.id, "delayed", by] += 1
        self._end(f"{place.plan.id} delayed: {by}", (record,))

    def _park(
        self,
        place: Place,
        chunk: Chunk,
        record: Record,
        row: Parked | None,
        attempts: int,
        first: float,
        due: float,
        causes: list[str],
        delay: float,
    ) -> None:
        """Let a delivery wait in a row of its own. Raises `Unportable` when it cannot leave the process."""
        if row is not None:
            row.attempts, row.first, row.due, row.causes, row.delay = attempts, first, due, causes, delay
            self.work.park.append(row)
            return
        encode_record(record)  # refuses what could not be kept
        lane = record.key if place.plan.spec.ordered else None
        self.work.park.append(
            Parked(place.plan.id, chunk.port, chunk.subject, record, attempts, first, due, causes, lane, delay=delay)
        )
        if lane is not None:
            place.lanes[lane] += 1

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
        """Append a record to another durable channel, if there is one of this name and the record can go there."""
        try:
            payload, copy = storable(record)
        except Unportable:
            return False
        channel = self._place_in(decision.channel, record)
        if channel is None or not channel.durable:
            return False
        node = place.plan.id
        link = f"{node} (diverted) -> {channel.name}"
        moved = placed(record, record, f"{place.plan.name}\0divert".encode(), 0, record.contract)
        append = self._diverted.get(link)
        if append is None:
            append = self._diverted[link] = Append(channel.name, place.plan.name, link, [], [])
            self.work.append.append(append)
        append.records.append(moved)
        append.payloads.append(payload)
        append.copies.append(copy)
        self.work.counts[link, "offered", ""] += 1
        self.work.counts[node, "diverted", f"{channel.name}: {decision.reason}"] += 1
        self._end(f"{node} diverted: {decision.reason} -> {channel.name}", (record,))
        self._desk.spilled(self._stage.number, channel.name)
        return True

    def _place_in(self, name: str, record: Record) -> Channel | None:
        """The channel of this name; of one with partitions, the one that the record belongs into."""
        first = self._desk.channels.get(name) or self._desk.channels.get(f"{name}/0")
        if first is None or first.name == name:
            return first
        key = record.id if record.key is None else record.key
        return self._desk.channels[f"{name}/{partition_of(key, first.partitions)}"]

    def shed(self, place: Place, route: Route, records: list[Record]) -> list[int]:
        """Ask what to do when a durable channel has no room for all of these; the indices of those that go there."""
        name = route.channel or ""
        channel, capacity = self._desk.channels[name], self._desk.capacity(name)
        waiting = self._desk.waiting(name) + sum(len(a.records) for a in self.work.append if a.channel == name)
        if waiting + len(records) <= capacity:
            return list(range(len(records)))
        facts = Overflow(
            logical(name), None, channel.kind, capacity, waiting, records, len(records), channel.no_loss, self._now, {}
        )
        answer, by = self._council.full(name, facts)
        self._remember(self.work)
        if isinstance(answer, Delay):  # too late to block: this was begun when there was room, or would be
            return list(range(len(records)))
        gone = dict(answer) if isinstance(answer, Mapping) else dict.fromkeys(facts.newest(), answer)
        hidden = [gone.pop(at) for at in sorted(at for at in gone if at < 0)]
        drops = [decision.reason for decision in hidden if isinstance(decision, DropIt)]
        if drops and channel.no_loss:  # those that wait are not at hand, so the newest are put aside in their place
            free = [at for at in reversed(range(len(records))) if at not in gone]
            gone.update({at: DeadLetterIt(reason) for at, reason in zip(free, drops, strict=False)})
        elif drops:
            self.work.trim += [Trim(name, cursor, capacity, drops[0], fed) for cursor, fed in route.cursors]
        chunk = Chunk(route.link, "", records)
        for at, decision in gone.items():
            if isinstance(decision, DropIt) and channel.no_loss:
                decision = DeadLetterIt(decision.reason)
            if not isinstance(decision, Proceed):
                causes = [f"policy `{by}`: {getattr(decision, 'reason', '')}"]
                self.work.counts[route.link, "handled", ""] += 1 - self._decided(
                    place, chunk, records[at], None, decision, 0, "policy", causes
                )
        return [at for at in range(len(records)) if at not in gone or isinstance(gone[at], Proceed)]

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

    # -- what is no delivery -----------------------------------------------------------------------------------

    def _bury(
        self,
        place: Place,
        record: Record,
        reason: str,
        kind: str,
        body: bytes,
        encoding: str,
        causes: list[str],
    ) -> None:
        """A dead letter of a source, or of an alarm: there is no delivery to attempt again."""
        node = place.plan.id
        self.work.dead.append(
            DeadLetter(
                node, node, record.id, reason, kind, body, encoding, 1, causes, self._now, record.correlation, ""
            )
        )
        self.work.counts[node, "dead", reason] += 1
        self._end(f"{node} dead: {reason}", (record,))

    def alarm_failed(self, place: Place, alarm: Alarm, error: Exception, attempt: int) -> float | None:
        """Ring an alarm again later, and say when, or keep it as a dead letter, as the failure policy says."""
        if isinstance(error, PenstockError):
            raise RunFailed(f"node `{place.plan.id}` cannot go on: {error}", findings=error.findings) from error
        record = mark(place, alarm)
        node = place.plan.id
        rules = self._council.nodes[node]
        failure = describe(
            error, node=place.plan.name, record=record, attempt=attempt, now=self._desk.time(), failure_class=_class_of(error),
            own=rules.own, offered=rules.offered,
        )  # fmt: skip  # what failed in one line, how it is classed in another
        decision = self._council.failure(rules.failure, failure)
        self._remember(self.work)
        self._change_alarms(place, fired=alarm)
        if isinstance(decision, FailRun):
            raise RunFailed(f"node `{node}`: {decision.reason}: {failure.error}") from error
        if isinstance(decision, Delay):
            again = replace(alarm, due=failure.now + decision.after)
            self._change_alarms(place, again)
            return again.due
        if isinstance(decision, DropIt) and not place.plan.no_loss:
            self.work.counts[node, "dropped", decision.reason] += 1
            self._end(f"{node} dropped: {decision.reason}", (record,))
            return None
        reason = decision.reason if isinstance(decision, (DeadLetterIt, DropIt)) else failure.failure_class.value
        self._bury(place, record, reason, failure.failure_class.value, *kept_bytes(record), [failure.error])
        return None

    def _change_alarms(self, place: Place, *alarms: Alarm, fired: Alarm | None = None) -> None:
        """Note changes of alarms, also at the node: until they are durable, the store is wrong about these keys."""
        if fired is not None:
            self.work.fired.append(fired)
            place.alarms[fired.key] = fired
        for alarm in alarms:
            self.work.alarms.append(alarm)
            place.alarms[alarm.key] = alarm


class ContractBroken(Exception):
    """A payload does not satisfy the contract of its port."""


def _class_of(error: BaseException) -> FailureClass | None:
    """The class of a failure that the engine itself has found; None for what a node has raised."""
    return FailureClass.CONTRACT if isinstance(error, ContractBroken) else None


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


def mark(place: Place, alarm: Alarm) -> Record:
    """An alarm that goes off, as the record from which its answers descend: itself derived from whoever has set it."""
    salt = b"alarm\0%b\0%b" % (place.plan.name.encode(), alarm.key.encode())
    known = alarm.parent or f"{alarm.due}" + place.plan.id[len(place.plan.name) :]  # each copy may have one like it
    return Record(
        {"alarm": alarm.key, "due": alarm.due, "payload": alarm.payload},
        _origin=Origin(place.plan.name, as_time(alarm.due or 0.0)),
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
    return text if len(text) < 128 else compress(text)


def unpack_outcomes(packed: bytes, slot: int) -> list[str]:
    """How one input of a step ended: each outcome, as often as it did."""
    if not packed:
        return []
    ends = msgspec.json.decode(packed if packed[:1] == b"{" else decompress(packed))
    return [name for name, slots in ends.items() for at in ((slot,) if slots is None else slots) if at == slot]
