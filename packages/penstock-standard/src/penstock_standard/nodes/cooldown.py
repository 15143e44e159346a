"""Hold back repetitions.

Takes:   records with a key.
Gives:   `Cooldown`.
Ignores: what the records say; two records of one key are the same alarm.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from penstock import Context, Drop, Record, node
from penstock_standard._pointers import Pointer, PointerText, as_text
from penstock_standard.errors import Missing, NoEventTime, NoKey


@node("cooldown", stateful=True)
class Cooldown:
    """Pass at most one record of each key in any `window` seconds.

    Ports:   in -> out, 0 or 1 record out for each one in, order kept.
    State:   key -> time of the last record that passed, in seconds since the epoch; one number for every key ever seen.
    Effects: none, so replay may run it again.
    Errors:  N208 when the record has no key, N201 when nothing is at `key`, N202 when it has no event time.
    Notes:   held back records are dropped and counted as `cooldown`. A record that comes late, with an event time
             before that of the last one passed, is held back too. With `clock: run` the time of processing counts.
    """

    window: Annotated[float, Meta(ge=0)]  # seconds
    key: PointerText | None = None  # JSON Pointer into the payload, instead of the record's own key
    clock: Literal["event", "run"] = "event"

    def __post_init__(self) -> None:
        self._key = Pointer(self.key) if self.key is not None else None

    def process(self, record: Record, ctx: Context) -> Record | Drop:
        """Give the record back, unless one of its key has just passed."""
        key = self._key_of(record)
        now = self._time_of(record, ctx)
        last = ctx.state.get(key)
        if last is not None and now - last < self.window:
            return Drop("cooldown")
        ctx.state[key] = now
        return record

    def _key_of(self, record: Record) -> str:
        if self._key is None:
            if record.key is None:
                raise NoKey
            return record.key
        key = as_text(self._key.find(record.payload))
        if key is None:
            raise Missing(self._key.text)
        return key

    def _time_of(self, record: Record, ctx: Context) -> float:
        if self.clock == "run":
            return ctx.now
        if record.event_time is None:
            raise NoEventTime
        return record.event_time.timestamp()
