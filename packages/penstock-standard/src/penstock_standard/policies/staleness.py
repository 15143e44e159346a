"""Spend nothing on what is too old.

Takes:   records that a source has read, or that are about to be given to a node, and the time.
Gives:   `Staleness`.
Ignores: how often a record was tried.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from penstock import Answer, Arrival, Decision, Dispatch, Proceed, policy
from penstock_standard._endings import ChannelName, check_channel, ending


@policy("staleness", layer="admission", drops={"then": ("drop",)})
class Staleness:
    """Take out a record that is older than `older_than`.

    Decides: admit (bound to a source), dispatch (bound to a node, before every attempt).
    Age:     `event`: since it happened, by its event time; `admit`: since a source of this graph admitted it. At a source
             only its event time tells. A record that has no such time is not old.
    Source:  per-message time to live: JMS `setTimeToLive`, RabbitMQ `x-message-ttl`, of which the latter also looks only
             when a message has come to the head of its queue.
    Notes:   a record that waits to be tried again grows old meanwhile, and is taken out when its time comes.
    """

    older_than: Annotated[float, Meta(gt=0)]  # seconds
    of: Literal["event", "admit"] = "event"
    then: Literal["drop", "divert", "dead-letter"] = "drop"
    channel: ChannelName | None = None  # where `divert` puts it

    def __post_init__(self) -> None:
        check_channel(self.then, self.channel)
        self._end = ending(self.then, self.channel, "stale")

    def admit(self, facts: Arrival) -> Answer:
        """What happened too long ago goes."""
        if self.of == "admit":
            return Proceed()
        return self._old([facts.age(at) for at in range(len(facts.records))])

    def dispatch(self, facts: Dispatch) -> Answer:
        """What is too old by now goes."""
        return self._old([facts.age(at, of=self.of) for at in range(len(facts.records))])

    def _old(self, ages: list[float]) -> Answer:
        out: dict[int, Decision] = {at: self._end for at, age in enumerate(ages) if age > self.older_than}
        return out or Proceed()
