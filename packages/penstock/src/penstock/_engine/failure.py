"""What becomes of a failed record: classify it, ask the failure policy, and fall back when the policy itself fails.

Takes:   an exception, and what is known of the delivery.
Gives:   `describe` (a `Failure`), `RetryThenDeadLetter` (the default policy), `ask`.
Ignores: parking, counting, writing dead letters: `step.py` acts on the decision.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Protocol

from penstock.decisions import (
    DeadLetter,
    Decision,
    Delay,
    Divert,
    DropIt,
    FailRun,
    FailureClass,
    classify,
)  # fmt: skip  # a table of names reads better in two lines
from penstock.points import Failure

_FAILURE_ANSWERS = (Delay, DeadLetter, DropIt, Divert, FailRun)
_LONGEST = 86_400.0  # seconds that the other side may make a record wait, by its word alone
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
    try:
        status, retry_after = getattr(error, "status", None), getattr(error, "retry_after", None)
        kind = failure_class or classify(error)
    except Exception:  # an error of the author's own making, with properties that raise
        status, retry_after, kind = None, None, failure_class or FailureClass.TRANSIENT
    if not isinstance(retry_after, (int, float)) or not retry_after >= 0:  # not so for NaN
        retry_after = None
    return Failure(
        node=node,
        record_id=record_id,
        error=plain(f"{type(error).__name__}: {plain(error)}"),
        failure_class=kind,
        attempt=attempt,
        elapsed=elapsed,
        draw=int.from_bytes(seed, "big") / 2**64,
        status=status if isinstance(status, int) else None,
        retry_after=None if retry_after is None else float(min(retry_after, _LONGEST)),
    )


def plain(value: object, limit: int = 2000, words: Callable[[object], str] = str) -> str:
    """What a value says for itself, as text that every store and terminal takes, whatever its author made of `__str__`."""
    try:
        text = words(value)[:limit]
    except Exception:  # then its type must do
        text = f"<{type(value).__name__}>"
    return text.encode("utf-8", "backslashreplace").decode()


def ask(policy: FailurePolicy, failure: Failure) -> Decision:
    """The policy's answer, or the safe default when it raises or answers nonsense; a record is never dropped by accident."""
    try:
        decision = policy.decide(failure)
    except Exception as error:  # whatever a policy raises, the record must not suffer
        _log.error("failure policy %r raised %r on %s", policy, error, failure.node)
    else:
        if _is_answer(decision):
            return decision
        _log.error("failure policy %r answered %r on %s", policy, decision, failure.node)
    return RetryThenDeadLetter().decide(failure)


def _is_answer(decision: Any) -> bool:
    if isinstance(decision, Delay):
        after: Any = decision.after
        return isinstance(after, (int, float)) and 0 <= after < 1e9
    said = (getattr(decision, "reason", None), decision.channel if isinstance(decision, Divert) else "")
    return isinstance(decision, _FAILURE_ANSWERS) and all(map(is_name, said))


def is_name(value: object) -> bool:
    """Whether this is text that can be stored."""
    return isinstance(value, str) and (value.isascii() or plain(value) == value)
