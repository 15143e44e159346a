"""Let no more records pass than a rate allows.

Takes:   records that are about to be given to a node, and the time.
Gives:   `RateLimit`.
Ignores: what the records cost the other side; each counts as one.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from penstock import Answer, Decision, Delay, Dispatch, Memory, Proceed, policy
from penstock_standard._keying import By, keying

_MICRO = 1_000_000  # whole microseconds: a burst far from the epoch must not lose its last record to rounding
_EARNED = 0.1  # seconds whose earnings are the burst when none is given
_PROCEED = Proceed()
_SWEEP = 1024  # keys, then those that are at rest are forgotten


@policy("rate-limit", layer="rate", drops=False)
class RateLimit:
    """Give a node at most `rate` records in `per` seconds, evenly; the others wait without costing an attempt.

    Decides: dispatch.
    Promise: in any time of length t no more than rate / per * t + burst records pass, of each key when `by` is given.
             With `burst: 1` that is never more than `rate` in any `per` seconds.
    Waits:   a record that is too early waits, durably, exactly until it is in time; nothing more is pulled meanwhile.
    Source:  GCRA, the generic cell rate algorithm (ITU-T I.371, annex A), with one theoretical arrival time for each key, in
             whole microseconds as in pyrate-limiter; the same as aiolimiter's leaky bucket. `per` is no window that
             begins anew, as resilience4j's is, so there is no moment when twice as many pass.
    Notes:   rates with one name under `shared` are one rate. Each attempt counts, retries too. A new process begins with
             a whole burst, and processes that share a store do not share a rate.
    """

    rate: Annotated[float, Meta(gt=0)]  # records
    per: Annotated[float, Meta(gt=0)] = 1.0  # seconds
    burst: Annotated[int, Meta(ge=1)] | None = None  # records at once; null: what 0.1 seconds earn, and 1 at least
    by: By | None = None  # `key`, `payload` or a JSON Pointer: a rate for each; null: one for all
    shared: str | None = None  # a name; nodes whose limits have the same one share the rate

    def __post_init__(self) -> None:
        self._interval = max(1, -int(-self.per * _MICRO // self.rate))  # rounded up, so never faster than asked for
        self._tolerance = self._interval * (self.burst or max(1, int(_EARNED * self.rate / self.per)))
        self._key = keying(self.by) if self.by else None

    def memory_name(self, subject: str) -> str | None:
        """What the theoretical arrival times are kept under."""
        return self.shared

    def dispatch(self, facts: Dispatch) -> Answer:
        """As many as are in time; the others when they are."""
        wanted = facts.wanted
        if not wanted or (facts.pulling and self._key is not None):
            return _PROCEED
        if self._key is not None:
            return self._each(facts, _micros(facts.now))
        memory, now = facts.memory, _micros(facts.now)
        tat = memory.get("", 0)
        if tat < now:
            tat = now
        free = (self._tolerance - (tat - now)) // self._interval
        if free < 1:
            return Delay(self._early(tat, now))
        if not facts.pulling:
            memory[""] = tat + min(free, wanted) * self._interval
        return _PROCEED if free >= wanted else Proceed(at_most=free)

    def _each(self, facts: Dispatch, now: int) -> Answer:
        assert self._key is not None
        late: dict[int, Decision] = {}
        queued: dict[str, int] = {}  # key -> records of this batch that wait already
        for at, record in enumerate(facts.records):
            key = self._key(record) or ""
            tat = max(now, facts.memory.get(key, 0))
            ahead = queued.get(key, 0)
            early = self._early(tat + ahead * self._interval, now)
            if early > 0:
                late[at] = Delay(early)
                queued[key] = ahead + 1
            else:
                self._take(facts.memory, key, tat, now)
        return late or _PROCEED

    def _take(self, memory: Memory, key: str, tat: int, now: int) -> None:
        known = key in memory
        memory[key] = tat + self._interval
        if not known and len(memory) % _SWEEP == 0:
            for rested in [name for name, at in memory.items() if at <= now]:
                del memory[rested]

    def _early(self, tat: int, now: int) -> float:
        """Seconds by which the next record is too early."""
        return max(0, tat + self._interval - self._tolerance - now) / _MICRO


def _micros(seconds: float) -> int:
    return round(seconds * _MICRO)
