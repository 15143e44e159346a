"""Where a record has been, and what was given up: questions to a store, answered as facts.

Takes:   an open store.
Gives:   `trace` (a `Trace` of one record and of all that shares its origin), `complete` (ids by their first digits), `letter_json`.
Ignores: printing (`cli/records.py`, `cli/dlq.py`), running.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from penstock._engine.clock import time_text
from penstock._engine.ledger import unpack_outcomes
from penstock._store.codec import decode_record, find_id
from penstock._store.facts import DeadLetter, StepEntry
from penstock._store.interface import Store
from penstock.record import Record


@dataclass(frozen=True, slots=True)
class Stop:
    """One thing that happened to a record, or to one that descends from the same admitted record."""

    time: float | None  # seconds since the epoch
    where: str  # "source cam", "channel events [1042]", "group events@uplink", "node uplink"
    what: str
    record: str

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {"time": time_text(self.time), "where": self.where, "what": self.what, "record": self.record}


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that a store remembers of one record and its kin, oldest first."""

    id: str
    correlation: str
    payload: Any
    known: bool
    stops: tuple[Stop, ...]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        stops = [stop.as_json() for stop in self.stops]
        return {"id": self.id, "correlation": self.correlation, "payload": self.payload, "stops": stops}


def trace(store: Store, id: str) -> Trace:
    """Follow a record through history, channels, parked deliveries and dead letters.

    `known` is False when the store remembers nothing of it: it was never here, or retention has let it go.
    """
    kept = list(store.find(id))
    letters = list(store.dead_letters())
    parked = list(store.parked_rows())
    named: Iterator[tuple[str, str]] = (
        (each.id, each.correlation) for each in (*(r for _, _, r in kept), *(p.record for p in parked))
    )
    roots = dict(named) | {letter.record_id: letter.correlation for letter in letters}
    root = roots.get(id) or id
    if root != id:
        kept = list(store.find(root))
    family = {id, root}
    steps = list(store.steps())
    stops: list[Stop] = []
    for channel, offset, record in kept:
        family.add(record.id)
        stops.append(Stop(store.block_time(channel, offset), f"channel {channel} [{offset}]", "appended", record.id))
        stops += _delivered(steps, channel, offset, record)
    stops += [stop for entry in steps if entry.ids for each in sorted(family) for stop in _passed(entry, each)]
    for row in parked:
        if row.record.correlation == root or row.record.id in family:
            stops.append(Stop(row.due, f"node {row.node}", _waiting(row.attempts, row.causes), row.record.id))
    for letter in letters:
        if letter.correlation == root or letter.record_id in family:
            what = f"dead letter {letter.id} ({letter.reason}) after {letter.attempts} attempts: {letter.causes[-1]}"
            stops.append(Stop(letter.time, f"node {letter.node}", what, letter.record_id))
    own = next((record.payload for _, _, record in kept if record.id == id), None)
    ordered = sorted(stops, key=lambda stop: stop.time or 0.0)
    return Trace(id, root, own, bool(stops), tuple(ordered))


def complete(store: Store, start: str) -> list[str]:
    """The ids that begin so, sorted; at most as many as there are records that the store remembers."""
    if len(start) >= 32:
        return [start]
    found = {letter.record_id for letter in store.dead_letters()} | {row.record.id for row in store.parked_rows()}
    for packed in store.ids():
        found.update(packed[at : at + 16].hex() for at in range(0, len(packed), 16))
    return sorted(id for id in found if id.startswith(start))


def _waiting(attempts: int, causes: list[str]) -> str:
    return f"waits for attempt {attempts + 1}" + (f", last failure: {causes[-1]}" if causes else "")


def _delivered(steps: list[StepEntry], channel: str, offset: int, record: Record) -> list[Stop]:
    found = []
    for entry in steps:
        if (
            entry.intake.startswith(f"{channel}@")
            and entry.start <= offset < entry.start + entry.inputs
            and not entry.ids
        ):
            outcomes = unpack_outcomes(entry.outcomes, offset - entry.start)
            found.append(Stop(entry.time, f"group {entry.intake}", _told(outcomes), record.id))
    return found


def _passed(entry: StepEntry, id: str) -> list[Stop]:
    slot = find_id(entry.ids, id)
    if slot is None:
        return []
    outcomes = _told(unpack_outcomes(entry.outcomes, slot))
    kind, _, name = entry.intake.partition(":")
    if kind == "source":
        return [Stop(entry.time, f"source {name}", f"admitted; {outcomes}", id)]
    return [Stop(entry.time, f"stage {entry.stage} ({entry.intake})", outcomes, id)]


def _told(outcomes: list[str]) -> str:
    return ", ".join(outcomes) if outcomes else "passed on"


def letter_json(letter: DeadLetter) -> dict[str, Any]:
    """A dead letter for machines: the record as it was, or, when it could not be decoded, its bytes in base64."""
    body: dict[str, Any] = {}
    record = _record_of(letter)
    if record is not None:
        body = {
            "payload": record.payload, "key": record.key, "attributes": record.attributes, "contract": record.contract,
            "event_time": record.event_time.isoformat() if record.event_time else None, "source": record.source,
            "admit_time": record.admit_time.isoformat() if record.admit_time else None, "parents": list(record.parents),
            "hops": record.hops,
        }  # fmt: skip  # what it is, when and where, from what
    else:
        body = {"bytes": base64.b64encode(letter.body).decode("ascii")}
    return {
        "id": letter.id, "node": letter.node, "link": letter.subject, "record": letter.record_id, "correlation": letter.correlation,
        "reason": letter.reason, "class": letter.failure_class, "attempts": letter.attempts, "causes": letter.causes,
        "error": letter.causes[-1] if letter.causes else "", "time": time_text(letter.time),
        "encoding": "raw" if record is None else "record", **body,
    }  # fmt: skip  # who and where, why, what


def _record_of(letter: DeadLetter) -> Record | None:
    """The record of a dead letter; None where it never was one, or is none any more because the store was damaged."""
    try:
        return decode_record(letter.body) if letter.encoding == "record" else None
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return None


__all__ = ["Stop", "Trace", "complete", "letter_json", "time_text", "trace"]
