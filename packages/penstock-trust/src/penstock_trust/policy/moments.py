"""Read and write moments and durations as our files spell them.

Takes:   texts such as `2027-01-31T00:00:00Z` and `7d`.
Gives:   `moment_of`, `moment_text`, `seconds_of`.
Ignores: the clock; whoever decides is handed the time.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def moment_of(text: str) -> datetime | None:
    """The moment in UTC; None when the text is none, or does not say its zone.

    >>> moment_of("2027-01-31T01:00:00+01:00")
    datetime.datetime(2027, 1, 31, 0, 0, tzinfo=datetime.timezone.utc)
    >>> moment_of("2027-01-31"), moment_of("2027-02-31T00:00:00Z")
    (None, None)
    """
    found = _MOMENT.fullmatch(text)
    if found is None or not text.isascii():
        return None
    fraction = (found[2] or ".0")[1:].ljust(6, "0")
    zone = "+00:00" if found[3] == "Z" else found[3]
    try:
        return datetime.fromisoformat(f"{found[1]}.{fraction}{zone}").astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def moment_text(moment: datetime) -> str:
    """The moment as our files write it, in UTC, to the microsecond where there is one.

    >>> moment_text(datetime(2027, 1, 31, tzinfo=timezone.utc))
    '2027-01-31T00:00:00Z'
    """
    return moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def seconds_of(text: str) -> float | None:
    """A duration in seconds; None when the text is none.

    >>> seconds_of("7d"), seconds_of("soon")
    (604800.0, None)
    """
    found = re.fullmatch(r"([0-9]{1,7})(s|m|h|d)", text)
    return None if found is None else int(found[1]) * _UNITS[found[2]]
