"""One step: carry a batch through the nodes of a stage and note, as one `Work`, everything that it changes.

Takes:   a batch for one node of a stage.
Gives:   the step's `Work` (outputs, state, alarms, parked and dead records, counts, history) and what goes into memory channels.
Ignores: where the batch came from, when the work becomes durable (`driver.py`).
"""

from __future__ import annotations

import time
from asyncio import CancelledError
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeGuard

from msgspec.structs import force_setattr

from penstock._engine.clock import as_time
from penstock._engine.context import NodeContext
from penstock._engine.deciding import PROCEED, NodeRules
from penstock._engine.failure import is_name, plain
from penstock._engine.ledger import Chunk, ContractBroken, Desk, Ledger, Place, kept_bytes, mark, placed
from penstock._engine.partitions import told_apart
from penstock._engine.plan import Route, StagePlan
from penstock._engine.runner import Behind, Outputs
from penstock._store.codec import Kept, Unportable, packed_ids, storable
from penstock._store.facts import Alarm, Append, Parked, Work
from penstock.decisions import DeadLetter, Decision, Delay, Divert, DropIt, FailureClass, Proceed
from penstock.points import Completion
from penstock.record import Origin, Reading, Record, Undecodable
from penstock.sdk import Timer

Held = tuple[Record, Parked | None, Decision, str]  # who has to wait, the row it has, for how long, and who says so
NOBODY: Sequence[Held] = ()
_NOWHERE: Kept = (b"", None)  # of what is not stored


class Step(Ledger):
    """One pass of a batch through a stage."""

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
        super().__init__(stage, places, now, desk, history=history, remember=remember)
        self.into_memory: dict[str, list[tuple[str, Record]]] = defaultdict(list)  # channel -> (link, record)
        self._inbox: dict[str, list[Chunk]] = defaultdict(list)

    # -- the walk -----------------------------------------------------------------------------------------------

    def add(self, entry: str, chunk: Chunk) -> None:
        """Put a chunk before a node; `walk` carries it to wherever it ends."""
        self._inbox[entry].append(chunk)

    def admit(
        self,
        place: Place,
        items: Sequence[Reading | Undecodable],
        count: int,
        verdicts: Mapping[int, tuple[Decision, str]] | None = None,
    ) -> bytes:
        """Turn what a source has handed over into records at its output port; their ids when history wants them.

        `verdicts` are what policies have said of some of the items, and who did.
        """
        node, port = place.plan.id, place.runner.port
        origin = Origin(node, as_time(self._now))
        if not place.checked and not verdicts and _are_plain(items):
            salt, contract = place.salts[port], place.plan.output_contracts.get(port)
            records = [
                Record(
                    item.payload, item.key, item.attributes, item.event_time, None, slot, salt, count + slot, contract, origin, 1,
                )
                for slot, item in enumerate(items)
            ]  # fmt: skip  # in the order of the fields
            self.work.counts[node, "in", ""] += len(items)
            self.emit(place, port, records, None)
            return packed_ids([record.id for record in records]) if self._history else b""
        return self._admit_carefully(place, items, count, origin, verdicts or {})

    def _admit_carefully(
        self,
        place: Place,
        items: Sequence[Reading | Undecodable],
        count: int,
        origin: Origin,
        verdicts: Mapping[int, tuple[Decision, str]],
    ) -> bytes:
        """Readings with names of their own, for a port that checks or keeps them, or that are none at all."""
        node, port = place.plan.id, place.runner.port
        records: list[Record] = []
        everything: list[Record] = []
        payloads: list[Kept] | None = [] if place.checked else None
        for slot, item in enumerate(items):
            record, odd = arrival(place, item, count, slot, origin)
            everything.append(record)
            if isinstance(item, Undecodable):
                self._undecodable(place, record, item)
                continue
            if slot in verdicts:
                self._turned_away(place, record, *verdicts[slot])
                continue
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

    def _turned_away(self, place: Place, record: Record, decision: Decision, by: str) -> None:
        """A policy does not want a reading in the graph."""
        node = place.plan.id
        if isinstance(decision, DropIt):
            self.work.counts[node, "dropped", decision.reason] += 1
            self._end(f"{node} dropped: {decision.reason}", (record,))
        elif not isinstance(decision, Divert) or not self._divert(place, record, decision):
            reason = decision.reason if isinstance(decision, DeadLetter) else f"no channel `{decision.channel}`"  # type: ignore[union-attr]  # `admit` allows no other
            self._bury(place, record, reason, "policy", *kept_bytes(record), [f"policy `{by}`: {reason}"])

    def _undecodable(self, place: Place, record: Record, item: Undecodable) -> None:
        self._bury(place, record, "decode", FailureClass.DECODE.value, raw_bytes(item.data), "raw", [plain(item.error)])

    def _refused(self, place: Place, record: Record, error: Exception) -> None:
        self._bury(
            place,
            record,
            "contract",
            FailureClass.CONTRACT.value,
            *kept_bytes(record),
            [f"{type(error).__name__}: {plain(error)}"],
        )

    async def walk(self) -> None:
        """Work off what waits in the inboxes, in topological order."""
        for node in self._stage.nodes:
            chunks = self._inbox.pop(node.id, None)
            for chunk in chunks or ():
                await self._work(self._places[node.id], chunk)

    async def ring(self, place: Place, alarm: Alarm) -> Exception | None:
        """Let a node answer one alarm; what it emits goes on through the stage. Gives the failure, if any."""
        rung = mark(place, alarm)
        place.context.now = self._now
        place.context.begin(rung, 1)
        try:
            outputs = await place.runner.rung(Timer(alarm.key, alarm.due or 0.0, alarm.payload))
            payloads = [self._checked(place, port, out) for port, out in outputs]
        except Exception as error:  # the alarm's own failure, whatever it is
            place.context.take_changes()
            return error
        for (port, made), payload in zip(self._flat(place, rung, outputs), payloads, strict=True):
            self.emit(place, port, [made], [payload])
        self._change_alarms(place, fired=alarm)
        self._keep(place, place.context)
        self.work.counts[place.plan.id, "alarms", ""] += 1
        await self.walk()
        return None

    def emit(self, place: Place, port: str, records: list[Record], payloads: list[Kept] | None) -> None:
        """Put what left an output port where its links lead."""
        routes = place.plan.routes.get(port)
        counts = self.work.counts
        counts[place.plan.id, "out", ""] += len(records)
        if not routes:
            routes = [Route(f"{place.plan.id}.{port}")]
            counts[routes[0].link, "dropped", "unbound"] += len(records)
            self._end("unbound", records)
        is_copied = False  # only one channel is given what was read back, so that nobody shares it
        kept = payloads or []
        for route in routes:
            counts[route.link, "offered", ""] += len(records)
            if route.node:
                self._inbox[route.node].append(Chunk(route.link, route.port, records))
            elif route.parts:
                for part, chosen in told_apart(records, len(route.parts)):
                    some, texts = [records[at] for at in chosen], [kept[at] for at in chosen]
                    self._append(place, route.parts[part], some, texts, copied=not is_copied)
                is_copied = True
            elif route.channel and route.durable:
                self._append(place, route, records, kept, copied=not is_copied)
                is_copied = True
            elif route.channel:
                counts[route.link, "handled", ""] += len(records)
                self.into_memory[route.channel] += [(route.link, record) for record in records]
                self._end(f"-> {route.channel}", records)

    def _append(self, place: Place, route: Route, records: list[Record], kept: Sequence[Kept], *, copied: bool) -> None:
        """Put records into a durable channel, as far as it has room, or a policy does not say so."""
        channel = route.channel or ""
        if channel in self._council.overflow and records:
            fit = self.shed(place, route, records)
            records, kept = [records[at] for at in fit], [kept[at] for at in fit]
        texts = [text for text, _ in kept]
        copies = [copy for _, copy in kept] if copied else []
        self.work.append.append(Append(channel, place.plan.name, route.link, records, texts, copies))
        self._end(f"-> {channel}", records)

    async def _work(self, place: Place, chunk: Chunk) -> None:
        if not chunk.records:  # policies have let none of a batch come this far
            return
        node, counts = place.plan.id, self.work.counts
        rules = self._council.nodes[node]
        limits, held = PROCEED, NOBODY
        if rules.dispatch:
            limits, chunk, held = self._dispatched(place, chunk)
            if not chunk.records:
                self._hold(place, chunk, held)
                return
        if rules.completion:
            place.runner.times = None if place.fast else []
            self._classes.clear()
            started = self._desk.stopwatch()
        place.context.now = self._now
        begun = time.perf_counter_ns()
        if place.fast and chunk.parked is None:
            failed = self._fast(place, chunk)
        else:
            if rules.concurrency is not None:
                limits = replace(limits, concurrency=min(rules.concurrency, limits.concurrency or rules.concurrency))
            failed = await self._careful(place, chunk, limits)
            if place.runner.hedged:
                counts[node, "hedged", ""] += place.runner.hedged
                place.runner.hedged = 0
        n = len(chunk.records)
        place.meter.add((time.perf_counter_ns() - begun) // max(n, 1), n)
        counts[node, "in", ""] += n
        counts[chunk.subject, "handled", ""] += n - failed
        if held:
            self._hold(place, chunk, held)
        if rules.completion:
            self._completed(place, rules, n, self._desk.stopwatch() - started)

    def _dispatched(self, place: Place, chunk: Chunk) -> tuple[Proceed, Chunk, Sequence[Held]]:
        """Ask what may be attempted now; the limits, what is left to attempt, and who has to wait."""
        try:
            limits, fates = self._council.dispatch(
                place.plan.id, chunk.records, self._desk.time(), place.runner.abandoned
            )
        finally:
            if self._council.written:
                self._remember(self.work)
        if not fates:
            return limits, chunk, NOBODY
        if place.plan.spec.ordered:
            fates = in_lanes(chunk.records, fates)
        left: list[int] = []
        held: list[Held] = []
        for at, record in enumerate(chunk.records):
            row = chunk.parked[at] if chunk.parked else None
            decision, by = fates.get(at, (None, ""))
            if decision is None or (isinstance(decision, Delay) and row is None and not self.can_wait(record)):
                left.append(at)
            elif isinstance(decision, Delay):
                held.append((record, row, decision, by))
            else:
                self.withheld(place, chunk, record, row, decision, by)
        rows = None if chunk.parked is None else [chunk.parked[at] for at in left]
        return limits, Chunk(chunk.subject, chunk.port, [chunk.records[at] for at in left], rows), held

    def _hold(self, place: Place, chunk: Chunk, held: Sequence[Held]) -> None:
        """Let records wait, behind those of the batch that were attempted and have to wait as well."""
        for record, row, decision, by in held:
            self.withheld(place, chunk, record, row, decision, by)

    def _completed(self, place: Place, rules: NodeRules, n: int, seconds: float) -> None:
        """Say how a batch went."""
        runner = place.runner
        times, runner.times = runner.times, None
        classes = dict(self._classes) if self._classes else {}
        failed = sum(classes.values()) if classes else 0
        one = seconds / n
        facts = Completion(
            place.plan.name, max(0, n - failed), classes, seconds,
            sum(times) / len(times) if times else one, max(times) if times else one, self._desk.time(), {},
        )  # fmt: skip  # how many in one line, how long in another
        try:
            self._council.completion(rules, facts)
        finally:
            if self._council.written:
                self._remember(self.work)

    def _fast(self, place: Place, chunk: Chunk) -> int:
        """Plain nodes, first attempts: nothing is paid for that only a failing record would have to pay."""
        context, call, runner = place.context, place.runner.one, place.runner
        port = runner.port
        salt = place.salts.get(port, b"")
        contract = place.plan.output_contracts.get(port)
        checked = place.checked and (port in place.durable or port in place.output_checks)
        made: list[Record] = []
        payloads: list[Kept] = []
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
        self, place: Place, record: Record, outputs: Outputs, by_port: dict[str, tuple[list[Record], list[Kept]]]
    ) -> bool:
        """Put all that a node made of one record where it belongs, or raise before any of it is there."""
        checked = [self._checked(place, port, out) for port, out in outputs]
        for (port, made), payload in zip(self._flat(place, record, outputs), checked, strict=True):
            records, payloads = by_port.setdefault(port, ([], []))
            records.append(made)
            payloads.append(payload)
        return bool(outputs)

    async def _careful(self, place: Place, chunk: Chunk, limits: Proceed) -> int:
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
        by_port: dict[str, tuple[list[Record], list[Kept]]] = {}
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
            await place.runner.run(batch, attempt, accept, lambda context: self._keep(place, context), limits)
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

    def _checked(self, place: Place, port: str, record: Record) -> Kept:
        """What an output must satisfy before any output of its input counts; its JSON text when it will be stored."""
        check = place.output_checks.get(port)
        if check and (wrong := check(record.payload)):
            raise ContractBroken(f"output port `{port}`: {wrong}")
        return storable(record) if port in place.durable else _NOWHERE

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


def in_lanes(
    records: Sequence[Record], fates: Mapping[int, tuple[Decision, str]]
) -> Mapping[int, tuple[Decision, str]]:
    """The same, on an ordered node: whoever shares a key with one that waits, and comes after it, waits as well."""
    waits: dict[str | None, str] = {}
    found = dict(fates)
    for at, record in enumerate(records):
        if at in fates and isinstance(fates[at][0], Delay) and record.key is not None:
            waits.setdefault(record.key, fates[at][1])
        elif at not in fates and record.key in waits:
            found[at] = (Delay(0.0), waits[record.key])
    return found


def arrival(place: Place, item: Reading | Undecodable, count: int, slot: int, origin: Origin) -> tuple[Record, str]:
    """What a source has handed over, as a record at its output port; and which of its names cannot be one."""
    port, position = place.runner.port, count + slot
    name = place.salts[port]
    if isinstance(item, Undecodable):
        return Record(None, _origin=origin, _hops=1, _salt=name, _position=position, _slot=slot), ""
    correlation, odd = item.correlation, ""
    if item.identity is not None or correlation is not None:
        odd = "" if item.identity is None or is_name(item.identity) else "identity"
        odd = odd or ("" if correlation is None or is_name(correlation) else "correlation")
        if odd:
            correlation = None
        elif item.identity is not None:
            name, position = name + b"\0=" + item.identity.encode(), 0
    record = Record(
        item.payload, item.key, item.attributes, item.event_time, None, slot, name, position,
        place.plan.output_contracts.get(port), origin, 1, None, None, correlation,
    )  # fmt: skip  # in the order of the fields
    return record, odd


def _are_plain(items: Sequence[Reading | Undecodable]) -> TypeGuard[Sequence[Reading]]:
    """Whether they are readings without identity and correlation of their own."""
    for item in items:
        if item.__class__ is not Reading or item.identity is not None or item.correlation is not None:
            return False
    return True


def raw_bytes(data: object) -> bytes:
    """Bytes as they are; what is none, against the word of its author, by what it says for itself."""
    return bytes(data) if isinstance(data, (bytes, bytearray, memoryview)) else plain(data).encode()
