"""Count values in windows of time and tell the most frequent ones.

Takes:   records with an event time.
Gives:   `Top`.
Ignores: sliding windows, estimates; every value is counted exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from penstock import Context, Drop, Record, Timer, node
from penstock_standard._pointers import MISSING, Pointer, PointerText
from penstock_standard._times import as_time, iso
from penstock_standard.errors import NoEventTime

_WINDOWS = "windows"  # state key; the others are "<start of the window> <value as JSON>"


@node("top", stateful=True)
class Top:
    """Emit, for each window of event time, the `n` most frequent values of a field.

    Ports:   in -> out, 1 record out when a window closes; its event time is the window's start.
    Payload: start, end (RFC 3339; end is not in the window), total, and top: a list of value and count, the most
             frequent first, equals by the text of the value.
    Closing: when a record comes from `lateness` or more behind the window's end, or when no record has come into it
             for its length by the run's clock, or when the input has ended and the graph is run until it is idle.
    State:   one number for each value in each open window, and a list of the open windows. One timer for each window.
    Effects: none, so replay may run it again.
    Errors:  N202 when the record has no event time.
    Notes:   windows begin at multiples of `window` since the epoch. A record without the field counts for nothing; one
             for a window that is closed is dropped and counted as `late`.
    """

    field: PointerText  # JSON Pointer to the value
    window: Annotated[float, Meta(gt=0)] = 3600  # seconds
    n: Annotated[int, Meta(ge=1)] = 10
    lateness: Annotated[float, Meta(ge=0)] = 0  # seconds of event time that a window stays open behind its end

    def __post_init__(self) -> None:
        self._find = Pointer(self.field).find

    def process(self, record: Record, ctx: Context) -> Iterator[Record | Drop]:
        """Count the record, then give what its event time has closed."""
        if record.event_time is None:
            raise NoEventTime
        value = self._find(record.payload)
        if value is MISSING:
            return
        now = record.event_time.timestamp()
        start = now // self.window * self.window
        windows = ctx.state.get(_WINDOWS) or {"open": [], "closed": None}
        if start not in windows["open"]:
            if windows["closed"] is not None and start <= windows["closed"]:
                yield Drop("late")
                return
            windows = {**windows, "open": sorted([*windows["open"], start])}
            ctx.state[_WINDOWS] = windows
            ctx.timers.set(repr(start), ctx.now + self.window + self.lateness, 0)
        counter = _counter(start, value)
        ctx.state[counter] = ctx.state.get(counter, 0) + 1
        for begun in windows["open"]:
            if begun + self.window + self.lateness <= now:
                payload = self._close(begun, ctx)
                yield record.derive(payload, event_time=as_time(begun))

    def on_timer(self, timer: Timer, ctx: Context) -> Iterator[Record]:
        """Close the window, unless it was still being counted into while the timer ran."""
        start = float(timer.key)
        if start not in (ctx.state.get(_WINDOWS) or {"open": []})["open"]:
            return
        total = sum(count for _, count in _counts(start, ctx))
        if timer.due <= ctx.now and total != timer.payload:  # before it is due, the input has ended
            ctx.timers.set(timer.key, ctx.now + self.window + self.lateness, total)
            return
        yield Record(self._close(start, ctx), event_time=as_time(start))

    def _close(self, start: float, ctx: Context) -> dict[str, Any]:
        """Forget a window; the payload that tells what was in it."""
        counts = sorted(_counts(start, ctx), key=lambda pair: (-pair[1], pair[0]))
        windows = ctx.state[_WINDOWS]
        still_open = [begun for begun in windows["open"] if begun != start]
        closed = start if windows["closed"] is None else max(start, windows["closed"])
        ctx.state[_WINDOWS] = {"open": still_open, "closed": closed}
        for text, _ in counts:
            del ctx.state[_counter_name(start, text)]
        return {
            "start": iso(start),
            "end": iso(start + self.window),
            "total": sum(count for _, count in counts),
            "top": [{"value": msgspec.json.decode(text), "count": count} for text, count in counts[: self.n]],
        }


def _counter(start: float, value: Any) -> str:
    return _counter_name(start, msgspec.json.encode(value).decode())


def _counter_name(start: float, text: str) -> str:
    return f"{start!r} {text}"


def _counts(start: float, ctx: Context) -> list[tuple[str, int]]:
    """Each value of a window as JSON text, with its count."""
    beginning = f"{start!r} "
    return [(name[len(beginning) :], ctx.state[name]) for name in ctx.state if name.startswith(beginning)]
