"""The work that every contender does, and the nodes that do it in our graphs.

Takes:   how many records.
Gives:   payloads of 1 kB as JSON (ready made, or from JSON text), two transforms, sinks that count; `Feed`, `Mark`,
         `Place`, `Sink`.
Ignores: who does it, and how long it takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from penstock.record import Reading, Record
from penstock.sdk import Context, node

Payload = dict[str, Any]

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder().decode


def payload(n: int) -> Payload:
    """About 1 kB as JSON: what a camera might say."""
    return {
        "id": f"{n:032x}",
        "camera": f"camera-{n % 4}",
        "time": "2024-05-13T06:00:00.000Z",
        "confidence": 0.5 + n % 50 / 100,
        "class": "PERSON",
        "box": [0.25, 0.5, 0.125, 0.375],
        "track": n // 16,
        "labels": {"zone": "dock-edge", "shift": "morning", "site": "north"},
        "embedding": "0123456789abcdef" * 46,
    }


PAYLOADS = [payload(n) for n in range(1_000)]
LINES = [encode(each) for each in PAYLOADS]
SCHEMA = {  # of such a payload, for those who check it
    "type": "object",
    "required": ["id", "camera", "confidence", "box"],
    "properties": {
        "id": {"type": "string", "minLength": 32, "maxLength": 32},
        "camera": {"type": "string"},
        "time": {"type": "string"},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "class": {"enum": ["PERSON", "VEHICLE"]},
        "box": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
        "track": {"type": "integer"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "embedding": {"type": "string"},
    },
}


def ready_made(count: int, start: int = 0) -> Iterator[Payload]:
    """A source that has its payloads already."""
    for n in range(start, count):
        yield PAYLOADS[n % 1_000]


def from_text(count: int, start: int = 0) -> Iterator[Payload]:
    """A source that reads JSON text."""
    for n in range(start, count):
        yield decode(LINES[n % 1_000])


def mark(value: Payload) -> Payload:
    """First transform: a new payload with one more field."""
    return {**value, "sure": value["confidence"] > 0.75}


def place(value: Payload) -> Payload:
    """Second transform: another one."""
    return {**value, "zone": value["labels"]["zone"]}


class Tally:
    """A sink that counts."""

    def __init__(self) -> None:
        self.n = 0

    def take(self, value: Payload) -> None:
        """One payload."""
        self.n += 1


class Text(Tally):
    """A sink that writes JSON text, to nowhere."""

    def take(self, value: Payload) -> None:
        """One payload."""
        self.text = encode(value)
        self.n += 1


@node("bench-feed")
class Feed:
    """Hands over what an iterator gives, from where it stopped."""

    payloads: Any
    count: int

    def read(self, ctx: Context) -> Iterator[Reading]:
        start = ctx.position or 0
        for at, value in enumerate(self.payloads(self.count, start), start + 1):
            yield Reading(value, at)


@node("bench-mark")
class Mark:
    """`mark`."""

    def process(self, record: Record, ctx: Context) -> Record:
        return record.derive(mark(record.payload))


@node("bench-place")
class Place:
    """`place`."""

    def process(self, record: Record, ctx: Context) -> Record:
        return record.derive(place(record.payload))


@node("bench-sink", effect="none")
class Sink:
    """`Tally.take`."""

    tally: Any

    def write(self, record: Record, ctx: Context) -> None:
        self.tally.take(record.payload)
