"""JSON is read as RFC 8259 says; the usual slips are named and read on after."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from penstock_findings import parse_json


def read(text):
    return parse_json(text.encode(), "x.json")


def said(parsed):
    return [(f.code, f.at.line, f.at.column) for f in parsed.findings]


def strict(text):
    """What Python's parser makes of the text, without the liberties it takes; ValueError when it is not JSON."""

    def refuse(name):
        raise ValueError(name)

    def single(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("repeated key")
        return dict(pairs)

    def finite(number):
        if float(number) in (float("inf"), float("-inf")):
            raise ValueError(number)
        return float(number)

    if re.search(r"\\[uU][dD][89a-fA-F]", text):
        raise ValueError("perhaps half a character")
    return json.loads(text, parse_constant=refuse, object_pairs_hook=single, parse_float=finite)


def test_every_kind_of_value_is_read():
    text = r"""
      {"a": [1, -0, 2.5, 1e3, 1E-2, true, false, null, "", "\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00 é"],
       "": {}, "b": [], "n": 9007199254740993, "nul": "\u0000", "del": "REPLACED"}
    """.replace("REPLACED", "\x7f\x80\ufeff\u2028")
    parsed = read(text)
    assert parsed.findings == ()
    assert json.dumps(parsed.document.value) == json.dumps(json.loads(text))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("[1, 2", [("F104", 1, 6)]),
        ("[1 2]", [("F104", 1, 4)]),
        ("[1,]", [("F104", 1, 3)]),
        ('{"a": 1,}', [("F104", 1, 8)]),
        ("[,]", [("F104", 1, 2)]),
        ("[1}", [("F104", 1, 3)]),
        ('{"a"}', [("F104", 1, 5)]),
        ('{"a":}', [("F104", 1, 6)]),
        ("['a']", [("F104", 1, 2)]),
        ('["a\nb"]', [("F104", 1, 2)]),
        ('["a', [("F104", 1, 2)]),
        ('["\\', [("F104", 1, 2)]),
        ('["\\q", "\\u12g4"]', [("F104", 1, 3), ("F104", 1, 9)]),
        ("[01, +1, .5, 1., 0x1F, -, 1e, 1_0]", [("F104", 1, n) for n in (2, 6, 10, 14, 18, 24, 27, 31)]),
        ("[True, undefined, x]", [("F104", 1, 2), ("F104", 1, 8), ("F104", 1, 19)]),
        ("// a\n[/* b */ 1] # c", [("F104", 1, 1), ("F104", 2, 2), ("F104", 2, 13)]),
        ("/* a", [("F104", 1, 1), ("F104", 1, 5)]),
        ("\u00a0[]", [("F104", 1, 1)]),
        ("[\ufeff]", [("F104", 1, 2)]),
        ('{"a": 1, "a": 2, "b": {"c": 1, "c": 2}, "\\u0061": 3}', [("F105", 1, 10), ("F105", 1, 32), ("F105", 1, 41)]),
        ("[NaN, Infinity, -Infinity, 1e400, -1e400]", [("F107", 1, n) for n in (2, 7, 17, 28, 35)]),
        ("[" + "1" * 4301 + "]", [("F107", 1, 2)]),
        ("[" + "9" * 4300 + ", -" + "9" * 4300 + "]", []),
        ("{a: 1, 2: 3}", [("F108", 1, 2), ("F108", 1, 8)]),
        ("[" * 129, [("F110", 1, 129)]),
        ("{} []", [("F111", 1, 4)]),
        ("1 x", [("F111", 1, 3)]),
        ("", [("F112", 1, 1)]),
        (" \n", [("F112", 1, 1)]),
        ('["\\ud800", "\\udc00\\ud800"]', [("F115", 1, 3), ("F115", 1, 13), ("F115", 1, 19)]),
        ('["\t"]', [("F115", 1, 3)]),
        ("[\0, \x1f]", [("F115", 1, 2), ("F115", 1, 5)]),
        ("\ufeff\ufeff[]", [("F104", 1, 1)]),
    ],
)
def test_each_mistake_is_found_at_its_place(text, places):
    assert said(read(text)) == places


def test_reading_goes_on_after_the_usual_slips():
    text = '// c\n{"a": True, b: [1,], "a": 01 "d": \'x\'}'
    parsed = read(text)
    assert [code for code, _, _ in said(parsed)] == ["F104", "F104", "F108", "F104", "F105", "F104", "F104", "F104"]
    text = '{"a": NaN, "b": [1,] "c": nil}'
    assert read(text).document.value == {"a": "NaN", "b": [1], "c": "nil"}


def test_a_repeated_key_shows_the_first_and_keeps_its_value():
    parsed = read('{"a": {"k": 1,\n "k": 2}}')
    (finding,) = parsed.findings
    assert finding.at.pointer == "/a/k"
    assert [(r.message, r.at.line, r.at.column) for r in finding.related] == [("the first `k`", 1, 8)]
    assert parsed.document.value == {"a": {"k": 1}}


def test_what_is_still_open_is_shown():
    (finding,) = read('{"a": [1,\n  {"b": 2]').findings
    assert finding.message == "not JSON: expected `,` or `}`, found `]`"
    assert [(r.message, r.at.line, r.at.column) for r in finding.related] == [("the `{` that is still open", 2, 3)]


@pytest.mark.parametrize("text", ["[" * 2_000_000, '{"a":' * 500_000])
def test_deep_nesting_is_one_finding(text):
    assert [f.code for f in read(text).findings] == ["F110"]


def test_the_deepest_allowed_document_is_read():
    text = "[" * 128 + "]" * 128
    assert read(text).document.value == json.loads(text)


def test_reading_ends_when_there_is_too_much_to_say():
    assert [f.code for f in read("[" + "NaN," * 1000 + "1]").findings] == ["F107"] * 200 + ["F116"]


pieces = st.sampled_from(
    ["{", "}", "[", "]", ",", ":", '"a"', '"b"', '"\\n"', '"\t"', "1", "-1.5e3", "01", "true", "null", "NaN", " ", "\n"]
)


@given(st.lists(pieces, max_size=12).map("".join))
@example('{"a":1,"b":[]}')
def test_it_accepts_exactly_what_a_strict_parser_accepts(text):
    parsed = read(text)
    try:
        value = strict(text)
    except ValueError:
        assert parsed.findings
    else:
        assert parsed.findings == ()
        assert json.dumps(parsed.document.value) == json.dumps(value)


@given(st.binary() | st.text().map(str.encode))
def test_no_bytes_make_it_raise(data):
    parsed = parse_json(data, "x.json")
    assert parsed.findings or parsed.document is not None
