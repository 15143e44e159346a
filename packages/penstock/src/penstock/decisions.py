"""The closed list of answers at a decision point, the failure that they answer, and how failures are classified.

Takes:   nothing.
Gives:   `Failure`, `FailureClass`, the decisions, the errors by which a node speaks its own verdict, `classify`.
Ignores: who decides (policies) and who acts (the engine).
"""

from __future__ import annotations

import email.utils
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


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt, as a failure policy sees it.

    `attempt` counts from 1. `elapsed` is seconds since the first attempt of this delivery began.
    `draw` is uniform in [0, 1), derived from record, node and attempt, so that a repeated run waits as long.
    """

    node: str
    record_id: str
    error: str  # "ValueError: no such unit"
    failure_class: FailureClass
    attempt: int
    elapsed: float
    draw: float
    status: int | None = None
    retry_after: float | None = None  # seconds, asked for by the other side


@dataclass(frozen=True, slots=True)
class Proceed:
    """Go on as if no policy had been asked."""


@dataclass(frozen=True, slots=True)
class Delay:
    """Hold the delivery back durably and attempt it again `after` seconds from now (a retry, at `failure`)."""

    after: float


@dataclass(frozen=True, slots=True)
class DropIt:
    """Give the record up; counted under `reason`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Divert:
    """Append the record to another channel instead."""

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

# What the standard library raises for a peer that is away or busy.  `OSError` is the parent of most of them;
# a missing file is as likely to come back as a refused connection, so all of it is transient.
_TRANSIENT: tuple[type[BaseException], ...] = (OSError, EOFError)
_TRANSIENT_STATUS = frozenset({408, 425, 429})


def classify(error: BaseException) -> FailureClass:
    """Sort an exception that a node raised into one class of failure.

    A `NodeError` speaks for itself; an HTTP-like `status` decides next (408, 425, 429 and 5xx are transient,
    other 4xx permanent); time-outs and operating system errors are transient; everything else is transient too,
    because a bug that is mended by a restart must not have cost the record.
    """
    if isinstance(error, NodeError):
        return error.failure_class
    name = type(error).__name__
    if name == "ValidationError" and type(error).__module__.startswith(("msgspec", "pydantic")):
        return FailureClass.CONTRACT
    if isinstance(error, UnicodeDecodeError) or name in ("DecodeError", "JSONDecodeError"):
        return FailureClass.DECODE
    if isinstance(error, TimeoutError) or name == "TimeoutError":  # asyncio's own until Python 3.11
        return FailureClass.TIMEOUT
    if isinstance(error, _TRANSIENT):
        return FailureClass.TRANSIENT
    return status_class(getattr(error, "status", None))


def status_class(status: object) -> FailureClass:
    """The class that an HTTP status speaks for; anything that is not a refusal is transient.

    >>> status_class(503).value, status_class(422).value
    ('transient', 'permanent')
    """
    if isinstance(status, int) and 400 <= status < 500 and status not in _TRANSIENT_STATUS:
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
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError):
        return None
