"""The closed list of answers at a decision point, and how failures are classified.

Takes:   nothing.
Gives:   the decisions, `Answer`; `FailureClass`, `FailureRule`, the errors by which a node speaks its own verdict, `classify`.
Ignores: what a policy is told (`points.py`), who decides (policies) and who acts (the engine).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum


class FailureClass(str, Enum):
    """What kind of failure it was: the fact on which a failure policy decides."""

    TRANSIENT = "transient"  # worth another attempt
    PERMANENT = "permanent"  # the same input will fail again
    CONTRACT = "contract"  # a payload breaks the contract of its port; permanent
    DECODE = "decode"  # bytes that could not be read; permanent
    TIMEOUT = "timeout"  # took longer than its deadline; transient

    @property
    def is_permanent(self) -> bool:
        """Whether another attempt cannot help."""
        return self in (FailureClass.PERMANENT, FailureClass.CONTRACT, FailureClass.DECODE)


class NodeError(Exception):
    """A failure on which the node itself has an opinion. Raise one of its children."""

    failure_class = FailureClass.TRANSIENT

    def __init__(self, message: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Transient(NodeError):
    """Try again later, not before `retry_after` seconds when given."""


class Reject(NodeError):
    """This record will never pass: dead-letter it now, without another attempt."""

    failure_class = FailureClass.PERMANENT


@dataclass(
    slots=True, unsafe_hash=True
)  # not frozen: a limit may be made for every batch, and that costs twice as much
class Proceed:
    """Go on; at any point this also says "no opinion", and the next policy is asked.

    Nobody changes one that was handed over.  The limits mean something at `dispatch` only.  Where several policies give one, the strictest holds.
    """

    at_most: int | None = None  # records that the node may be given now; the others wait, without costing an attempt
    concurrency: int | None = None  # async or blocking calls in flight at once
    deadline: float | None = None  # seconds for one attempt, of a node that awaits or blocks
    hedge_after: float | None = None  # seconds, then the attempt is begun a second time and the first success counts


@dataclass(frozen=True, slots=True)
class Delay:
    """Not now: again `after` seconds from now, durably.  What exactly waits is for the decision point to say."""

    after: float


@dataclass(frozen=True, slots=True)
class DropIt:
    """Give the record up; counted under `reason`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Divert:
    """Append the record to another durable channel instead."""

    channel: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Keep the record, its attempts and their causes out of the way, for a person to look at."""

    reason: str


@dataclass(frozen=True, slots=True)
class FailRun:
    """Stop the run; the record stays where it is."""

    reason: str


Decision = Proceed | Delay | DropIt | Divert | DeadLetter | FailRun
# One decision for everything that was asked about, or decisions for some of the records, by index; the others proceed.
Answer = Decision | Mapping[int, Decision]


@dataclass(frozen=True, slots=True)
class FailureRule:
    """One line of the table by which failures are classified; the first line that fits decides.

    `error` is the name of an exception type or of one that it inherits from, alone (`TimeoutError`) or behind the
    start of its module (`msgspec.ValidationError`).  `status` is a half-open range of what the exception has as
    `status`.  `retry_after` is whether the other side has asked for a pause.  A line with several of them wants all.
    """

    gives: FailureClass
    error: str | None = None
    status: tuple[int, int] | None = None
    retry_after: bool | None = None

    def fits(self, error: BaseException) -> bool:
        """Whether this line speaks about the exception."""
        if self.error is not None and not any(_is_called(kind, self.error) for kind in type(error).__mro__):
            return False
        if self.status is not None:
            status = getattr(error, "status", None)
            if not isinstance(status, int) or not self.status[0] <= status < self.status[1]:
                return False
        return self.retry_after is None or self.retry_after == (getattr(error, "retry_after", None) is not None)


def _is_called(kind: type, name: str) -> bool:
    module, _, last = name.rpartition(".")
    return kind.__name__ == last and (not module or f"{kind.__module__}.".startswith(f"{module}."))


# What the standard library raises for a peer that is away or busy.  `OSError` is the parent of most of them; a missing
# file is as likely to come back as a refused connection, so all of it is transient.
_PERMANENT_STATUS = ((400, 408), (409, 425), (426, 429), (430, 500))  # all of 4xx but 408, 425 and 429
FAILURE_RULES: tuple[FailureRule, ...] = (
    FailureRule(FailureClass.CONTRACT, error="msgspec.ValidationError"),
    FailureRule(FailureClass.CONTRACT, error="pydantic.ValidationError"),
    FailureRule(FailureClass.CONTRACT, error="pydantic_core.ValidationError"),
    FailureRule(FailureClass.DECODE, error="UnicodeDecodeError"),
    FailureRule(FailureClass.DECODE, error="DecodeError"),
    FailureRule(FailureClass.DECODE, error="JSONDecodeError"),
    FailureRule(FailureClass.TIMEOUT, error="TimeoutError"),
    FailureRule(FailureClass.TRANSIENT, error="OSError"),
    FailureRule(FailureClass.TRANSIENT, error="EOFError"),
    FailureRule(FailureClass.TRANSIENT, retry_after=True),
    *(FailureRule(FailureClass.PERMANENT, status=status) for status in _PERMANENT_STATUS),
)


def classify(
    error: BaseException, own: Sequence[FailureRule] = (), offered: Sequence[FailureRule] = ()
) -> FailureClass:
    """Sort an exception that a node raised into one class of failure.

    The operator's `own` rules come first; then a `NodeError` speaks for itself; then come the rules that packs have
    `offered`, and at last `FAILURE_RULES`.  What no rule fits is transient, because a bug that is mended by a restart
    must not have cost the record.

    >>> classify(ConnectionResetError()).value, classify(UnicodeDecodeError("utf-8", b"", 0, 1, "")).value
    ('transient', 'decode')
    """
    for rule in own:
        if rule.fits(error):
            return rule.gives
    if isinstance(error, NodeError):
        return error.failure_class
    for rule in (*offered, *FAILURE_RULES):
        if rule.fits(error):
            return rule.gives
    return FailureClass.TRANSIENT


def status_class(status: object) -> FailureClass:
    """The class that an HTTP status speaks for; anything that is not a refusal is transient.

    >>> status_class(503).value, status_class(422).value
    ('transient', 'permanent')
    """
    if isinstance(status, int) and any(low <= status < high for low, high in _PERMANENT_STATUS):
        return FailureClass.PERMANENT
    return FailureClass.TRANSIENT


def parse_retry_after(value: str, now: float) -> float | None:
    """Seconds from a `Retry-After` header (RFC 9110, 10.2.3: seconds or an HTTP date); None when it says neither.

    `now` is seconds since the epoch.

    >>> parse_retry_after("120", now=0.0)
    120.0
    """
    if value.strip().isdigit():
        return float(value.strip())
    from email.utils import parsedate_to_datetime  # brings much with it, and every command imports this module

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError):
        return None
