"""Reading lines of text: what is in the encoding is text, what is not is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import Undecodable
from penstock_standard import LinesSource
from penstock_standard.errors import BadSetting


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), max_size=8), st.data())
def test_reading_again_from_any_position_gives_the_rest(tmp_path_factory, context, lines, data):
    path = tmp_path_factory.mktemp("in") / "in.log"
    path.write_bytes("".join(line + "\n" for line in lines).encode())
    source = LinesSource(str(path))
    whole = list(source.read(context()))
    without_mark = [line.removeprefix("\ufeff") if n == 0 else line for n, line in enumerate(lines)]
    assert [item.payload for item in whole] == [{"line": line, "number": n + 1} for n, line in enumerate(without_mark)]
    stop = data.draw(st.integers(0, len(whole)), label="items that were committed")
    assert list(source.read(context(position=whole[stop - 1].position if stop else None))) == whole[stop:]


def test_bytes_outside_the_encoding_are_kept_and_the_next_line_is_read(tmp_path, context):
    path = tmp_path / "in.log"
    path.write_bytes(b"caf\xe9\nok\n")
    bad, good = LinesSource(str(path)).read(context())
    assert isinstance(bad, Undecodable)
    assert (bad.data, bad.error) == (b"caf\xe9", "N302: not utf-8 at byte 3")
    assert good.payload == {"line": "ok", "number": 2}
    assert next(LinesSource(str(path), encoding="latin-1").read(context())).payload["line"] == "café"


def test_only_the_beginning_of_the_file_has_a_byte_order_mark(tmp_path, context):
    path = tmp_path / "in.log"
    path.write_bytes(b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n")
    assert [item.payload["line"] for item in LinesSource(str(path)).read(context())] == ["a", "\ufeffb"]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_newline_that_came_later_is_no_line_of_its_own(tmp_path, context, ending):
    path = tmp_path / "in.log"
    path.write_text("a", newline="")
    (first,) = LinesSource(str(path)).read(context())
    with path.open("a", newline="") as file:
        file.write(f"{ending}b{ending}")
    (second,) = LinesSource(str(path)).read(context(position=first.position))
    assert second.payload == {"line": "b", "number": 2}


@pytest.mark.parametrize("encoding", ["utf-16", "hex", "klingon"])
def test_an_encoding_without_single_byte_newlines_is_refused(encoding):
    with pytest.raises(BadSetting, match="`encoding`"):
        LinesSource("in.log", encoding=encoding)
