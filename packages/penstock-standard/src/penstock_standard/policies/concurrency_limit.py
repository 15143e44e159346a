"""Let only so many calls be under way at once.

Takes:   how many calls of a node are under way, and how its batches came out.
Gives:   `ConcurrencyLimit`.
Ignores: in which order records wait.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from penstock import Completion, Decision, Delay, Dispatch, FailureClass, Memory, Proceed, policy
from penstock_standard.errors import BadSetting


@policy("concurrency-limit", layer="concurrency", drops=False)
class ConcurrencyLimit:
    """Let a node have at most `limit` calls under way; with `adaptive`, find the limit by trying.

    Decides: dispatch, completion.
    Waits:   calls that were given up at their deadline and have not ended count as under way. When they fill the limit the
             node is given nothing, and asked again after `wait`; no attempt is counted.
    Adapts:  a batch with a failure, or slower than `slow_after` in the mean, costs a share of the limit (`backoff`), but one
             call at least; a batch without, that used half of the limit, earns one. It stays in `minimum` .. `maximum`.
    Source:  the semaphore bulkhead of resilience4j; AIMDLimit of Netflix's concurrency-limits, once for each batch instead of
             once for each call.
    Notes:   it can only lower what the node type declares. What was found lasts as long as the run.
    """

    limit: Annotated[int, Meta(ge=1)] = 10  # calls; with `adaptive`, to begin with
    adaptive: bool = False
    minimum: Annotated[int, Meta(ge=1)] = 1  # calls
    maximum: Annotated[int, Meta(ge=1)] = 200  # calls
    backoff: Annotated[float, Meta(ge=0.5, lt=1)] = 0.9
    slow_after: Annotated[float, Meta(gt=0)] | None = None  # seconds; null: no call is too slow
    classes: tuple[FailureClass, ...] = (FailureClass.TRANSIENT, FailureClass.TIMEOUT)  # what counts as a failure
    wait: Annotated[float, Meta(gt=0)] = 1.0  # seconds

    def __post_init__(self) -> None:
        if self.adaptive and not self.minimum <= self.limit <= self.maximum:
            raise BadSetting("limit", f"it is not in {self.minimum} .. {self.maximum}")

    def dispatch(self, facts: Dispatch) -> Decision:
        """As many as are free."""
        free = self._limit(facts.memory) - facts.in_flight
        return Proceed(concurrency=free) if free > 0 else Delay(self.wait)

    def completion(self, facts: Completion) -> Decision:
        """Less after a failure, more after a success."""
        if self.adaptive:
            limit = self._limit(facts.memory)
            facts.memory["limit"] = min(self.maximum, max(self.minimum, self._next(limit, facts)))
        return Proceed()

    def _limit(self, memory: Memory) -> int:
        found: int = memory.get("limit", self.limit) if self.adaptive else self.limit
        return found

    def _next(self, limit: int, facts: Completion) -> int:
        slow = self.slow_after is not None and facts.latency > self.slow_after
        if slow or any(facts.failed.get(each) for each in self.classes):
            return int(limit * self.backoff)  # rounded down, so less by one at least
        used = min(limit, facts.ok + sum(facts.failed.values()))
        return limit + 1 if used * 2 >= limit else limit
