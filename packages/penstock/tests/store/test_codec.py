"""What can be written comes back as it was, and what would not is refused before anything depends on it."""

from __future__ import annotations

import os
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock._store import compression
from penstock._store.blocks import Block, checksum, columns, decode_block, encode_block, records_of
from penstock._store.codec import (
    Unportable,
    decode_record,
    encode_record,
    find_id,
    packed_ids,
    portable,
    storable,
)
from penstock._store.compression import compress, decompress
from penstock._store.sqlite_reading import intact
from penstock.decisions import FailureClass, classify
from penstock.record import Origin, Record

text = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text
payloads = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(text, inner), max_leaves=20)
moments = st.datetimes(timezones=st.sampled_from([timezone.utc, timezone(timedelta(hours=-3, minutes=-30))]))
records = st.builds(
    Record,
    payload=payloads,
    key=st.none() | text,
    attributes=st.none() | st.dictionaries(text, text),
    event_time=st.none() | moments,
    contract=st.none() | st.just("thing@1.0"),
    _origin=st.none() | st.builds(Origin, source=text, admit_time=moments),
    _hops=st.integers(0, 1000),
    _id=st.integers(0, 2**128 - 1).map(lambda n: f"{n:032x}"),
    _parents=st.lists(st.integers(0, 2**128 - 1).map(lambda n: f"{n:032x}"), max_size=3).map(tuple),
    _correlation=text.filter(bool),
)
FACTS = ("payload", "key", "attributes", "event_time", "contract", "origin", "hops", "id", "parents", "correlation")


def facts(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in FACTS}


def same_types(one: Any, two: Any) -> bool:
    """Equal to the last type: 1 is not True, and 1.0 is not 1."""
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same_types(one[key], two[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(two) and all(map(same_types, one, two))
    return type(one) is type(two) and one == two


@given(records)
def test_a_record_comes_back_as_it_was(record):
    back = decode_record(encode_record(record))
    assert facts(back) == facts(record)
    assert same_types(back.payload, record.payload)


def block_of(batch: Sequence[Record]) -> Block:
    return encode_block(columns(batch), [portable(each.payload) for each in batch])


@given(st.lists(records, min_size=1, max_size=5))
def test_a_block_comes_back_as_it_was(batch):
    back = decode_block(block_of(batch))
    assert [facts(each) for each in back] == [facts(each) for each in batch]


@given(st.lists(records, min_size=1, max_size=3), st.integers(1, 5))
def test_what_the_records_of_a_block_have_in_common_comes_back_in_each_of_them(few, times):
    """Facts that are one object stand once; those that are equal and no more may be written differently."""
    back = decode_block(block_of(few * times))
    assert [facts(each) for each in back] == [facts(each) for each in few * times]


def test_times_that_are_equal_keep_their_zones():
    zones = [timezone.utc, timezone(timedelta(hours=2))]
    when = datetime(2024, 5, 13, 6, tzinfo=timezone.utc)
    batch = [Record(n, None, None, when.astimezone(zone), _id=f"{n:032x}") for n, zone in enumerate(zones)]
    back = decode_block(block_of(batch))
    assert [each.event_time.isoformat() for each in back] == [each.event_time.isoformat() for each in batch]


@pytest.mark.parametrize("id", ["0" * 31, "A" * 32, "f" * 30 + " f", "x" * 32, "f" * 64])
def test_a_name_that_is_no_id_comes_back_letter_by_letter(id):
    batch = [Record(n, _id=f"{n:032x}", _parents=(id,), _correlation=id) for n in range(2)]
    batch.append(Record(2, _id=id))
    back = decode_block(block_of(batch))
    assert [facts(each) for each in back] == [facts(each) for each in batch]


@given(records)
def test_what_is_storable_can_be_read_again(record):
    text, copy = storable(record)
    assert text == portable(record.payload)
    assert same_types(copy, record.payload)
    assert facts(decode_block(encode_block(columns([record]), [text]))[0]) == facts(record)


@given(st.lists(records, min_size=1, max_size=5))
def test_what_is_handed_on_in_memory_is_what_reading_the_block_would_give(batch):
    kept = [storable(each) for each in batch]
    of = columns(batch)
    read = decode_block(encode_block(of, [text for text, _ in kept]))
    assert records_of(of, [copy for _, copy in kept]) == read


class Colour(Enum):
    RED = 1


@dataclass
class Point:
    x: int


class Loud(str):
    """Text that claims to equal anything."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return True


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "payload",
    [
        float("nan"),
        float("inf"),
        {"a": [1, float("-inf")]},
        (1, 2),
        {"a": (1,)},
        {1: "one"},
        {None: 1},
        {1, 2},
        b"bytes",
        bytearray(b"x"),
        "\ud800",
        {"\udfff": 1},
        datetime(2024, 1, 1, tzinfo=timezone.utc),
        timedelta(seconds=1),
        UUID(int=1),
        Decimal("1.5"),
        Colour.RED,
        Point(1),
        object(),
        lambda: 1,
        10**5000,  # more digits than Python reads
        nested(201),
        nested(100_000),
        {"a": nested(200)},
    ],
    ids=lambda value: type(value).__name__,  # the same in every process, which a `repr` is not
)
def test_what_json_has_no_word_for_is_refused(payload):
    with pytest.raises(Unportable, match="payload is not JSON-portable"):
        portable(payload)
    with pytest.raises(Unportable):
        encode_record(Record(payload, _id="0" * 32))
    with pytest.raises(Unportable):
        storable(Record(payload, _id="0" * 32))


@pytest.mark.parametrize(
    "payload", [OrderedDict(a=1), nested(200), [nested(3)] * 300, 2**200, -(10**4000), -0.0, 5e-324, 1e308]
)
def test_what_comes_back_equal_is_taken(payload):
    assert decode_record(encode_record(Record(payload, _id="0" * 32))).payload == payload


def test_a_refusal_names_the_place_and_is_permanent():
    with pytest.raises(Unportable, match="`tuple` at `/a/1/b`") as caught:
        portable({"a": [0, {"b": (1,)}]})
    assert classify(caught.value) is FailureClass.CONTRACT


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": 5},
        {"key": b"k"},
        {"key": ["k"]},
        {"key": "\ud800"},
        {"attributes": {"a": 1}},
        {"attributes": {1: "a"}},
        {"attributes": {"a": "\ud800"}},
        {"attributes": ["a"]},
        {"attributes": {"a": None}},
        {"event_time": 1_700_000_000},
        {"event_time": "2024-01-01T00:00:00Z"},
    ],
    ids=str,
)
def test_facts_that_could_not_be_read_again_are_refused(wrong):
    """A block is read as a whole: one such record would take all its neighbours with it."""
    record = Record({"n": 1}, _id="0" * 32, **wrong)
    for write in (storable, encode_record):
        with pytest.raises(Unportable):
            write(record)


@given(st.lists(records, min_size=1, max_size=5))
def test_a_block_of_a_store_that_still_used_zlib_is_read_like_any_other(batch):
    now = block_of(batch)
    before = now._replace(body=zlib.compress(decompress(now.body), 1))
    assert [facts(each) for each in decode_block(before)] == [facts(each) for each in batch]


@pytest.mark.parametrize("packed", [compress(bytes(1 << 24)), zlib.compress(bytes(1 << 24))])
def test_a_few_bytes_that_stand_for_many_are_not_unfolded(packed):
    assert len(packed) < 1 << 15
    assert len(decompress(packed)) == 1 << 24
    with pytest.raises(ValueError, match="decompressed"):
        decompress(packed, limit=1 << 20)


def test_what_could_not_be_had_back_is_not_taken():
    with pytest.raises(ValueError, match="101 bytes"):
        compress(b"x" * 101, limit=100)
    assert decompress(compress(b"x" * 100, limit=100), limit=100) == b"x" * 100


@pytest.mark.parametrize("made", [compress, zlib.compress])
def test_what_has_something_behind_it_is_told_as_such(made):
    with pytest.raises(ValueError, match="does not end"):
        decompress(made(b"penstock") + made(b"penstock"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_child_process_does_not_wait_for_a_compressor_that_a_thread_of_its_parent_was_using():
    before = compression._compressor
    child = os.fork()
    if not child:
        os._exit(0 if compression._compressor is not before and decompress(compress(b"x")) == b"x" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert compression._compressor is before


def test_a_block_that_is_nested_deeper_than_anybody_reads_is_broken():
    block = Block(b"x" * 16, b"x" * 16, b"", compress(b"[" * 200_000))
    assert intact(block, checksum(block), 1) is None


@given(st.binary(max_size=2000))
def test_what_is_compressed_comes_back(data):
    assert decompress(compress(data)) == data


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", compress(b"penstock" * 20), zlib.compress(b"penstock" * 20)]),
    st.data(),
)
def test_what_was_never_compressed_or_is_cut_short_is_told_as_such(junk, real, data):
    cut = real[: data.draw(st.integers(0, max(0, len(real) - 1)))]
    for wrong in (junk, cut, compress(b"penstock")[:4] + junk):
        with pytest.raises(ValueError, match="decompressed"):
            decompress(wrong)


@given(st.binary(max_size=200), st.sampled_from([None, b""]))
def test_bytes_that_are_no_block_are_told_as_such(data, parents):
    with pytest.raises(ValueError):  # noqa: PT011 - from three libraries, each in its own words
        decode_block(Block(b"", b"", parents, data))


@pytest.mark.parametrize("counts", [[10**15], [10**15, -(10**15) + 1], [0], []])
def test_a_block_that_promises_more_than_it_has_is_told_as_such(counts):
    origins = [(count, "feed", None) for count in counts]
    body = msgspec.json.encode(([1], None, None, None, None, origins, 0, None, None, None))
    with pytest.raises(ValueError, match="origins"):
        decode_block(Block(b"x" * 16, b"x" * 16, b"", compress(body)))


@given(st.lists(records, min_size=1, max_size=4), st.sampled_from(["ids", "roots", "parents"]), st.data())
def test_names_that_are_too_few_or_too_many_are_told_as_such(batch, name, data):
    kept = block_of(batch)
    told = getattr(kept, name)
    other = data.draw(st.integers(0, 5).filter(lambda n: 16 * n != len(told)).map(lambda n: b"x" * 16 * n))
    try:
        back = decode_block(kept._replace(**{name: other}))
    except ValueError:
        return
    assert len(back) == len(batch)  # where the names stand letter by letter, these bytes are for searching only


@given(st.lists(st.integers(0, 2**128 - 1), unique=True, max_size=20))
def test_packed_ids_are_found_where_they_are(numbers):
    ids = [f"{n:032x}" for n in numbers]
    packed = packed_ids(ids)
    assert len(packed) == 16 * len(ids)
    assert [find_id(packed, id) for id in ids] == list(range(len(ids)))
    assert find_id(packed, "somebody's own correlation") is None


def test_an_id_of_another_form_takes_as_much_room_as_any():
    odd = ["somebody's own correlation", "ab " * 10 + "cd", "0" * 31, "0" * 33, "g" * 32, "00" * 16]
    packed = packed_ids(odd)
    assert len(packed) == 16 * len(odd)
    assert [find_id(packed, id) for id in odd] == list(range(len(odd)))


def test_an_id_across_two_others_is_not_found():
    packed = packed_ids(["00" * 15 + "01", "02" * 16])
    assert find_id(packed, "00" * 7 + "01" + "02" * 8) is None
