"""Blocks: some records as bytes and back, with what they have in common written once.

Takes:   records, and their payloads as JSON text that is proven portable.
Gives:   `columns`, `encode_block`, `decode_block`, `records_of`, `checksum`.
Ignores: where blocks are kept, and what makes a payload fit to be kept (`codec.py`).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any, NamedTuple

import msgspec

from penstock._store.codec import decode_rows, facts_of, packed_ids
from penstock._store.compression import compress, decompress
from penstock.record import Origin, Record


class Block(NamedTuple):
    """What is kept of a block: names as plain bytes, which can be searched and do not compress; the rest as JSON.

    `parents` is empty where each record has one parent and that is its root, or where `body` tells them; it is None in
    blocks of store format 2, whose body has everything.
    """

    ids: bytes  # 16 bytes a record
    roots: bytes  # their correlations, likewise
    parents: bytes | None  # of records with one parent each, likewise
    body: bytes  # compressed


class Columns(NamedTuple):
    """The `codec.Facts` of some records, fact by fact, each in the order of the records."""

    keys: Sequence[str | None]
    attributes: Sequence[dict[str, str] | None]
    times: Sequence[datetime | None]
    contracts: Sequence[str | None]
    origins: Sequence[Origin | None]
    hops: Sequence[int]
    ids: Sequence[str]
    parents: Sequence[tuple[str, ...]]
    correlations: Sequence[str]


class _Body(msgspec.Struct, array_like=True):
    """Everything but names; a fact that all records share stands there once instead of in a list."""

    payloads: list[Any]
    keys: str | list[str | None] | None
    attributes: dict[str, str] | list[dict[str, str] | None] | None
    times: datetime | list[datetime | None] | None
    contracts: str | list[str | None] | None
    origins: list[tuple[int, str, datetime | None]]  # so many records after each other are of this source and time
    hops: int | list[int]
    ids: list[str] | None  # None: as the bytes beside say
    parents: list[tuple[str, ...]] | None
    correlations: list[str] | None


_encode = msgspec.json.Encoder().encode
_decode_body = msgspec.json.Decoder(_Body).decode


def columns(records: Iterable[Record]) -> Columns:
    """What is kept of some records, at least one, besides their payloads."""
    return Columns(*zip(*map(facts_of, records), strict=True))


def encode_block(of: Columns, payloads: Iterable[bytes]) -> Block:
    """Some records as bytes; `payloads` are their JSON texts."""
    ids, roots = packed_ids(of.ids), packed_ids(of.correlations)
    parents: bytes | None = b""
    told: Sequence[tuple[str, ...]] | None = of.parents
    if {1}.issuperset(map(len, of.parents)):
        first = [names[0] for names in of.parents]
        packed = packed_ids(first)
        if _says(packed, first):
            parents, told = b"" if packed == roots else packed, None
    body = (
        msgspec.Raw(b"[%b]" % b",".join(payloads)),
        _once(of.keys),
        _once(of.attributes),
        _once(of.times),
        _once(of.contracts),
        list(_runs(of.origins)),
        _once(of.hops),
        None if _says(ids, of.ids) else of.ids,
        told,
        None if _says(roots, of.correlations) else of.correlations,
    )
    return Block(ids, roots, parents, compress(_encode(body)))


def _once(column: Sequence[Any]) -> Any:
    """The one fact of a column, where it has but one; two times that are equal may be written unlike."""
    one = column[0]
    if one is None or type(one) in (str, int):  # which are the same when they are equal
        return one if column.count(one) == len(column) else column
    return one if len(set(map(id, column))) == 1 else column


def _says(packed: bytes, names: Sequence[str]) -> bool:
    """Whether packed names are all that needs to be kept of them."""
    return packed.hex() == "".join(names)


def _runs(origins: Sequence[Origin | None]) -> Iterator[tuple[int, str, datetime | None]]:
    last, n = origins[0], 0
    for origin in origins if len(set(map(id, origins))) > 1 else ():
        if origin is not last:
            yield n, *_told(last)
            last, n = origin, 0
        n += 1
    yield n or len(origins), *_told(last)


def _told(origin: Origin | None) -> tuple[str, datetime | None]:
    return ("", None) if origin is None else (origin.source, origin.admit_time)


def records_of(of: Columns, payloads: Iterable[Any]) -> list[Record]:
    """The records that reading a block would give, with these payloads."""
    made = map(
        Record, payloads, of.keys, of.attributes, of.times, repeat(None), repeat(0), repeat(None), repeat(0),
        of.contracts, of.origins, of.hops, of.ids, of.parents, of.correlations,
    )  # fmt: skip  # in the order of the fields
    return list(made)


def decode_block(block: Block) -> list[Record]:
    """The records of a block, in order. Raises `ValueError` when the bytes are not a block."""
    text = decompress(block.body)
    if block.parents is None:
        return decode_rows(text)
    body = _decode_body(text)
    n = len(body.payloads)
    ids = body.ids or _names(block.ids)
    correlations = body.correlations or _names(block.roots)
    parents = body.parents if body.parents is not None else list(zip(_names(block.parents or block.roots), strict=True))
    origins: list[Origin | None] = []
    if sum(abs(k) for k, _, _ in body.origins) != n:
        raise ValueError("not as many origins as there are records")
    for k, source, admitted in body.origins:
        origins += [None if admitted is None else Origin(source, admitted)] * k
    found = Columns(
        _each(body.keys, n), _each(body.attributes, n), _each(body.times, n), _each(body.contracts, n),
        origins, _each(body.hops, n), ids, parents, correlations,
    )  # fmt: skip  # what an author sets in one line, what the runtime sets in another
    if {n} != set(map(len, found)):
        raise ValueError("not as many of each fact as there are records")
    return records_of(found, body.payloads)


def _each(column: Any, n: int) -> Sequence[Any]:
    return column if isinstance(column, list) else [column] * n


def _names(packed: bytes) -> list[str]:
    text = packed.hex()
    return [text[at : at + 32] for at in range(0, len(text), 32)]


def checksum(block: Block) -> int:
    """CRC-32 of all that is kept of a block."""
    names = (b"",) if block.parents is None else (block.ids, block.roots, block.parents)
    crc = 0
    for name in names:
        crc = zlib.crc32(name, crc)
    return zlib.crc32(block.body, crc)
