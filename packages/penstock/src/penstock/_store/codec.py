"""Records to bytes and back, one by one, and what makes them fit for that.

Takes:   records whose payload is JSON-portable.
Gives:   bytes, and what reading them gives; `Unportable` for a payload that would come back different.
Ignores: where the bytes are kept, and what is cheaper for many at once (`blocks.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from penstock.decisions import FailureClass, NodeError
from penstock.record import Origin, Record


class Unportable(NodeError):
    """A payload is not JSON-portable, so it cannot leave the process. Its node is at fault."""

    failure_class = FailureClass.CONTRACT


class _Row(msgspec.Struct, array_like=True, gc=False):
    id: str
    parents: tuple[str, ...]
    key: str | None
    event_time: datetime | None
    attributes: dict[str, str] | None
    contract: str | None
    source: str
    admit_time: datetime | None
    correlation: str
    hops: int
    payload: Any


_DEEPEST = (
    200  # lists and objects inside each other; reading it back must not depend on how deep the stack is just then
)

_encode = msgspec.json.Encoder().encode
_decode_json = msgspec.json.Decoder().decode
_decode_row = msgspec.json.Decoder(_Row).decode
_decode_rows = msgspec.json.Decoder(list[_Row]).decode
_decode_facts = msgspec.json.Decoder(tuple[str | None, dict[str, str] | None, datetime | None, str]).decode


Kept = tuple[bytes, Any]  # a payload as JSON text, and what reading that text gives


def portable(payload: Any) -> bytes:
    """The payload as JSON text; `Unportable` unless reading it gives the same value back.

    What JSON has no word for (NaN, bytes, dates, sets, tuples, keys that are not text) is refused here rather
    than changed on the way.
    """
    return _kept(payload)[0]


def _kept(payload: Any) -> Kept:
    try:
        text = _encode(payload)
        copy = _decode_json(text)
        if copy == payload:
            # counted by what is left without them: `count` looks at each byte, this jumps from one to the next
            opened = 2 * len(text) - len(text.replace(b"{", b"")) - len(text.replace(b"[", b""))
            if opened > _DEEPEST and _is_deeper(payload, _DEEPEST):
                raise Unportable(f"payload is not JSON-portable: it is nested more than {_DEEPEST} deep")
            return text, copy
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise Unportable(f"payload is not JSON-portable: {error}") from None
    raise Unportable(f"payload is not JSON-portable: {_first_difference(payload, _decode_json(text), '')}")


def storable(record: Record) -> Kept:
    """The payload as JSON text and read back, after the other facts that an author sets were found fit to be kept.

    Raises `Unportable`: one record with a key that is no text would make its whole block unreadable.
    """
    key = record.key
    if record.attributes is not None or record.event_time is not None or not (key is None or _is_plain(key)):
        _check_facts(record)
    return _kept(record.payload)


def _is_plain(key: object) -> bool:
    return isinstance(key, str) and key.isascii()


def _check_facts(record: Record) -> None:
    attributes = record.attributes
    facts = (
        record.key,
        dict(attributes) if isinstance(attributes, Mapping) else attributes,
        record.event_time,
        record.correlation,
    )
    try:
        key, same, when, _ = _decode_facts(_encode(facts))
        if (key, same) == facts[:2] and type(when) is type(record.event_time):
            return
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError) as error:
        raise Unportable(f"key, attributes or event time cannot be stored: {error}") from None
    raise Unportable("key, attributes or event time would come back different")


def _is_deeper(value: Any, limit: int) -> bool:
    layer = [value]
    for _ in range(limit + 1):
        layer = [
            item
            for each in layer
            if isinstance(each, (dict, list))
            for item in (each.values() if isinstance(each, dict) else each)
        ]
        if not layer:
            return False
    return True


def _first_difference(before: Any, after: Any, pointer: str) -> str:
    if isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
        pairs = [(before[key], after[key], f"{pointer}/{key}") for key in before]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = [(one, two, f"{pointer}/{at}") for at, (one, two) in enumerate(zip(before, after, strict=True))]
    else:
        return f"`{type(before).__name__}` at `{pointer or '/'}` would come back as {str(after)[:40]!r}"
    return next((_first_difference(*pair) for pair in pairs if pair[0] != pair[1]), f"value at `{pointer or '/'}`")


class Facts(NamedTuple):
    """What is kept of a record, besides its payload."""

    key: str | None
    attributes: dict[str, str] | None
    time: datetime | None
    contract: str | None
    origin: Origin | None
    hops: int
    id: str
    parents: tuple[str, ...]
    correlation: str


def facts_of(record: Record) -> tuple[Any, ...]:
    """The `Facts` of a record, as a plain tuple: they are asked for once a record and hop."""
    attributes, parents = record.attributes, record._parents
    # origin, correlation and hops in one walk to the oldest ancestor that is at hand, instead of one each
    oldest, origin, correlation, hops = record, record._origin, record._correlation, 0
    while oldest._parent is not None:
        hops += oldest._salt is not None
        oldest = oldest._parent
        origin = origin or oldest._origin
        correlation = correlation or oldest._correlation
    id = record.id  # which gives all its ancestors theirs
    if parents is None:
        parents = () if record._parent is None else (record._parent.id,)
    return (
        record.key,
        None if attributes is None or not isinstance(attributes, Mapping) else dict(attributes),
        record.event_time,
        record.contract,
        origin,
        hops + oldest._hops,
        id,
        parents,
        correlation or oldest.id,
    )


def _record(of: _Row, origins: dict[tuple[str, datetime | None], Origin | None]) -> Record:
    name = (of.source, of.admit_time)
    if name not in origins:
        origins[name] = Origin(of.source, of.admit_time) if of.admit_time else None
    return Record(
        of.payload, of.key, of.attributes, of.event_time, None, 0, None, 0,
        of.contract, origins[name], of.hops, of.id, of.parents, of.correlation,
    )  # fmt: skip  # in the order of the fields


def encode_record(record: Record) -> bytes:
    """One record as JSON; raises `Unportable`."""
    _check_facts(record)
    of = Facts(*facts_of(record))
    source, admitted = (of.origin.source, of.origin.admit_time) if of.origin else ("", None)
    payload = msgspec.Raw(portable(record.payload))
    row = _Row(
        of.id,
        of.parents,
        of.key,
        of.time,
        of.attributes,
        of.contract,
        source,
        admitted,
        of.correlation,
        of.hops,
        payload,
    )
    return _encode(row)


def decode_record(body: bytes) -> Record:
    """The record that `encode_record` wrote."""
    return _record(_decode_row(body), {})


def decode_rows(body: bytes) -> list[Record]:
    """The records of a list of such."""
    origins: dict[tuple[str, datetime | None], Origin | None] = {}
    return [_record(of, origins) for of in _decode_rows(body)]


def packed_ids(ids: Sequence[str]) -> bytes:
    """16 bytes for each id, one after the other; an id of another form is hashed to 16 bytes first.

    >>> len(packed_ids(["00" * 16, "my own correlation"]))
    32
    """
    if {32}.issuperset(map(len, ids)):
        try:
            packed = bytes.fromhex("".join(ids))
            if len(packed) == 16 * len(ids):  # `fromhex` passes over spaces
                return packed
        except ValueError:
            pass
    return b"".join(map(_sixteen, ids))


def _sixteen(id: str) -> bytes:
    if len(id) == 32:
        try:
            packed = bytes.fromhex(id)
            if len(packed) == 16:
                return packed
        except ValueError:
            pass
    return blake2b(id.encode(), digest_size=16).digest()


def find_id(packed: bytes, id: str) -> int | None:
    """Index of an id among packed ones, or None."""
    wanted = _sixteen(id)
    at = packed.find(wanted)
    while at >= 0 and at % 16:
        at = packed.find(wanted, at + 1)
    return at // 16 if at >= 0 else None


def body_digest(payload: bytes) -> bytes:
    """16 bytes that tell two bodies apart, for dedup."""
    return blake2b(payload, digest_size=16).digest()
