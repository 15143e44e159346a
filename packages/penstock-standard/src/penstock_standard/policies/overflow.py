"""Decide who has to go when a channel is full.

Takes:   the records that wait in a channel, as far as they are at hand, and those that it is offered.
Gives:   `Overflowing`.
Ignores: how full is full; the capacity is the channel's.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import field
from heapq import heapify, heapreplace
from typing import Annotated, Literal

from msgspec import Meta

from penstock import Answer, Decision, DropIt, Overflow, Proceed, policy
from penstock_standard._endings import ChannelName, check_channel, ending
from penstock_standard._keying import By, keying
from penstock_standard.errors import BadSetting

Weight = Annotated[float, Meta(gt=0)]


@policy("overflow", layer="overflow", drops={"mode": ("drop-newest", "drop-oldest", "fair")})
class Overflowing:
    """Say what a full channel does with what it is offered.

    Decides: overflow.
    Modes:   `block`: producers wait, and so does the source in the end; `drop-newest`: what does not fit is dropped;
             `drop-oldest`: what waits longest is dropped for it; `fair`: the key that holds most for its weight loses its
             oldest record, again and again, so no key that stays within its share loses any; `spill`: what does not fit goes
             to another durable channel; `dead-letter`: it is kept for a person to look at; `error`: the run stops.
    Source:  the strategies of Reactive Streams buffers (Akka's backpressure, dropNew, dropHead and fail; Project Reactor's
             ERROR, DROP_LATEST, DROP_OLDEST); `fair`: longest queue drop from the front (Suter et al., "Design
             Considerations for Supporting TCP with Per-flow Queueing", 1998), weighted.
    Notes:   every record that goes is counted by its reason: `overflow-newest`, `overflow-oldest`, `overflow-share`, `overflow`.
             Of a durable channel only what is offered is at hand, and `fair` is fair among that. A channel marked
             `no_loss` makes a dead letter of what would be dropped.
    """

    mode: Literal["block", "drop-newest", "drop-oldest", "fair", "spill", "dead-letter", "error"] = "block"
    channel: ChannelName | None = None  # where `spill` puts what does not fit
    by: By = "key"  # for `fair`: `key`, `payload` or a JSON Pointer; records without one have a share together
    weights: dict[str, Weight] = field(default_factory=dict)  # for `fair`: of a key; 1 for every other

    def __post_init__(self) -> None:
        check_channel(self.mode, self.channel, "spill")
        if self.weights and self.mode != "fair":
            raise BadSetting("weights", "only `fair` has a use for them")
        self._key = keying(self.by)

    def overflow(self, facts: Overflow) -> Answer:
        """Who goes."""
        if self.mode == "block":
            return Proceed()  # no opinion: a full channel blocks
        if self.mode in ("spill", "dead-letter", "error"):
            return ending({"spill": "divert", "error": "fail-run"}.get(self.mode, self.mode), self.channel, "overflow")
        if self.mode == "drop-newest" or not facts.offered:  # nothing offered yet: come, and we shall see
            return DropIt("overflow-newest")
        if self.mode == "drop-oldest":
            return {at: DropIt("overflow-oldest") for at in facts.oldest()}
        return self._beyond_their_share(facts)

    def _beyond_their_share(self, facts: Overflow) -> dict[int, Decision]:
        held: dict[str, deque[int]] = defaultdict(deque)  # key -> its records, oldest first
        for at, record in enumerate(facts.records):
            held[self._key(record) or ""].append(at)
        heaviest = [(-len(mine) / self._weight(key), key) for key, mine in held.items()]
        heapify(heaviest)
        out: dict[int, Decision] = {}
        while len(out) < min(facts.excess, len(facts.records)):
            _, key = heaviest[0]
            out[held[key].popleft()] = DropIt("overflow-share")
            heapreplace(heaviest, (-len(held[key]) / self._weight(key), key))
        return out

    def _weight(self, key: str) -> float:
        return self.weights.get(key, 1.0)
