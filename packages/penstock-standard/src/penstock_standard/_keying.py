"""Tell by what records belong together, as the setting `by` of a policy says.

Takes:   `key` (the record's own), `payload` (all of it), or a JSON Pointer into the payload.
Gives:   `By` for config fields, `keying`: a function from a record to text, None where there is nothing to go by.
Ignores: what is done with the keys.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Annotated

from msgspec import Meta, MsgspecError
from msgspec.json import encode

from penstock import Record
from penstock_standard._pointers import Pointer, as_text

By = Annotated[str, Meta(pattern="^(key|payload|(/([^/~]|~[01])*)+)$")]


def keying(by: str) -> Callable[[Record], str | None]:
    """How to find the key of a record."""
    if by == "key":
        return lambda record: record.key
    if by == "payload":
        return _digest
    pointer = Pointer(by)
    return lambda record: as_text(pointer.find(record.payload))


def _digest(record: Record) -> str | None:
    try:
        text = encode(record.payload, order="deterministic")
    except (MsgspecError, TypeError, ValueError, RecursionError, OverflowError):  # not JSON, so nothing to go by
        return None
    return blake2b(text, digest_size=16).hexdigest()
