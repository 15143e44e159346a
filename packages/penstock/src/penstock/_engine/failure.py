"""What becomes of a failed record: classify it, ask the failure policy, and fall back when the policy itself fails.

Takes:   an exception, and what is known of the delivery.
Gives:   `describe` (a `Failure`), `RetryThenDeadLetter` (the default policy), `ask`.
Ignores: parking, counting, writing dead letters: `step.py` acts on the decision.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from penstock.decisions import (
    DeadLetter,
    Decision,
    Delay,
    Divert,
    DropIt,
    FailRun,
    Failure,
    FailureClass,
    classify,
)  # fmt: skip  # a table of names reads better in two lines

_FAILURE_ANSWERS = (Delay, DeadLetter, DropIt, Divert, FailRun)
_log = logging.getLogger("penstock.policy")


class FailurePolicy(Protocol):
    """Decides on a failed attempt. Depends on nothing but what it is handed."""

    def decide(self, failure: Failure) -> Decision:
        """Delay, dead-letter, drop, divert or fail the run."""


@dataclass(frozen=True, slots=True)
class RetryThenDeadLetter:
    """Wait longer after each failure, then keep the record as a dead letter.

    The wait is drawn from [half, whole] of an exponential ceiling (equal jitter: Brooker, "Exponential Backoff And
    Jitter", AWS Architecture Blog, 2015), and never shorter than the other side asked for.
    """

    attempts: int = 3
    first: float = 0.5  # seconds
    factor: float = 2.0
    ceiling: float = 60.0  # seconds

    def decide(self, failure: Failure) -> Decision:
        """Another attempt while it can help."""
        if failure.failure_class.is_permanent:
            return DeadLetter(reason=failure.failure_class.value)
        if failure.attempt >= self.attempts:
            return DeadLetter(reason="attempts")
        whole = min(self.ceiling, self.first * self.factor ** (failure.attempt - 1))
        return Delay(max(whole * (0.5 + failure.draw / 2), failure.retry_after or 0.0))


def describe(
    error: BaseException,
    *,
    node: str,
    record_id: str,
    attempt: int,
    elapsed: float,
    failure_class: FailureClass | None = None,
) -> Failure:
    """The failure as policies see it; the draw depends on record, node and attempt only."""
    seed = blake2b(f"{record_id}\0{node}\0{attempt}".encode(), digest_size=8).digest()
    status = getattr(error, "status", None)
    retry_after = getattr(error, "retry_after", None)
    return Failure(
        node=node,
        record_id=record_id,
        error=f"{type(error).__name__}: {error}"[:2000],
        failure_class=failure_class or classify(error),
        attempt=attempt,
        elapsed=elapsed,
        draw=int.from_bytes(seed, "big") / 2**64,
        status=status if isinstance(status, int) else None,
        retry_after=float(retry_after) if isinstance(retry_after, (int, float)) and retry_after >= 0 else None,
    )


def ask(policy: FailurePolicy, failure: Failure) -> Decision:
    """The policy's answer, or the safe default when it raises or answers nonsense; a record is never dropped by accident."""
    try:
        decision = policy.decide(failure)
    except Exception as error:  # whatever a policy raises, the record must not suffer
        _log.error("failure policy %r raised %r on %s", policy, error, failure.node)
    else:
        if isinstance(decision, _FAILURE_ANSWERS) and not (
            isinstance(decision, Delay) and not 0 <= decision.after < 1e9
        ):
            return decision
        _log.error("failure policy %r answered %r on %s", policy, decision, failure.node)
    return RetryThenDeadLetter().decide(failure)
