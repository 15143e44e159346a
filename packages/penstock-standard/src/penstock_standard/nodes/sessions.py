"""Join the records of one key into sessions.

Takes:   records with a key and an event time.
Gives:   `Sessions`.
Ignores: sessions that are longer than memory wants: a session is one small object, however many records it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Annotated, Any

from msgspec import Meta

from penstock import Context, Drop, Record, Timer, node
from penstock_standard._pointers import MISSING, Pointer, PointerText
from penstock_standard._times import as_time, iso
from penstock_standard.errors import NoEventTime, NoKey


@node("sessions", stateful=True)
class Sessions:
    """Emit one record for each run of records of a key in which no silence is longer than `gap`.

    Ports:   in -> out, 1 record out when a session closes; its key is the key, its event time the session's end.
    Payload: key, start, end (RFC 3339), seconds, count, and what `first` and `last` ask for.
    Closing: when a record of the key shows a longer silence, or when the key has been silent for `gap` by the run's
             clock, or when the input has ended and the graph is run until it is idle.
    State:   key -> the open session. One timer for each open session.
    Effects: none, so replay may run it again.
    Errors:  N208 when the record has no key, N202 when it has no event time.
    Notes:   records out of order are fine within `gap`; an earlier one belongs to a session that is closed already:
             it is dropped and counted as `late`.
    """

    gap: Annotated[float, Meta(gt=0)]  # seconds
    first: dict[str, PointerText] = field(default_factory=dict)  # name -> JSON Pointer into the earliest record
    last: dict[str, PointerText] = field(default_factory=dict)  # name -> JSON Pointer into the latest record

    def __post_init__(self) -> None:
        self._first = {name: Pointer(pointer).find for name, pointer in self.first.items()}
        self._last = {name: Pointer(pointer).find for name, pointer in self.last.items()}

    def process(self, record: Record, ctx: Context) -> Record | Drop | None:
        """Take the record into its key's session; give the session before it when that is over."""
        if record.key is None:
            raise NoKey
        if record.event_time is None:
            raise NoEventTime
        now = record.event_time.timestamp()
        session = ctx.state.get(record.key)
        if session is not None and now < session["start"] - self.gap:
            return Drop("late")
        if session is None:
            ctx.timers.set(record.key, ctx.now + self.gap)
        elif now > session["end"] + self.gap:
            ctx.state[record.key] = self._joined(None, record.payload, now, ctx.now)
            return record.derive(**_closed(record.key, session))
        ctx.state[record.key] = self._joined(session, record.payload, now, ctx.now)
        return None

    def on_timer(self, timer: Timer, ctx: Context) -> Iterator[Record]:
        """Close the key's session, unless a record came while the timer ran."""
        session = ctx.state.get(timer.key)
        if session is None:
            return
        quiet_at = session["seen"] + self.gap
        if timer.due <= ctx.now < quiet_at:  # a timer that fires before it is due says that the input has ended
            ctx.timers.set(timer.key, quiet_at)
            return
        del ctx.state[timer.key]
        yield Record(**_closed(timer.key, session))

    def _joined(self, session: dict[str, Any] | None, payload: Any, now: float, seen: float) -> dict[str, Any]:
        """The session with one record more; a new object, because what state handed out is not ours to change."""
        if session is None:
            first, last = _taken(self._first, payload), _taken(self._last, payload)
            return {"start": now, "end": now, "count": 1, "seen": seen, "first": first, "last": last}
        joined = {**session, "count": session["count"] + 1, "seen": seen}
        if now < session["start"]:
            joined.update(start=now, first=_taken(self._first, payload))
        if now >= session["end"]:
            joined.update(end=now, last=_taken(self._last, payload))
        return joined


def _taken(fields: dict[str, Any], payload: Any) -> dict[str, Any]:
    found = {name: find(payload) for name, find in fields.items()}
    return {name: None if value is MISSING else value for name, value in found.items()}


def _closed(key: str, session: dict[str, Any]) -> dict[str, Any]:
    """The session as a record wants it: payload, key, event time."""
    start, end = session["start"], session["end"]
    span = {"start": iso(start), "end": iso(end), "seconds": end - start, "count": session["count"]}
    payload = {"key": key, **span, **session["first"], **session["last"]}
    return {"payload": payload, "key": key, "event_time": as_time(end)}
