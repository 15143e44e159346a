"""Let a share of the records pass.

Takes:   records that a source has read, or that are about to be given to a node.
Gives:   `Sampling`.
Ignores: how many have passed before; each record is decided on its own.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from penstock import Answer, Arrival, Decision, Dispatch, Proceed, Record, drawn, policy
from penstock_standard._endings import ChannelName, check_channel, ending
from penstock_standard._keying import By, keying


@policy("sampling", layer="admission", drops={"then": ("drop",)})
class Sampling:
    """Let a share of the records pass, and take the others out.

    Decides: admit (bound to a source), dispatch (bound to a node).
    Chance:  drawn from `seed` and the key of the record, or its id when `by` is not given, and from nothing else. So all
             records of a key pass or none does, everywhere the same, in every attempt and every run; and what passes a small
             share passes a larger one.
    Source:  the trace id ratio sampler of OpenTelemetry.
    Notes:   without `by` a record and what is made from it are drawn for one by one.
    """

    share: Annotated[float, Meta(ge=0, le=1)]
    by: By | None = None  # `key`, `payload` or a JSON Pointer; null, or nothing there: the record's id
    seed: str = ""
    then: Literal["drop", "divert", "dead-letter"] = "drop"
    channel: ChannelName | None = None  # where `divert` puts it

    def __post_init__(self) -> None:
        check_channel(self.then, self.channel)
        self._key = keying(self.by) if self.by else None
        self._end = ending(self.then, self.channel, "sampled")

    def admit(self, facts: Arrival) -> Answer:
        """Those that were not drawn go."""
        return self._not_drawn(facts)

    def dispatch(self, facts: Dispatch) -> Answer:
        """Those that were not drawn go."""
        return self._not_drawn(facts)

    def _not_drawn(self, facts: Arrival | Dispatch) -> Answer:
        out: dict[int, Decision] = {
            at: self._end for at, record in enumerate(facts.records) if not self._passes(record)
        }
        return out or Proceed()

    def _passes(self, record: Record) -> bool:
        key = self._key(record) if self._key else None
        name = ("id", record.id) if key is None else ("key", key)
        return drawn("sampling", self.seed, *name) < self.share
