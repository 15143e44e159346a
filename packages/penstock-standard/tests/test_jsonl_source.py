"""Reading JSON lines: every byte of the file is accounted for, from wherever reading begins again."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import Reading, Undecodable
from penstock_standard import JsonlSource
from penstock_standard.errors import BadPointer, BrokenCompression, CannotRead, OtherInput

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
documents = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
broken = st.sampled_from([b"{", b"\xff\xfe", b'{"a": NaN}', b"1 2", b'"\\ud800"', b"nul", b"1e999", b"\x00"])
lines = st.lists(
    documents.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace"))
    | broken
    | st.sampled_from([b"", b"  ", b"\t"]),
    max_size=12,
)
endings = st.sampled_from([b"\n", b"\r\n"])


def write(path: Path, content: bytes, packed: bool) -> None:
    if packed:
        middle = len(content) // 2
        content = gzip.compress(content[:middle]) + gzip.compress(content[middle:])  # two members, as logs have
    path.write_bytes(content)


@given(lines, endings, st.booleans(), st.booleans(), st.data())
def test_reading_again_from_any_position_gives_the_rest(tmp_path_factory, context, some, ending, packed, ended, data):
    path = tmp_path_factory.mktemp("in") / "in.jsonl"
    write(path, ending.join(some) + (ending if ended else b""), packed)
    source = JsonlSource(str(path))
    whole = list(source.read(context()))
    stop = data.draw(st.integers(0, len(whole)), label="items that were committed")
    position = whole[stop - 1].position if stop else None
    assert list(source.read(context(position=position))) == whole[stop:]


@given(lines, endings)
def test_every_line_that_is_not_blank_becomes_one_item(tmp_path_factory, context, some, ending):
    path = tmp_path_factory.mktemp("in") / "in.jsonl"
    path.write_bytes(ending.join(some))
    items = list(JsonlSource(str(path)).read(context()))
    wanted = [line for line in some if line.strip()]
    assert len(items) == len(wanted)
    for item, line in zip(items, wanted, strict=True):
        if isinstance(item, Undecodable):
            assert item.data == line
        else:
            assert item.payload == json.loads(line)


@given(documents)
def test_what_python_writes_is_read_back_exactly(tmp_path_factory, context, document):
    path = tmp_path_factory.mktemp("in") / "in.jsonl"
    text = json.dumps(document)
    path.write_text(text + "\n")
    (item,) = JsonlSource(str(path)).read(context())
    assert json.dumps(item.payload) == text


def test_integers_beyond_the_machine_word_survive(tmp_path, context):
    path = tmp_path / "in.jsonl"
    path.write_text("9007199254740993\n123456789012345678901234567890\n-18446744073709551617\n")
    assert [item.payload for item in JsonlSource(str(path)).read(context())] == [
        9007199254740993,
        123456789012345678901234567890,
        -18446744073709551617,
    ]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b'{"confidence": NaN}', "N303: NaN is not a JSON number"),
        (b"[-Infinity]", "N303: -Infinity is not a JSON number"),
        (b"1e400", "N303: a number is too large"),
        (b'{"a": "\xff"}', "N302: not UTF-8 at byte 7"),
        (b'{"a": 1', "N301: not JSON: Input data was truncated"),
        (b"[" * 100_000, "N301: not JSON: nested too deep"),
        (b'"' + b"x" * 300_000 + b'"', "N304: longer than 200000 bytes; the rest is not kept"),
    ],
    ids=["NaN", "Infinity", "overflow", "not UTF-8", "torn", "deep", "long"],
)
def test_an_undecodable_line_is_kept_and_the_next_one_is_read(tmp_path, context, line, error):
    path = tmp_path / "in.jsonl"
    path.write_bytes(line + b'\n{"ok": true}\n')
    bad, good = JsonlSource(str(path), max_line=200_000).read(context())
    assert isinstance(bad, Undecodable)
    assert bad.error == error
    assert bad.data == line[:200_000]
    assert good == Reading({"ok": True}, {**bad.position, "offset": len(line) + 14, "line": 2})


@given(st.integers(1, 40), st.lists(st.integers(0, 80), max_size=6), endings)
def test_a_line_is_cut_exactly_when_it_is_longer_than_the_limit(tmp_path_factory, context, limit, lengths, ending):
    path = tmp_path_factory.mktemp("in") / "in.jsonl"
    some = [b"7" * length for length in lengths]
    path.write_bytes(b"".join(line + ending for line in some))
    items = list(JsonlSource(str(path), max_line=limit).read(context()))
    wanted = [line for line in some if line]
    assert [isinstance(item, Undecodable) for item in items] == [len(line) > limit for line in wanted]
    assert [item.data if isinstance(item, Undecodable) else b"%d" % item.payload for item in items] == [
        line[:limit] for line in wanted
    ]
    assert not items or items[-1].position["line"] <= len(some)


def test_key_event_time_and_identity_come_from_where_the_pointers_say(tmp_path, context):
    path = tmp_path / "in.jsonl"
    path.write_text('{"a": {"b": 7}, "t": "2024-05-01T10:00:00+02:00", "id": "x-1"}\n{"t": 1714550400}\n{}\n')
    source = JsonlSource(str(path), key="/a/b", event_time="/t", identity="/id")
    first, second, third = source.read(context())
    assert (first.key, first.event_time.isoformat(), first.identity) == ("7", "2024-05-01T10:00:00+02:00", "x-1")
    assert (second.key, second.event_time.isoformat(), second.identity) == (None, "2024-05-01T08:00:00+00:00", None)
    assert (third.key, third.event_time, third.identity) == (None, None, None)


@pytest.mark.parametrize("time", ["2024-05-01T10:00:00", "yesterday", True, [], math.pi * 1e300])
def test_an_event_time_that_is_none_is_undecodable(tmp_path, context, time):
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps({"t": time}))
    (item,) = JsonlSource(str(path), event_time="/t").read(context())
    assert item.error == "N305: `/t` is not a time with a zone"


def test_a_byte_order_mark_is_not_part_of_the_first_line(tmp_path, context):
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\xef\xbb\xbf1\n2\n")
    first, second = JsonlSource(str(path)).read(context())
    assert (first.payload, second.payload) == (1, 2)
    assert list(JsonlSource(str(path)).read(context(position=first.position))) == [second]


def test_lines_that_are_appended_later_are_read_by_the_next_run(tmp_path, context):
    path = tmp_path / "in.jsonl"
    path.write_text("1\n2")
    items = list(JsonlSource(str(path)).read(context()))
    with path.open("a") as file:
        file.write("\n3\n")
    assert [item.payload for item in JsonlSource(str(path)).read(context(position=items[-1].position))] == [3]


def test_an_unfinished_last_line_can_be_left_to_the_next_run(tmp_path, context):
    path = tmp_path / "in.jsonl"
    path.write_text('1\n{"half":')
    source = JsonlSource(str(path), unfinished="leave")
    (item,) = source.read(context())
    with path.open("a") as file:
        file.write(" 2}\n")
    assert [item.payload for item in source.read(context(position=item.position))] == [{"half": 2}]


@pytest.mark.parametrize("packed", [False, True])
def test_a_replaced_or_truncated_file_is_not_read_from_the_middle(tmp_path, context, packed):
    path = tmp_path / "in.jsonl"
    write(path, b'{"n": 1}\n{"n": 2}\n', packed)
    *_, last = JsonlSource(str(path)).read(context())
    write(path, b'{"m": 1}\n{"m": 2}\n{"m": 3}\n', packed)
    with pytest.raises(OtherInput, match="first line is another one"):
        list(JsonlSource(str(path)).read(context(position=last.position)))
    write(path, b'{"n": 1}\n', packed)
    with pytest.raises(OtherInput, match="ends before byte 18"):
        list(JsonlSource(str(path)).read(context(position=last.position)))


def test_all_lines_before_the_break_of_a_gzip_file_are_read(tmp_path, context):
    path = tmp_path / "in.jsonl.gz"
    content = b"".join(b"%d\n" % (n * 7919) for n in range(20_000))
    path.write_bytes(gzip.compress(content)[:-4000])
    source = JsonlSource(str(path))
    items = []
    with pytest.raises(BrokenCompression):
        items.extend(source.read(context()))
    assert len(items) > 10_000
    path.write_bytes(gzip.compress(content))
    rest = list(source.read(context(position=items[-1].position)))
    assert [item.payload for item in items + rest] == [n * 7919 for n in range(20_000)]


def test_a_file_that_cannot_be_read_is_named_before_anything_runs(tmp_path, context):
    for path in (tmp_path / "absent.jsonl", tmp_path):
        with pytest.raises(CannotRead, match=str(path)) as caught:
            JsonlSource(str(path)).open(context())
        assert caught.value.findings[0].code == "N101"


def test_a_setting_that_is_no_pointer_is_named(tmp_path):
    with pytest.raises(BadPointer) as caught:
        JsonlSource(str(tmp_path), key="camera")
    assert caught.value.findings[0].hint == "write `/camera`"
