"""JSON as bytes, strictly: what is not JSON is neither read nor written.

Takes:   bytes of one document; payloads and records.
Gives:   `decode`, `why_not` it could not be decoded, `encode`, `envelope`.
Ignores: files and lines.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

import msgspec

from penstock import Record
from penstock_standard.errors import NotJson

decode = msgspec.json.Decoder().decode
UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # what `decode` raises

_encode = msgspec.json.Encoder().encode


class _NotFinite(ValueError):
    """A number that JSON does not have."""


def why_not(data: bytes, error: Exception) -> str:
    """Say, with its code, why bytes that `decode` refused are not JSON; only called for the few that are not.

    >>> why_not(b'{"confidence": NaN}', ValueError())
    'N303: NaN is not a JSON number'
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return f"N302: not UTF-8 at byte {wrong.start}"
    try:
        json.loads(text, parse_constant=_refuse_constant, parse_float=_refuse_overflow)
    except _NotFinite as wrong:
        return f"N303: {wrong}"
    except (ValueError, RecursionError):
        pass  # the first decoder says it shorter
    if isinstance(error, RecursionError):
        return "N301: not JSON: nested too deep"
    return f"N301: not JSON: {str(error).removeprefix('JSON is malformed: ')}"


def _refuse_constant(name: str) -> NoReturn:
    raise _NotFinite(f"{name} is not a JSON number")


def _refuse_overflow(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _NotFinite("a number is too large")
    return value


def encode(payload: Any) -> bytes:
    """A payload as compact JSON; `NotJson` when it holds something that JSON cannot say.

    >>> encode({"a": [1, None]})
    b'{"a":[1,null]}'
    """
    try:
        data = _encode(payload)
    except (TypeError, ValueError, RecursionError, OverflowError) as error:
        raise NotJson(str(error)) from error
    if b"null" in data and not _finite(payload):  # the encoder writes NaN as null
        raise NotJson("a number is not finite")
    return data


def _finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    return all(map(_finite, value)) if isinstance(value, (list, tuple)) else True


def envelope(record: Record) -> dict[str, Any]:
    """A record as a JSON object: its payload, and what others need to find it again.

    The time of admission is left out: it is the one thing that a second run over the same input would not repeat.
    """
    return {
        "id": record.id,
        "key": record.key,
        "event_time": record.event_time.isoformat() if record.event_time else None,
        "source": record.source,
        "correlation": record.correlation,
        "attributes": dict(record.attributes or {}),
        "payload": record.payload,
    }
