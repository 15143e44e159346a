"""Build records as a source would have admitted them, each with an id of its own.

Takes:   payloads, or readings where keys and event times matter.
Gives:   `records`.
Ignores: graphs; `run_node` takes plain payloads as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from penstock.record import Origin, Reading, Record

START = 1_700_000_000.0  # seconds since the epoch; where `FakeClock` begins


def records(given: Iterable[Any], *, source: str = "source", admitted: float = START) -> list[Record]:
    """One record for each payload or reading, in order; the same ids in every run.

    `admitted` is when the source took them in, seconds since the epoch.

    >>> [each.payload for each in records([{"n": 1}, {"n": 2}])]
    [{'n': 1}, {'n': 2}]
    """
    origin = Origin(source, datetime.fromtimestamp(admitted, timezone.utc))
    made = []
    for at, one in enumerate(given):
        read = one if isinstance(one, Reading) else Reading(one, at + 1)
        made.append(
            Record(
                read.payload,
                read.key,
                read.attributes,
                read.event_time,
                _salt=source.encode(),
                _position=at,
                _origin=origin,
            )
        )
    return made
