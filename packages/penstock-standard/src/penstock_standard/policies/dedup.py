"""Let a thing pass once in a while.

Takes:   records that a source has read, or that are about to be given to a node.
Gives:   `Dedup`.
Ignores: what differs between two records of one key.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from penstock import Answer, Arrival, Decision, Dispatch, Memory, Proceed, policy
from penstock_standard._endings import ChannelName, check_channel, ending
from penstock_standard._keying import By, keying

_SWEPT = "swept"  # when what is over was last forgotten; keys are kept behind `=`


@policy("dedup", layer="admission", durable=True, drops={"then": ("drop",)})
class Dedup:
    """Take out a record when one of the same key has passed less than `window` seconds ago.

    Decides: admit (bound to a source), dispatch (bound to a node).
    State:   key -> when one passed, and which; durable, so a restart forgets nothing. Forgotten when the window is over.
    Source:  the deduplication interval of Amazon SQS FIFO queues: it begins with the record that passes, and a repetition
             does not make it longer.
    Notes:   a record is no repetition of itself: one that is tried again, or read again, passes. A record without key
             passes. To be counted once for ever, give the record an identity and the channel a `dedup` window instead.
    """

    window: Annotated[float, Meta(gt=0)] = 300.0  # seconds of the run's clock
    by: By = "key"  # `key`, `payload` or a JSON Pointer
    then: Literal["drop", "divert", "dead-letter"] = "drop"
    channel: ChannelName | None = None  # where `divert` puts it

    def __post_init__(self) -> None:
        check_channel(self.then, self.channel)
        self._key = keying(self.by)
        self._end = ending(self.then, self.channel, "duplicate")

    def admit(self, facts: Arrival) -> Answer:
        """What came a short while ago goes."""
        return self._repeated(facts)

    def dispatch(self, facts: Dispatch) -> Answer:
        """What came a short while ago goes."""
        return self._repeated(facts)

    def _repeated(self, facts: Arrival | Dispatch) -> Answer:
        out: dict[int, Decision] = {}
        for at, record in enumerate(facts.records):
            key = self._key(record)
            if key is None:
                continue
            last = facts.memory.get(f"={key}")
            if last is None or facts.now - last[0] >= self.window:
                facts.memory[f"={key}"] = [facts.now, record.id]
            elif last[1] != record.id:
                out[at] = self._end
        if facts.records:
            self._forget(facts.memory, facts.now)
        return out or Proceed()

    def _forget(self, memory: Memory, now: float) -> None:
        if len(memory) > 1 and now - memory.setdefault(_SWEPT, now) >= self.window:
            over = [key for key, last in memory.items() if key != _SWEPT and now - last[0] >= self.window]
            for key in over:
                del memory[key]
            memory[_SWEPT] = now
