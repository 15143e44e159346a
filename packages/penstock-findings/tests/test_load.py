"""A file that cannot be read is a finding, never an exception."""

from __future__ import annotations

import os

import pytest

from penstock_findings import load, parse_json, parse_toml, parse_yaml

PARSERS = [parse_yaml, parse_toml, parse_json]


def codes(parsed):
    return [finding.code for finding in parsed.findings]


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.yaml", "a: 1"), ("a.yml", "a: 1"), ("A.YAML", "a: 1"), ("a.toml", "a = 1"), ("a.b.json", '{"a": 1}')],
)
def test_the_suffix_chooses_the_format(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    parsed = load.load(path)
    assert parsed.findings == ()
    assert parsed.document.value == {"a": 1}
    assert parsed.path == parsed.document.path == str(path)
    assert parsed.text == parsed.document.text == text


@pytest.mark.parametrize("name", ["none.yaml", "no/such/folder.toml", "a\0b.json", "x" * 5000 + ".json", "folder.json"])
def test_a_file_that_cannot_be_read_is_a_finding(tmp_path, name):
    (tmp_path / "folder.json").mkdir()
    parsed = load.load(os.path.join(tmp_path, name))
    assert codes(parsed) == ["F101"]
    assert parsed.document is None
    assert parsed.findings[0].at.path == os.path.join(tmp_path, name)


def test_a_missing_file_says_so_in_words(tmp_path):
    (finding,) = load.load(tmp_path / "none.yaml").findings
    assert finding.message == f"cannot read `{tmp_path}/none.yaml`: no such file or directory"


@pytest.mark.parametrize("name", ["flow", "flow.txt", "flow.yaml.bak", ".yaml"])
def test_a_file_of_another_format_is_a_finding(tmp_path, name):
    (tmp_path / name).write_text("a: 1")
    (finding,) = load.load(tmp_path / name).findings
    assert (finding.code, finding.hint) == ("F114", "name it .json, .toml, .yaml, .yml")


@pytest.mark.parametrize("suffix", ["yaml", "toml", "json"])
def test_a_large_file_is_not_read_to_its_end(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a sparse terabyte
    assert codes(load.load(path)) == ["F102"]
    assert codes(load.load(path, limit=10)) == ["F102"]


@pytest.mark.parametrize("parse", PARSERS)
def test_the_limit_is_in_bytes_and_inclusive(parse):
    data = b"# 8 byte" if parse is not parse_json else b'"8 byte"'
    assert "F102" not in codes(parse(data, "x", limit=8))
    assert codes(parse(data, "x", limit=7)) == ["F102"]


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize(
    ("data", "offset", "line", "column"),
    [
        (b"\xff", 0, 1, 1),
        (b"a\n\xc3\xa9\xc3", 4, 2, 2),
        (b"\xef\xbb\xbfab\x80", 5, 1, 3),
        (b"a\xed\xa0\x80", 1, 1, 2),  # a surrogate, as CESU-8 writes it
        (b"\xc0\xaf", 0, 1, 1),  # an overlong slash
        (b"\xf4\x90\x80\x80", 0, 1, 1),  # beyond Unicode
    ],
)
def test_bytes_that_are_not_utf_8_are_named_with_their_offset(parse, data, offset, line, column):
    parsed = parse(data, "x")
    (finding,) = parsed.findings
    assert finding.code == "F103"
    assert finding.message == f"not UTF-8: byte 0x{data[offset]:02x} at offset {offset}"
    assert finding.evidence == {"offset": offset}
    assert (finding.at.line, finding.at.column) == (line, column)
    assert parsed.document is None


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_named(parse, encoding):
    bom = "" if encoding == "utf-16" else "\ufeff"
    parsed = parse((bom + "a").encode(encoding), "x")
    assert [(f.code, f.hint) for f in parsed.findings] == [("F103", "save it as UTF-8")]


@pytest.mark.parametrize("parse", PARSERS)
def test_every_control_character_is_found_up_to_a_bound(parse):
    data = b"\x00" * 300
    assert codes(parse(data, "x")) == ["F115"] * 200 + ["F116"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_that_nobody_writes_to_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "a.yaml")
    assert codes(load.load(tmp_path / "a.yaml")) == ["F101"]
