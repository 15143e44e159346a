"""Begin a slow attempt a second time.

Takes:   records that are about to be given to a node.
Gives:   `Hedge`.
Ignores: which of the two answers first; the runtime takes it.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from penstock import Decision, Dispatch, Proceed, policy


@policy("hedge", layer="hedge", drops=False)
class Hedge:
    """Begin an attempt a second time when it has not ended after `after` seconds, and take the first success.

    Decides: dispatch.
    Effects: both attempts carry the same idempotency key. Only for nodes whose effect is `none` or `idempotent`; elsewhere
             it changes nothing.
    Source:  hedged requests (Dean and Barroso, "The Tail at Scale", 2013): `after` should be about the 95th percentile of
             the latency, which makes a twentieth more of requests; Polly's hedging in latency mode, with one hedged attempt.
    Notes:   when both fail, the failure of the first counts, once. It costs the other side work: do not hedge against
             one that is overloaded; a circuit breaker with `slow_after` is for that.
    """

    after: Annotated[float, Meta(gt=0)]  # seconds

    def dispatch(self, facts: Dispatch) -> Decision:
        """The same for every batch."""
        return Proceed(hedge_after=self.after)
