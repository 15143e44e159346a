"""Try again, later each time.

Takes:   one failure: its class, its attempt, how long it has been going on, chance in [0, 1).
Gives:   `Retry`.
Ignores: where a record waits in between; the runtime keeps it, and a restart finds it there.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from penstock import DeadLetter, Decision, Delay, Failure, FailureClass, Proceed, policy
from penstock_standard._endings import ChannelName, check_channel, ending


@policy("retry", layer="retry", drops={"then": ("drop",)})
class Retry:
    """Try a failed record again, later each time, and give it up when that has gone on for too long.

    Decides: failure.
    Waits:   `fixed`: always `first`; `exponential`: `first`, then `factor` times as long each time, at most `ceiling`; `full`:
             anything between nothing and that; `equal`: between half of it and all of it; `decorrelated`: between `first`
             and three times the wait before, at most `ceiling`. Never shorter than the other side asked for.
    Ends:    behind `attempts` attempts, or when the next one would begin `max_elapsed` after the first; without both it
             goes on for ever. What another attempt cannot help is a dead letter at once, under the name of its class.
    Source:  the waits of tenacity (`wait_fixed`, `wait_exponential`, `wait_random_exponential`) and of Brooker, "Exponential
             Backoff And Jitter", AWS Architecture Blog, 2015; the end of tenacity's `stop_after_attempt` and
             `stop_before_delay`, whichever comes first, as in stamina; `Retry-After`: RFC 9110, 10.2.3.
    Notes:   a waiting record is kept durably and blocks no other. Chance is drawn from the id of the record, so those
             that failed together come back apart, and a restart changes nothing about it.
    """

    backoff: Literal["fixed", "exponential", "full", "equal", "decorrelated"] = "full"
    first: Annotated[float, Meta(ge=0)] = 0.5  # seconds
    factor: Annotated[float, Meta(ge=1)] = 2.0
    ceiling: Annotated[float, Meta(ge=0)] = 60.0  # seconds
    attempts: Annotated[int, Meta(ge=1)] | None = 10  # the first one included; null: any number
    max_elapsed: Annotated[float, Meta(gt=0)] | None = None  # seconds since the first attempt began; null: any time
    classes: tuple[FailureClass, ...] = (
        FailureClass.TRANSIENT,
        FailureClass.TIMEOUT,
    )  # the classes that are tried again
    honour_retry_after: bool = True
    then: Literal["dead-letter", "drop", "divert", "fail-run"] = (
        "dead-letter"  # what becomes of a record that is given up
    )
    channel: ChannelName | None = None  # where `divert` puts it

    def __post_init__(self) -> None:
        check_channel(self.then, self.channel)

    def failure(self, facts: Failure) -> Decision:
        """Another attempt while it can help and begins in time."""
        if facts.verdict is not None:  # of somebody closer to the node
            return Proceed()
        if facts.failure_class not in self.classes:
            return DeadLetter(facts.failure_class.value)
        if self.attempts is not None and facts.attempt >= self.attempts:
            return ending(self.then, self.channel, "attempts")
        wait = self._wait(facts)
        if self.max_elapsed is not None and facts.elapsed + wait >= self.max_elapsed:
            return ending(self.then, self.channel, "elapsed")
        return Delay(wait)

    def _wait(self, facts: Failure) -> float:
        own = self._own_wait(facts)
        return max(own, facts.retry_after or 0.0) if self.honour_retry_after else own

    def _own_wait(self, facts: Failure) -> float:
        if self.backoff == "fixed":
            return self.first
        if self.backoff == "decorrelated":
            before = self.first if facts.attempt <= 1 else facts.previous_delay
            return min(self.ceiling, self.first + facts.draw * max(0.0, 3 * before - self.first))
        whole = self._whole(facts.attempt)
        if self.backoff == "exponential":
            return whole
        return whole * facts.draw if self.backoff == "full" else whole * (0.5 + facts.draw / 2)

    def _whole(self, attempt: int) -> float:
        """The longest wait behind this attempt."""
        try:
            return min(self.ceiling, self.first * self.factor ** (attempt - 1))
        except OverflowError:
            return self.ceiling if self.first else 0.0
