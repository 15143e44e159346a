"""Give up what takes too long.

Takes:   records that are about to be given to a node, and failures.
Gives:   `Deadline`.
Ignores: how an attempt is interrupted; the runtime does it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from penstock import Answer, Decision, Dispatch, Failure, Proceed, policy
from penstock_standard._endings import ChannelName, check_channel, ending
from penstock_standard.errors import BadSetting


@policy("deadline", layer="total-deadline", drops={"then": ("drop",)})
class Deadline:
    """Interrupt an attempt that takes longer than `attempt`, and begin none for a record older than `total`.

    Decides: dispatch, failure.
    Ends:    an attempt that was interrupted failed with the class `timeout`, and is tried again if that is asked for. A record
             that was admitted `total` seconds ago is not attempted again, and is given up as `then` says.
    Source:  Polly's standard handler: a total timeout around the retries, an attempt timeout within; resilience4j's
             TimeLimiter for the latter.
    Notes:   `total` includes the time that a record waited in channels, also while nothing ran. An attempt that began in
             time may end later. A node that neither awaits nor blocks in a thread cannot be interrupted.
    """

    attempt: Annotated[float, Meta(gt=0)] | None = None  # seconds; null: an attempt may take any time
    total: Annotated[float, Meta(gt=0)] | None = None  # seconds since the record was admitted; null: any time
    then: Literal["dead-letter", "drop", "divert"] = "dead-letter"
    channel: ChannelName | None = None  # where `divert` puts it

    def __post_init__(self) -> None:
        if self.attempt is None and self.total is None:
            raise BadSetting("attempt", "a deadline needs `attempt`, `total` or both")
        check_channel(self.then, self.channel)
        self._limit = Proceed(deadline=self.attempt)
        self._end = ending(self.then, self.channel, "deadline")

    def dispatch(self, facts: Dispatch) -> Answer:
        """The limit of an attempt; the end for what is too old."""
        if self.total is not None:
            late = {at for at in range(len(facts.records)) if facts.age(at) >= self.total}
            if late:
                return {at: self._end if at in late else self._limit for at in range(len(facts.records))}
        return self._limit

    def failure(self, facts: Failure) -> Decision:
        """The end, when the time is over."""
        if facts.verdict is None and self.total is not None and facts.age >= self.total:
            return self._end
        return Proceed()
