"""TOML values are the library's; places come from a survey of the text that agrees with them."""

from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_findings import parse_toml
from penstock_findings.pointers import join

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read(text):
    return parse_toml(text.encode(), "x.toml")


def said(parsed):
    return [(f.code, f.at.line, f.at.column) for f in parsed.findings]


SAMPLE = '''\
# a comment
title = "x # y"
big = 123456789012345678901234567890
[nodes.first]  # a header
use = 'it"s'
"quoted key".dotted = [1, [2, {a.b = 3}], """
many "" lines""""", # why
  true, ]
[[links]]
from = "a"
[links.more]
x = 1_000
[[links]]
from.to = {}
[links.more]
y = 2
[nodes]
"\\u0061" = \'\'\'raw \\\'\'\'
'''


@pytest.mark.parametrize(
    ("pointer", "key", "start", "end"),
    [
        ("", (1, 1), (1, 1), (19, 1)),
        ("/title", (2, 1), (2, 9), (2, 16)),
        ("/nodes", (17, 2), (17, 1), (17, 8)),
        ("/nodes/first", (4, 8), (4, 1), (4, 14)),
        ("/nodes/first/use", (5, 1), (5, 7), (5, 13)),
        ("/nodes/first/quoted key", (6, 1), (6, 1), (8, 10)),
        ("/nodes/first/quoted key/dotted", (6, 14), (6, 23), (8, 10)),
        ("/nodes/first/quoted key/dotted/1/1/a/b", (6, 34), (6, 38), (6, 39)),
        ("/nodes/first/quoted key/dotted/2", (6, 43), (6, 43), (7, 19)),
        ("/nodes/first/quoted key/dotted/3", (8, 3), (8, 3), (8, 7)),
        ("/links", (9, 3), (9, 1), (9, 10)),
        ("/links/0", (9, 1), (9, 1), (9, 10)),
        ("/links/0/from", (10, 1), (10, 8), (10, 11)),
        ("/links/0/more/x", (12, 1), (12, 5), (12, 10)),
        ("/links/1", (13, 1), (13, 1), (13, 10)),
        ("/links/1/from/to", (14, 6), (14, 11), (14, 13)),
        ("/links/1/more/y", (16, 1), (16, 5), (16, 6)),
        ("/nodes/a", (18, 1), (18, 12), (18, 23)),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CR LF"])
def test_keys_and_values_have_places(pointer, key, start, end, ending):
    parsed = read(SAMPLE.replace("\n", ending))
    assert parsed.findings == ()
    at, key_at = parsed.document.at(pointer), parsed.document.key_at(pointer)
    assert ((at.line, at.column), (at.end_line, at.end_column)) == (start, end)
    assert (key_at.line, key_at.column) == key
    assert at.pointer == pointer


def test_the_values_are_those_of_the_library():
    assert read(SAMPLE).document.value == tomllib.loads(SAMPLE)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("a = \nb = 1", [("F104", 1, 5)]),
        ("a = [1, 2", [("F104", 1, 10)]),
        ("a = 1 b = 2", [("F104", 1, 7)]),
        ("\r\n\r\na = 'x", [("F104", 3, 7)]),
        ("a = 1979-13-45", [("F104", 1, 9)]),
        ("a = 1\rb = 2", [("F104", 1, 6)]),
        (
            "a = 1\na = 2\n[b]\nc = {d = 1, d = 2}\nc = 3\n[b]",
            [("F105", n, k) for n, k in ((2, 1), (4, 13), (5, 1), (6, 2))],
        ),
        ("a.b = 1\n[a]", [("F105", 2, 3)]),
        ("a = inf\nb = -nan\nc = [1e400]", [("F107", 1, 5), ("F107", 2, 5), ("F107", 3, 6)]),
        ("a = " + "1" * 4301, [("F107", 1, 5)]),
        ("a = -" + "1" * 4301, [("F107", 1, 5)]),
        ("a = -" + "1" * 4300, []),
        ("a = " + "f" * 5000, [("F104", 1, 5)]),
        ("a = 0x" + "f" * 4000, [("F107", 1, 5)]),
        (
            "a = 1979-05-27\nb = 1979-05-27 07:32:00\nc = 07:32:00\nd = [1979-05-27T00:32:00.5-07:00]",
            [("F109", 1, 5), ("F109", 2, 5), ("F109", 3, 5), ("F109", 4, 6)],
        ),
        ("a = " + "[" * 200, [("F110", 1, 132)]),
        ("a." * 200 + "b = 1", [("F110", 1, 257)]),
        ("[" + "a." * 100 + "b]\n" + "c." * 100 + "d = 1", [("F110", 2, 53)]),
        ("a = '\0'", [("F115", 1, 6)]),
        ("a = '\x7f'", [("F115", 1, 6)]),
    ],
)
def test_each_mistake_is_found_at_its_place(text, places):
    assert said(read(text)) == places


def test_what_json_cannot_say_is_kept_as_text():
    parsed = read("a = 1979-05-27\nb = inf\nc = 1")
    assert parsed.document.value == {"a": "1979-05-27", "b": "inf", "c": 1}


def test_a_repeated_key_shows_the_first():
    (finding,) = read("[x]\na.b = 1\na.b = 2").findings
    assert finding.message == "the key `a.b` stands here a second time"
    assert [(r.message, r.at.line, r.at.column) for r in finding.related] == [("the first `a.b`", 2, 3)]


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 1_000_000,
        "a = " + "{a=" * 500_000,
        "a." * 1_000_000 + "b = 1",
        "[" + "a." * 1_000_000 + "b]",
        "a = {" + "b." * 500_000,
        'a = """' + '\\"' * 500_000,
        "a = '" + "x" * 1_000_000,
        "a = " + "1_" * 1_000_000,
        "#" * 1_000_000,
    ],
)
def test_hostile_texts_end_soon(text):
    parsed = read(text)
    assert {f.code for f in parsed.findings} <= {"F104", "F107", "F110"}


def test_an_empty_text_is_an_empty_table():
    assert read("").document.value == {}
    assert read("").findings == ()


def test_what_the_survey_did_not_meet_is_placed_at_its_parent():
    document = read("[a]\nb = 1").document
    assert document.at("/a/none") == document.at("/a")
    assert document.key_at("/a/none") == document.key_at("/a")


# -- texts made of documents, in the styles that TOML has

words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=4)
scalars = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    words,
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
tables = st.dictionaries(words, values, max_size=3)


def quoted(text, draw):
    bare = text.isascii() and text.replace("-", "").replace("_", "").isalnum()
    styles = [json.dumps(text, ensure_ascii=False)]
    styles += [text] * bare
    styles += [f"'{text}'"] * ("'" not in text)
    return draw(st.sampled_from(styles))


def written(value, draw):
    """The value as TOML that could stand after an equals sign."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        styles = [json.dumps(value, ensure_ascii=False)]
        styles += [json.dumps(value)] * (max(value, default="") <= "\uffff")  # no surrogate pairs in TOML
        styles += [f"'{value}'", f"'''\n{value}'''"] * ("'" not in value)
        styles += [f'"""{value}"""'] * ('"' not in value and "\\" not in value)
        return draw(st.sampled_from(styles))
    if isinstance(value, list):
        gap = draw(st.sampled_from(["", " ", "\n", " # ]\n"]))
        end = draw(st.sampled_from(["", ","])) if value else ""
        return "[" + ",".join(gap + written(item, draw) + gap for item in value) + end + gap + "]"
    members = [f"{quoted(key, draw)} = {written(member, draw)}" for key, member in value.items()]
    return "{ " + " , ".join(members) + " }"


@st.composite
def documents(draw):
    """A TOML text and its value: some members at the top, then tables, then an array of tables."""
    top = draw(tables)
    lines = [f"{quoted(key, draw)} = {written(member, draw)}" for key, member in top.items()]
    value = dict(top)
    for name in draw(st.lists(words, max_size=2, unique=True)):
        if name in value:
            continue
        inner = draw(tables)
        if draw(st.booleans()):
            lines.append(f"[ {quoted(name, draw)} . x ]  # header")
            value[name] = {"x": inner}
        else:
            lines.append(f"[[{quoted(name, draw)}]]")
            value[name] = [inner]
        lines += [f"  {quoted(key, draw)}={written(member, draw)} # end" for key, member in inner.items()]
    return "\n".join(lines), value


def walk(value, pointer=()):
    yield pointer, value
    if isinstance(value, dict | list):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from walk(member, (*pointer, key))


@given(documents())
def test_every_value_is_placed_at_text_that_means_it(document):
    text, value = document
    parsed = read(text)
    assert parsed.findings == ()
    assert parsed.document.value == value
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for tokens, member in walk(value):
        at = parsed.document.at(join("", *tokens))
        assert at.pointer == join("", *tokens)
        piece = text[starts[at.line - 1] + at.column - 1 : starts[at.end_line - 1] + at.end_column - 1]
        header = text[starts[at.line - 1] :].startswith(("[ ", "[["))
        if tokens and not header:
            assert json.dumps(tomllib.loads(f"v = {piece}")["v"]) == json.dumps(member)


@given(st.integers(0, len(SAMPLE)), st.integers(0, 5), st.text("[]{}=.,'\"\\#\n\r1a-_ T:é", max_size=5))
def test_no_change_of_characters_makes_it_raise(at, cut, new):
    text = SAMPLE[:at] + new + SAMPLE[at + cut :]
    parsed = read(text)
    try:
        value = tomllib.loads(text)
    except ValueError:
        assert parsed.document is None
        assert parsed.findings
    else:
        assert {f.code for f in parsed.findings} <= {"F107", "F109"}
        assert parsed.findings or parsed.document.value == value


@given(st.binary())
def test_no_bytes_make_it_raise(data):
    parsed = parse_toml(data, "x.toml")
    assert parsed.findings or parsed.document is not None
