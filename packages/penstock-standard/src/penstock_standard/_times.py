"""Times in payloads: read strictly, written one way.

Takes:   a value of a payload; a zone-aware datetime, or seconds since the epoch.
Gives:   `as_time`, `iso`.
Ignores: which clock a time came from.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated, Any

import msgspec

_Aware = Annotated[datetime, msgspec.Meta(tz=True)]
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def as_time(value: Any) -> datetime | None:
    """A zone-aware time from RFC 3339 text or seconds since the epoch; None when it is neither.

    >>> as_time("2024-05-01T12:00:00Z").isoformat()
    '2024-05-01T12:00:00+00:00'
    >>> as_time("2024-05-01T12:00:00") is None  # no zone: it could be any of two dozen times
    True
    """
    try:
        return msgspec.convert(value, _Aware, strict=isinstance(value, str))
    except msgspec.ValidationError:
        return None


def iso(seconds: float) -> str:
    """Seconds since the epoch as RFC 3339 text in UTC, to the microsecond where there is one.

    >>> iso(0)
    '1970-01-01T00:00:00Z'
    """
    return (_EPOCH + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
