"""YAML is read by the core schema of 1.2, with one finding for everything that JSON could not say."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from penstock_findings import parse_yaml
from penstock_findings._parsers import yaml_text

PARSERS = [pytest.param(yaml_text.PARSER, id="libyaml"), pytest.param(yaml.Loader, id="python")]


def read(text, parser=yaml_text.PARSER):
    return yaml_text.parse(text.encode(), "x.yaml", 10_000_000, parser)


def said(parsed):
    return [(f.code, f.at.line, f.at.column) for f in parsed.findings]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # null and booleans: chapter 10.2.1 and 10.3.2 of YAML 1.2
        ("~", None),
        ("null", None),
        ("Null", None),
        ("NULL", None),
        ("nULL", "nULL"),
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("false", False),
        ("False", False),
        ("FALSE", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("N", "N"),
        # integers
        ("0", 0),
        ("-0", 0),
        ("+12", 12),
        ("0123", 123),
        ("-0123", -123),
        ("0o17", 15),
        ("0o", "0o"),
        ("0o8", "0o8"),
        ("-0o17", "-0o17"),
        ("0x1F", 31),
        ("0xg", "0xg"),
        ("0x", "0x"),
        ("0x_1", "0x_1"),
        ("+0x1", "+0x1"),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("9007199254740993", 9007199254740993),
        ("9" * 4300, 10**4300 - 1),
        ("-" + "9" * 4300, 1 - 10**4300),
        (hex(10**4300 - 1), 10**4300 - 1),
        ("\N{ARABIC-INDIC DIGIT ONE}", "\N{ARABIC-INDIC DIGIT ONE}"),
        ("1\N{SUPERSCRIPT TWO}", "1\N{SUPERSCRIPT TWO}"),
        # floats
        ("1.", 1.0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("-.5", -0.5),
        ("+1.5e3", 1500.0),
        ("1e3", 1000.0),
        ("1e-999999999", 0.0),
        ("1.e+2", 100.0),
        (".", "."),
        ("-", None),  # an empty element of a list
        ("e3", "e3"),
        ("1e", "1e"),
        ("1.2.3", "1.2.3"),
        ("-.inf.", "-.inf."),
        ("nan", "nan"),
        ("inf", "inf"),
        # what only looks like something
        ("2001-12-14", "2001-12-14"),
        ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
        ("=", "="),
        ("'true'", "true"),
        ('"1"', "1"),
        ('"a\\u263A\\n"', "a\u263a\n"),
        ("|\n  a\n  b\n", "a\nb\n"),
        (">-\n  a\n  b\n", "a b"),
        # tags of the core schema
        ("!!str 1", "1"),
        ("! 1", "1"),
        ("!!int '1'", 1),
        ("!!float 1", 1.0),
        ("!!null ''", None),
        ("!!bool 'true'", True),
        ("!!map {}", {}),
        ("!!seq []", []),
        ("!<tag:yaml.org,2002:str> 1", "1"),
    ],
)
@pytest.mark.parametrize("parser", PARSERS)
def test_scalars_mean_what_the_core_schema_says(text, value, parser):
    parsed = read(f"a: {text}" if text != "-" else "a:\n-", parser)
    assert parsed.findings == ()
    assert json.dumps(parsed.document.value) == json.dumps({"a": [value] if text == "-" else value})


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("a: b: c", [("F104", 1, 5)]),
        ("a: [1, 2", [("F104", 1, 9)]),
        ("a:\n\t- 1", [("F104", 2, 1)]),
        ("a: 'b", [("F104", 1, 6)]),
        ("%FOO", [("F104", 1, 5)]),
        ("a: 1\nb: 2\na: 3\nb: 4", [("F105", 3, 1), ("F105", 4, 1)]),
        ("{a: 1, 'a': {b: 2, b: 3}}", [("F105", 1, 8), ("F105", 1, 20)]),
        ("a: *b", [("F106", 1, 4)]),
        ("a: &b [*b]", [("F106", 1, 8)]),
        ("*a", [("F106", 1, 1)]),
        ("a: .inf\nb: -.INF\nc: .nan\nd: 1e999999999", [("F107", n, 4) for n in (1, 2, 3, 4)]),
        ("a: " + "1" * 4301, [("F107", 1, 4)]),
        ("a: 0x" + "f" * 5000, [("F107", 1, 4)]),
        (hex(10**4300), [("F107", 1, 1)]),
        ("!!float " + "1" * 400, [("F107", 1, 1)]),
        ("1: a\ntrue: b\n~: c\n.nan: d", [("F108", n, 1) for n in (1, 2, 3, 4)]),
        ("? [a, b]\n: 1", [("F108", 1, 3)]),
        ("? \n: 1", [("F108", 1, 2)]),
        ("a: &x [1]\n? *x\n: 2", [("F108", 2, 3)]),
        ("a: !foo 1\nb: !!binary aGk=\nc: !!int x", [("F109", n, 4) for n in (1, 2, 3)]),
        ("a: !!set {b: null}\nb: !!map []", [("F109", 1, 4), ("F109", 2, 4)]),
        ("!!python/object/apply:os.system [ls]", [("F109", 1, 1)]),
        ("[" * 129, [("F110", 1, 129)]),
        ("a: 1\n---\nb: 2", [("F111", 2, 1)]),
        ("", [("F112", 1, 1)]),
        ("# only this\n", [("F112", 1, 1)]),
        ("---\n", [("F112", 2, 1)]),
        ("base: &x {a: 1}\nb:\n  <<: *x\n  c: 1", [("F113", 3, 3)]),
        ("a: \0", [("F115", 1, 4)]),
        ("a: \x1b[2J\nb: \x7f", [("F115", 1, 4), ("F115", 2, 4)]),
        ("a: b\u2028c", [("F115", 1, 5)]),
        ("a: b\ufeffc", [("F115", 1, 5)]),
    ],
)
def test_each_mistake_is_found_at_its_place(text, places):
    assert said(read(text)) == places


def test_mistakes_of_many_kinds_are_found_in_one_pass():
    parsed = read("a: .nan\na: 1\n2: !x y\n<<: {}\nb: *none")
    assert [code for code, _, _ in said(parsed)] == ["F107", "F105", "F108", "F109", "F113", "F106"]
    assert parsed.document.value == {"a": ".nan", "2": "y", "b": None}


def test_a_repeated_key_shows_the_first():
    (finding,) = read("nodes:\n  - id: a\n    id: b").findings
    assert finding.at.pointer == "/nodes/0/id"
    assert [(r.message, r.at.line, r.at.column) for r in finding.related] == [("the first `id`", 2, 5)]


def test_a_quoted_merge_key_is_an_ordinary_key():
    parsed = read("'<<': 1")
    assert parsed.findings == ()
    assert parsed.document.value == {"<<": 1}


def test_an_alias_is_a_copy_placed_where_it_stands():
    document = read("a: &x {b: [1]}\nc: *x\nd: [*x]\ne: &k f\n*k : g").document
    assert document.value == {"a": {"b": [1]}, "c": {"b": [1]}, "d": [{"b": [1]}], "e": "f", "f": "g"}
    assert document.value["a"] is not document.value["c"]
    assert document.value["a"]["b"] is not document.value["c"]["b"]
    assert str(document.at("/c")) == "x.yaml:2:4"
    assert str(document.at("/c/b/0")) == "x.yaml:1:12"  # what is in it stands where it was written


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
        f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 1000)}]",
        f"a: &a {{{'x' * 1000}: 1}}\nb: [{', '.join(['*a'] * 5000)}]",
        f"a: &a [{'1, ' * 5000}]\nb: *a\nc: *a\nd: *a",
    ],
    ids=["laughs", "long text", "long key", "wide"],
)
def test_a_small_file_cannot_fill_the_memory(bomb):
    parsed = read(bomb)
    assert [f.code for f in parsed.findings] == ["F106"]
    assert parsed.document is None


def test_aliases_cannot_build_a_deeper_document_than_brackets():
    lines = ["a0: &a0 [1]"] + [f"a{n}: &a{n} [[[*a{n - 1}]]]" for n in range(1, 60)]
    assert [f.code for f in read("\n".join(lines)).findings] == ["F110"]


@pytest.mark.parametrize("text", ["[" * 1_000_000, "{a: " * 500_000, "- " * 500_000, "? " * 500_000])
def test_deep_nesting_is_one_finding(text):
    parsed = read(text)
    assert [f.code for f in parsed.findings] in (["F110"], ["F104"])
    assert parsed.document is None


def test_tag_directives_cannot_hold_the_parser_up():
    text = "".join(f"%TAG !a{n}! b\n" for n in range(200_000))
    (finding,) = read(text).findings
    assert finding.message == "not YAML: more than 1000 tag directives"
    assert read("%TAG !a! tag:yaml.org,2002:\n---\na: !a!str 1").document.value == {"a": "1"}


def test_the_deepest_allowed_document_is_read():
    text = "[" * 128 + "]" * 128
    assert read(text).document.value == json.loads(text)


def test_reading_ends_when_there_is_too_much_to_say():
    parsed = read("\n".join(f"a: {n}" for n in range(1000)))
    codes = [f.code for f in parsed.findings]
    assert codes == ["F105"] * 200 + ["F116"]


def test_a_syntax_error_shows_what_was_open():
    (finding,) = read("a:\n  - [1, 2\nb: 3").findings
    assert finding.code == "F104"
    assert [(r.message, r.at.line, r.at.column) for r in finding.related] == [("while parsing a flow sequence", 2, 5)]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a:\n\t- 1", "indent with spaces: YAML allows no tabs there"),
        ("a: b: c", "quote a text that holds `: `; else check the indentation"),
        ("a: @home", "quote a text that begins with `@`"),
        ("a: 1\n b: 2", "quote a text that holds `: `; else check the indentation"),
        ("a:\n  - b\n c: 1", "check the indentation of this line and of the one before"),
        ("a: 'b", None),
    ],
)
def test_a_usual_slip_gets_a_hint(text, hint):
    (finding,) = read(text).findings
    assert (finding.code, finding.hint) == ("F104", hint)


@pytest.mark.parametrize("text", ['"\\ud800"', '{"\\udfff": 1}', '"\\UFFFFFFFF"', '"\\U00110000"'])
@pytest.mark.parametrize("parser", PARSERS)
def test_escapes_that_are_no_characters_are_findings(text, parser):
    parsed = read(text, parser)
    assert {f.code for f in parsed.findings} <= {"F104", "F115"}
    assert parsed.findings
    assert parsed.document is None or json.dumps(parsed.document.value, ensure_ascii=False).encode()


BLOCK = """\
# a comment
version: 1
nodes:
- id: a   # two
  use: "x y"
  config: {deep: [1, {z: 2}], text: 'it''s'}
-   id: b
    note: |
      many
      lines
    empty:
"list in list":
  - - 1
    - 2
  -
    - 3
"""


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    ("pointer", "key", "start", "end"),
    [
        ("", (2, 1), (2, 1), (16, 8)),
        ("/version", (2, 1), (2, 10), (2, 11)),
        ("/nodes", (3, 1), (4, 1), (11, 11)),
        ("/nodes/0", (4, 3), (4, 3), (6, 45)),
        ("/nodes/0/use", (5, 3), (5, 8), (5, 13)),
        ("/nodes/0/config", (6, 3), (6, 11), (6, 45)),
        ("/nodes/0/config/deep/1/z", (6, 23), (6, 26), (6, 27)),
        ("/nodes/0/config/text", (6, 31), (6, 37), (6, 44)),
        ("/nodes/1", (7, 5), (7, 5), (11, 11)),
        ("/nodes/1/empty", (11, 5), (11, 11), (11, 11)),
        ("/list in list/0/1", (14, 7), (14, 7), (14, 8)),
        ("/list in list/1", (16, 5), (16, 5), (16, 8)),
    ],
)
def test_block_documents_have_places(parser, pointer, key, start, end):
    document = read(BLOCK, parser).document
    at = document.at(pointer)
    assert ((at.line, at.column), (at.end_line, at.end_column)) == (start, end)
    assert (document.key_at(pointer).line, document.key_at(pointer).column) == key
    assert at.pointer == pointer


def test_a_pointer_to_nothing_is_placed_at_the_nearest_parent():
    document = read(BLOCK).document
    for pointer in ("/nodes/0/none", "/nodes/0/none/more", "/nodes/0/id/x"):
        parent = "/nodes/0/id" if "id" in pointer else "/nodes/0"
        assert document.at(pointer) == document.at(parent)
    assert document.at("/nodes/2") == document.at("/nodes/-1") == document.at("/nodes/x") == document.at("/nodes")
    assert document.at("/nodes/" + "9" * 5000) == document.at("/nodes")
    assert document.at("/none") == document.at("")


SAMPLES = [
    BLOCK,
    "a: &x [1, 2]\nb: *x\n? c\n: !!str d\n",
    '{"a": [1, .5, "\\u263a"], b: {c: ~}}',
    "--- >\n folded\n text\n...\n",
]


@pytest.mark.parametrize("text", SAMPLES)
def test_both_parsers_give_the_same_document(text):
    fast, slow = (read(text, parser.values[0]) for parser in PARSERS)
    assert fast.findings == slow.findings == ()
    assert fast.document.value == slow.document.value


@given(st.sampled_from(SAMPLES), st.data())
def test_no_change_of_characters_makes_either_parser_raise(text, data):
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 5))
    new = data.draw(st.text("[]{},:-?&*!|>'\"%@`#\\ \n\t\r~<0aé\u2028\U0001f600xuU.", max_size=5))
    for parser in PARSERS:
        parsed = read(text[:at] + new + text[at + cut :], parser.values[0])
        assert parsed.findings or parsed.document is not None


@given(st.binary())
def test_no_bytes_make_it_raise(data):
    parsed = parse_yaml(data, "x.yaml")
    assert parsed.findings or parsed.document is not None
