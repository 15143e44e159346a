"""Say what has failed, as policies see it; and what becomes of it when no policy says otherwise.

Takes:   an exception, and what is known of the delivery.
Gives:   `describe` (a `Failure`), `RetryThenDeadLetter` (the default policy).
Ignores: who else is asked (`deciding.py`); parking, counting, writing dead letters (`ledger.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from penstock.decisions import DeadLetter, Decision, Delay, FailureClass, FailureRule, classify
from penstock.points import Failure
from penstock.record import Record
from penstock_findings.secret import redacted

_LONGEST = 86_400.0  # seconds that the other side may make a record wait, by its word alone


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

    def failure(self, failure: Failure) -> Decision:
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
    record: Record | None,
    attempt: int,
    now: float,
    first: float | None = None,
    previous_delay: float = 0.0,
    failure_class: FailureClass | None = None,
    own: Sequence[FailureRule] = (),
    offered: Sequence[FailureRule] = (),
) -> Failure:
    """The failure as policies see it; the draw depends on record (a source has none), node and attempt only."""
    record_id = node if record is None else record.id
    seed = blake2b(f"{record_id}\0{node}\0{attempt}".encode(), digest_size=8).digest()
    try:
        status, retry_after = getattr(error, "status", None), getattr(error, "retry_after", None)
        kind = failure_class or classify(error, own, offered)
    except Exception:  # an error of the author's own making, with properties that raise
        status, retry_after, kind = None, None, failure_class or FailureClass.TRANSIENT
    if not isinstance(retry_after, (int, float)) or not retry_after >= 0:  # not so for NaN
        retry_after = None
    admitted = None if record is None else record.admit_time
    return Failure(
        node=node,
        record_id=record_id,
        error=plain(f"{type(error).__name__}: {plain(error)}"),
        failure_class=kind,
        attempt=attempt,
        elapsed=0.0 if first is None else max(0.0, now - first),
        draw=int.from_bytes(seed, "big") / 2**64,
        status=status if isinstance(status, int) else None,
        retry_after=None if retry_after is None else float(min(retry_after, _LONGEST)),
        previous_delay=previous_delay,
        age=0.0 if admitted is None else max(0.0, now - admitted.timestamp()),
        now=now,
        key=record.key if record is not None and is_name(record.key) else None,
    )


def plain(value: object, limit: int = 2000, words: Callable[[object], str] = str) -> str:
    """What a value says for itself, without secrets, as text that every store and terminal takes, whatever its author made of `__str__`."""
    try:
        text = redacted(words(value))[:limit]
    except Exception:  # then its type must do
        text = f"<{type(value).__name__}>"
    return text.encode("utf-8", "backslashreplace").decode()


def is_name(value: object) -> bool:
    """Whether this is text that can be stored."""
    return isinstance(value, str) and (value.isascii() or plain(value) == value)
