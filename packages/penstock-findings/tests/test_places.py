"""One law for all formats: the text at the place of a value means that value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_findings import parse_json, parse_toml, parse_yaml
from penstock_findings.document import Places, line_starts
from penstock_findings.pointers import join

# what a YAML text may hold unescaped; the escapes of JSON and YAML differ beyond the basic plane
words = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Zl", "Zp"), exclude_characters="\ufeff"), max_size=5
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)
layouts = st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}, {"indent": 0}, {"indent": 1}])


def walk(value, pointer=()):
    yield pointer, value
    if isinstance(value, dict | list):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from walk(member, (*pointer, key))


def piece(text, at):
    starts = line_starts(text)
    return text[starts[at.line - 1] + at.column - 1 : starts[at.end_line - 1] + at.end_column - 1]


def key_piece(document, pointer):
    """The text from where the key stands."""
    at = document.key_at(pointer)
    return document.text[line_starts(document.text)[at.line - 1] + at.column - 1 :]


@given(values, layouts, st.booleans(), st.sampled_from(["\n", "\r\n", "\r"]))
def test_json_at_the_place_of_a_value_means_that_value(value, layout, escaped, ending):
    text = json.dumps(value, ensure_ascii=escaped, **layout).replace("\n", ending)
    parsed = parse_json(text.encode(), "x.json")
    assert parsed.findings == ()
    assert json.dumps(parsed.document.value) == json.dumps(value)
    for tokens, member in walk(value):
        pointer = join("", *tokens)
        at = parsed.document.at(pointer)
        assert at.pointer == pointer
        assert json.dumps(json.loads(piece(text, at))) == json.dumps(member)
        if tokens and isinstance(tokens[-1], str):
            assert json.JSONDecoder().raw_decode(key_piece(parsed.document, pointer))[0] == tokens[-1]


@given(values, layouts)
def test_yaml_reads_json_as_json_with_the_same_places(value, layout):
    text = json.dumps(value, ensure_ascii=False, **layout).encode()
    as_json, as_yaml = parse_json(text, "x").document, parse_yaml(text, "x").document
    assert json.dumps(as_yaml.value) == json.dumps(as_json.value)
    for tokens, _ in walk(value):
        pointer = join("", *tokens)
        assert as_yaml.at(pointer) == as_json.at(pointer)
        assert as_yaml.key_at(pointer) == as_json.key_at(pointer)


def block(value, indent):
    """The value as YAML lines in block style, scalars as JSON."""
    pad = "  " * indent
    if isinstance(value, dict) and value:
        for key, member in value.items():
            yield f"{pad}{json.dumps(key, ensure_ascii=False)}:" + inline(member)
            yield from block(member, indent + 1) if isinstance(member, dict | list) and member else ()
    elif isinstance(value, list) and value:
        for member in value:
            yield f"{pad}-" + inline(member)
            yield from block(member, indent + 1) if isinstance(member, dict | list) and member else ()
    else:
        yield pad + inline(value)


def inline(value):
    if isinstance(value, dict | list) and value:
        return "  # below"
    return " " + json.dumps(value, ensure_ascii=False)


@given(values)
def test_yaml_in_block_style_means_the_same(value):
    text = "\n".join(block(value, 0)) + "\n"
    parsed = parse_yaml(text.encode(), "x.yaml")
    assert parsed.findings == ()
    assert json.dumps(parsed.document.value) == json.dumps(value)
    for tokens, member in walk(value):
        at = parsed.document.at(join("", *tokens))
        if not (isinstance(member, dict | list) and member):
            assert json.dumps(json.loads(piece(text, at))) == json.dumps(member)
        elif at.line == at.end_line or tokens == ():
            again = parse_yaml(piece(text, at).encode(), "x.yaml").document
            assert json.dumps(again.value) == json.dumps(member)


@given(st.text(st.sampled_from("ab\r\né\U0001f600")))
def test_lines_end_as_in_an_editor(text):
    starts = line_starts(text)
    lines = [text[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]
    assert "".join(lines) == text
    assert "\n".join(line.rstrip("\r\n") for line in lines) == text.replace("\r\n", "\n").replace("\r", "\n")
    places = Places("x", text)
    for offset in range(len(text) + 1):
        at = places.of(offset)
        assert starts[at.line - 1] + at.column - 1 == offset


@pytest.mark.parametrize("parse", [parse_yaml, parse_toml, parse_json])
def test_columns_count_code_points_and_a_byte_order_mark_counts_nothing(parse):
    text = {parse_toml: '"日本" = "😀"'}.get(parse, '{"日本": "😀"}')
    document = parse(b"\xef\xbb\xbf" + text.encode(), "x").document
    assert document.text == text
    at = document.at("/日本")
    assert text[at.column - 1 : at.end_column - 1] == '"😀"'
    assert document.at("").column == 1


SEEDS = [
    ('{"a": [1, 2.5, "x\\u00e9", null], "b": {"c": true}}', parse_json),
    ("a: [1, 2.5, 'x']\nb:\n  - c: !!str 1\n  - &d |\n    text\ne: *d\n", parse_yaml),
    ('a = [1, 2.5, """x"""]\n[b.c]\nd = {e = 1979-05-27}\n[[f]]\n', parse_toml),
]


@pytest.mark.parametrize(("text", "parse"), SEEDS, ids=["json", "yaml", "toml"])
@given(data=st.data())
def test_no_change_of_bytes_makes_a_parser_raise(text, parse, data):
    raw = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    parsed = parse(bytes(raw), "x")
    assert parsed.findings or parsed.document is not None
    lines = len(line_starts(parsed.text))
    for finding in parsed.findings:
        assert finding.at.line is None or 1 <= finding.at.line <= lines
