"""Read the combined log format of Apache and nginx.

Takes:   records that hold a line of text.
Gives:   `ParseAccessLog`.
Ignores: other formats and custom fields; where the lines come from.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from penstock import Context, Record, node
from penstock_standard._pointers import Pointer, PointerText, as_text
from penstock_standard.errors import Missing, NotAccessLog

_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_LINE = re.compile(rf"(\S+) (\S+) (.+?) \[([^\]]+)\] {_QUOTED} (\d{{3}}) (\d+|-)(?: {_QUOTED} {_QUOTED})?\s*")
_TIME = re.compile(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)}


@node("parse-access-log")
class ParseAccessLog:
    """Turn a line of an access log into fields; the request's time becomes the event time.

    Ports:   in -> out, 1 record out for each line that parses, order kept.
    Payload: host, user, time, request, method, path, query, protocol, status, bytes, referer, agent; null for `-`.
             method, path, query and protocol are null when the request is none of HTTP, as scanners send.
    State:   none.
    Effects: none, so replay may run it again.
    Errors:  N204 when the line is not in the combined (or common) format, N201 when there is no text at `field`.
    """

    field: PointerText = "/line"  # JSON Pointer to the line
    key: PointerText = "/host"  # JSON Pointer into the parsed payload: the record's key

    def __post_init__(self) -> None:
        self._line = Pointer(self.field)
        self._key = Pointer(self.key)

    def process(self, record: Record, ctx: Context) -> Record:
        """Parse the line."""
        line = self._line.find(record.payload)
        if not isinstance(line, str):
            raise Missing(self.field)
        parts = _LINE.fullmatch(line)
        if parts is None:
            raise NotAccessLog("its parts are not there")
        host, _, user, stamp, request, status, size, referer, agent = parts.groups()
        when = _moment(stamp)
        payload = {
            "host": host,
            "user": _given(user),
            "time": when.isoformat(),
            "request": request,
            **_request(request),
            "status": int(status),
            "bytes": None if size == "-" else int(size),
            "referer": _given(referer),
            "agent": _given(agent),
        }
        return record.derive(payload, key=as_text(self._key.find(payload)), event_time=when)


def _given(text: str | None) -> str | None:
    return None if text in (None, "-", "") else text


def _request(text: str) -> dict[str, Any]:
    """What an HTTP request line says; nothing of anything when it is none."""
    words = text.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/") or not words[0].isalpha():
        return {"method": None, "path": None, "query": None, "protocol": None}
    path, _, query = words[1].partition("?")
    return {"method": words[0], "path": path, "query": query or None, "protocol": words[2]}


def _moment(stamp: str) -> datetime:
    """The time of a log line; months are English whatever the locale, which `strptime` cannot promise."""
    parts = _TIME.fullmatch(stamp)
    if parts is None or parts[2] not in _MONTHS:
        raise NotAccessLog("its time cannot be read")
    day, month, year, hour, minute, second, sign, hours, minutes = parts.groups()
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        zone = timezone(-shift if sign == "-" else shift)
        return datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=zone)
    except ValueError:
        raise NotAccessLog("its time does not exist") from None
