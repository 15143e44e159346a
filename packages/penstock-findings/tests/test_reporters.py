"""Transcripts of every format, and what no finding may do to a terminal, a parser or a stream."""

from __future__ import annotations

import io
import json
from pathlib import Path
from unicodedata import category
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_findings import Finding, Location, PenstockError, Related, Report, Severity, reporters, write

TEXT = "name: demo\nlinks:\n\t- {from: dedupe.recrod, to: 日本語.in} # ok\n"
REPORT = Report(
    "penstock check",
    [
        Finding(
            "G104",
            "node `dedupe` has no port `recrod`",
            Location("flow.yaml", 3, 11, 3, 24, "/links/0/from"),
            hint="write `record`",
            related=[Related("the ports of `dedupe`", Location("pack.json", pointer="/nodes/0"))],
            evidence={"known": ["record"]},
        ),
        Finding("G105", "no node <日本語> & co", Location("flow.yaml", 3, 30, 3, 36), Severity.WARNING),
        Finding("G001", "100% wrong, twice: a|b", Location("other.yaml", pointer="/a")),
        Finding("G002", "nowhere", severity=Severity.NOTE),
    ],
    {"flow.yaml": TEXT},
    "0.1.0",
)


def printed(report, fmt, **options):
    stream = io.StringIO()
    write(report, fmt, stream, **options)
    return stream.getvalue()


def test_text_is_for_people():
    assert printed(REPORT, "text") == (
        "note G002: nowhere\n"
        "flow.yaml:3:11: error G104: node `dedupe` has no port `recrod`\n"
        "    3 |     - {from: dedupe.recrod, to: 日本語.in} # ok\n"
        "      |              ^^^^^^^^^^^^^\n"
        "  see pack.json#/nodes/0: the ports of `dedupe`\n"
        "  hint: write `record`\n"
        "flow.yaml:3:30: warning G105: no node <日本語> & co\n"
        "    3 |     - {from: dedupe.recrod, to: 日本語.in} # ok\n"
        "      |                                 ^^^^^^^^^\n"
        "other.yaml#/a: error G001: 100% wrong, twice: a|b\n"
        "2 errors, 1 warning, 1 note\n"
    )


def test_the_transcript_in_the_readme_is_what_is_printed():
    text = "\n" * 13 + "  - {from: dedupe.recrod, to: out}\n"
    finding = Finding(
        "G104",
        "node `dedupe` has no port `recrod`",
        Location("flow.yaml", 14, 12, 14, 25),
        hint="write `record`",
    )
    shown = "".join(
        f"    {line}\n" for line in printed(Report("t", [finding], {"flow.yaml": text}), "text").splitlines()
    )
    assert shown in (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def excerpt(text, *place):
    """The two lines under a finding at that place."""
    report = Report("t", [Finding("X1", "m", Location("a", *place))], {"a": text})
    return printed(report, "text").splitlines()[1:-1]


@pytest.mark.parametrize(
    ("text", "place", "lines"),
    [
        ("abc", (1, 2), ["    1 | abc", "      |  ^"]),
        ("abc", (1, 4), ["    1 | abc", "      |    ^"]),  # the end of the text
        ("abc", (1, 9, 1, 12), ["    1 | abc", "      |    ^"]),  # beyond it
        ("abc", (1,), ["    1 | abc"]),
        ("abc", (2, 1), []),
        ("abc", (0, 1), []),
        ("  \nx", (1, 1), []),
        ("abc\ndef", (1, 2, 2, 2), ["    1 | abc", "      |  ^^"]),
        ("\tab\tc", (1, 2, 1, 5), ["    1 |     ab    c", "      |     ^^^^^^"]),
        ("日本x", (1, 2, 1, 3), ["    1 | 日本x", "      |   ^^"]),
        ("\uff21\uff22", (1, 2), ["    1 | \uff21\uff22", "      |   ^^"]),  # full width
        ("e\u0301x", (1, 3, 1, 4), ["    1 | e\u0301x", "      |  ^"]),  # a combining accent
        ("a\x1b[2Jb", (1, 6, 1, 7), ["    1 | a\\x1b[2Jb", "      |         ^"]),
        ("a\r\nb\r\nc", (2, 1), ["    2 | b", "      | ^"]),
        ("a\rb\rc", (3, 1), ["    3 | c", "      | ^"]),
        ("x" * 119 + "y", (1, 120), ["    1 | " + "x" * 119 + "y", "      | " + " " * 119 + "^"]),
        (
            "x" * 500 + "y" + "z" * 500,
            (1, 501),
            ["    1 | ..." + "x" * 37 + "y" + "z" * 76 + "...", "      | " + " " * 40 + "^"],
        ),
        ("x" * 500, (1, 1, 1, 501), ["    1 | " + "x" * 117 + "...", "      | " + "^" * 117]),
    ],
)
def test_carets_stand_under_the_place(text, place, lines):
    assert excerpt(text, *place) == lines


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=300), st.integers(1, 320), st.integers(0, 20))
def test_no_line_makes_the_excerpt_too_wide(text, column, width):
    for line in excerpt(text, 1, column, 1, column + width):
        assert line.isprintable() or "\u200d" in line
        assert sum(category(char) not in ("Mn", "Me", "Cf") for char in line) <= 8 + 130


@pytest.mark.parametrize("char", ["x", "\u0301", "日", "\x1b", "\t", "\u200d"])
def test_a_line_of_millions_costs_little(char):
    findings = [Finding("X1", "m", Location("a", 1, column)) for column in range(1, 2_000_000, 10_000)]
    shown = printed(Report("t", findings, {"a": char * 2_000_000}), "text")
    assert max(map(len, shown.splitlines())) < 1000


def test_a_clean_report_is_silent_as_text_and_has_words_for_those_who_ask():
    assert printed(Report("t"), "text") == ""
    assert reporters.summary(Report("t")) == "no findings"
    assert reporters.summary(REPORT) == "2 errors, 1 warning, 1 note"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("environment", "stream", "color", "colored"),
    [
        ({}, Terminal, None, True),
        ({}, io.StringIO, None, False),
        ({}, io.StringIO, True, True),
        ({}, Terminal, False, False),
        ({"NO_COLOR": "1"}, Terminal, None, False),
        ({"NO_COLOR": ""}, Terminal, None, True),
        ({"NO_COLOR": "1"}, Terminal, True, True),
        ({"TERM": "dumb"}, Terminal, None, False),
    ],
)
def test_color_is_for_terminals_that_want_it(monkeypatch, environment, stream, color, colored):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    out = stream()
    write(REPORT, "text", out, color=color)
    assert ("\x1b[1;31merror G104\x1b[0m" in out.getvalue()) == colored
    assert out.getvalue().replace("\x1b[1;31m", "").replace("\x1b[1;33m", "").replace("\x1b[1;36m", "").replace(
        "\x1b[0m", ""
    ) == printed(REPORT, "text")


def test_json_is_canonical():
    assert printed(REPORT, "json") == (
        '{"findings":['
        '{"code":"G002","message":"nowhere","severity":"note"},'
        '{"at":{"column":11,"end_column":24,"end_line":3,"line":3,"path":"flow.yaml","pointer":"/links/0/from"},'
        '"code":"G104","evidence":{"known":["record"]},"hint":"write `record`",'
        '"message":"node `dedupe` has no port `recrod`",'
        '"related":[{"at":{"path":"pack.json","pointer":"/nodes/0"},"message":"the ports of `dedupe`"}],'
        '"severity":"error"},'
        '{"at":{"column":30,"end_column":36,"end_line":3,"line":3,"path":"flow.yaml"},'
        '"code":"G105","message":"no node <\\u65e5\\u672c\\u8a9e> & co","severity":"warning"},'
        '{"at":{"path":"other.yaml","pointer":"/a"},"code":"G001","message":"100% wrong, twice: a|b","severity":"error"}'
        '],"format":"penstock-findings/1","summary":{"error":2,"note":1,"warning":1},'
        '"tool":{"name":"penstock check","version":"0.1.0"}}\n'
    )


SARIF = {  # what section 3 of SARIF 2.1.0 asks of the objects that we write
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"$ref": "#/$defs/run"}},
    },
    "$defs": {
        "run": {
            "type": "object",
            "required": ["tool", "results"],
            "additionalProperties": False,
            "properties": {
                "tool": {
                    "type": "object",
                    "required": ["driver"],
                    "properties": {
                        "driver": {
                            "type": "object",
                            "required": ["name"],
                            "additionalProperties": False,
                            "properties": {
                                "name": {"type": "string"},
                                "version": {"type": "string"},
                                "rules": {
                                    "type": "array",
                                    "uniqueItems": True,
                                    "items": {"type": "object", "required": ["id"]},
                                },
                            },
                        }
                    },
                },
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
            },
        },
        "message": {
            "type": "object",
            "required": ["text"],
            "additionalProperties": False,
            "properties": {"text": {"type": "string", "minLength": 1}},
        },
        "result": {
            "type": "object",
            "required": ["message", "ruleId", "ruleIndex", "level"],
            "additionalProperties": False,
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"enum": ["none", "note", "warning", "error"]},
                "message": {"$ref": "#/$defs/message"},
                "locations": {"type": "array", "items": {"$ref": "#/$defs/location"}},
                "relatedLocations": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/location"}},
                "properties": {"type": "object"},
            },
        },
        "location": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "id": {"type": "integer", "minimum": 0},
                "message": {"$ref": "#/$defs/message"},
                "physicalLocation": {
                    "type": "object",
                    "required": ["artifactLocation"],
                    "additionalProperties": False,
                    "properties": {
                        "artifactLocation": {
                            "type": "object",
                            "properties": {"uri": {"type": "string", "pattern": r"^[!-~]+$"}},
                        },
                        "region": {
                            "type": "object",
                            "required": ["startLine"],
                            "additionalProperties": False,
                            "properties": {
                                "startLine": {"type": "integer", "minimum": 1},
                                "startColumn": {"type": "integer", "minimum": 1},
                                "endLine": {"type": "integer", "minimum": 1},
                                "endColumn": {"type": "integer", "minimum": 1},
                            },
                        },
                    },
                },
                "logicalLocations": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["fullyQualifiedName"],
                        "additionalProperties": False,
                        "properties": {"fullyQualifiedName": {"type": "string"}},
                    },
                },
            },
        },
    },
}


def test_sarif_says_where_and_what():
    log = json.loads(printed(REPORT, "sarif"))
    jsonschema.validate(log, SARIF)
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [f.code for f in REPORT.findings]
    assert run["results"][1] == {
        "ruleId": "G104",
        "ruleIndex": 2,
        "level": "error",
        "message": {"text": "node `dedupe` has no port `recrod` (hint: write `record`)"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "flow.yaml"},
                    "region": {"startLine": 3, "startColumn": 11, "endLine": 3, "endColumn": 24},
                },
                "logicalLocations": [{"fullyQualifiedName": "/links/0/from"}],
            }
        ],
        "relatedLocations": [
            {
                "id": 1,
                "message": {"text": "the ports of `dedupe`"},
                "physicalLocation": {"artifactLocation": {"uri": "pack.json"}},
                "logicalLocations": [{"fullyQualifiedName": "/nodes/0"}],
            }
        ],
        "properties": {"evidence": {"known": ["record"]}},
    }


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("flows/my flow#1.yaml", "flows/my%20flow%231.yaml"),
        ("日.yaml", "%E6%97%A5.yaml"),
        ("/srv/a%b.yaml", "file:///srv/a%25b.yaml"),
        ("C:/flows/a.yaml", "file:///C:/flows/a.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),  # not a scheme
    ],
)
def test_sarif_names_files_by_uri(path, uri):
    log = json.loads(printed(Report("t", [Finding("X1", "m", Location(path))]), "sarif"))
    at = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert at == {"uri": uri}


def test_junit_is_a_table_of_tests():
    assert (
        printed(REPORT, "junit")
        == """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" failures="2" errors="0" skipped="0">
  <testsuite name="penstock check" tests="4" failures="2" errors="0" skipped="0">
    <testcase classname="G002" name="G002">
      <system-out>nowhere</system-out>
    </testcase>
    <testcase classname="flow.yaml" name="G104 flow.yaml:3:11" file="flow.yaml" line="3">
      <failure type="G104" message="node `dedupe` has no port `recrod`">flow.yaml:3:11: error G104: node `dedupe` has no \
port `recrod`
see pack.json#/nodes/0: the ports of `dedupe`
hint: write `record`</failure>
    </testcase>
    <testcase classname="flow.yaml" name="G105 flow.yaml:3:30" file="flow.yaml" line="3">
      <system-out>flow.yaml:3:30: warning G105: no node &lt;&#26085;&#26412;&#35486;&gt; &amp; co</system-out>
    </testcase>
    <testcase classname="other.yaml" name="G001 other.yaml#/a" file="other.yaml">
      <failure type="G001" message="100% wrong, twice: a|b">other.yaml#/a: error G001: 100% wrong, twice: a|b</failure>
    </testcase>
  </testsuite>
</testsuites>
"""
    )


def test_a_clean_junit_report_has_one_passed_case():
    assert (
        printed(Report("t"), "junit")
        == """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="1" failures="0" errors="0" skipped="0">
  <testsuite name="t" tests="1" failures="0" errors="0" skipped="0">
    <testcase classname="t" name="no findings"/>
  </testsuite>
</testsuites>
"""
    )


def test_github_gets_workflow_commands():
    assert printed(REPORT, "github") == (
        "::notice title=G002::nowhere\n"
        "::error file=flow.yaml,line=3,endLine=3,col=11,endColumn=23,title=G104::node `dedupe` has no port `recrod`"
        "%0Asee pack.json#/nodes/0: the ports of `dedupe`%0Ahint: write `record`\n"
        "::warning file=flow.yaml,line=3,endLine=3,col=30,endColumn=35,title=G105::no node <日本語> & co\n"
        "::error file=other.yaml,title=G001::100%25 wrong, twice: a|b (at `/a`)\n"
    )
    assert printed(Report("t"), "github") == ""


def test_github_escapes_what_would_end_a_property():
    finding = Finding("X1", "a\r\nb%0A::error::c", Location("a,b:c%\n.yaml", 1, 5, 3, 2))
    assert printed(Report("t", [finding]), "github") == (
        "::error file=a%2Cb%3Ac%25\\n.yaml,line=1,endLine=3,title=X1::a\\r\\nb%250A::error::c\n"
    )


def test_markdown_is_a_table():
    assert printed(REPORT, "markdown") == (
        "### penstock check: 2 errors, 1 warning, 1 note\n"
        "\n"
        "| place | code | finding |\n"
        "|---|---|---|\n"
        "|  | note G002 | nowhere |\n"
        "| `flow.yaml:3:11` | error G104 | node `dedupe` has no port `recrod`"
        "<br>see `pack.json#/nodes/0` the ports of `dedupe`<br>hint: write `record` |\n"
        "| `flow.yaml:3:30` | warning G105 | no node \\<日本語\\> \\& co |\n"
        "| `other.yaml#/a` | error G001 | 100% wrong, twice: a\\|b |\n"
    )
    assert printed(Report("t"), "markdown") == "### t: no findings\n"


@pytest.mark.parametrize(
    ("message", "cell"),
    [
        ("a `b|c` d", "a `b\\|c` d"),
        ("a `` b", "a `` b"),
        ("one ` tick", "one \\` tick"),
        ("<script>*x*_y_[z](w)#1 @me", "\\<script\\>\\*x\\*\\_y\\_\\[z\\](w)\\#1 \\@me"),
        ("two\nlines", "two\\\\nlines"),
    ],
)
def test_markdown_takes_messages_literally(message, cell):
    shown = printed(Report("t", [Finding("X1", message)]), "markdown")
    assert shown.splitlines()[-1] == f"|  | error X1 | {cell} |"


ODD = st.text(st.sampled_from("ab`|:,%\n\r\t\x00\x1b\x7f\x85\u2028\ud800\udcff\U0001f600<>&\"']"), max_size=6)
locations = st.builds(
    Location,
    st.none() | ODD,
    st.none() | st.integers(1, 3),
    st.none() | st.integers(1, 9),
    st.none() | st.integers(1, 3),
    st.none() | st.integers(1, 9),
    st.none() | ODD,
)
odd_findings = st.builds(
    Finding,
    ODD,
    ODD,
    locations,
    st.sampled_from(Severity),
    st.none() | ODD,
    st.lists(st.builds(Related, ODD, locations), max_size=2),
    st.dictionaries(ODD, st.floats() | ODD | st.integers() | st.just(10**5000) | st.lists(ODD), max_size=2),
)
reports = st.builds(
    lambda findings, text: Report("t", findings, {f.at.path: text for f in findings if f.at.path is not None}),
    st.lists(odd_findings, max_size=3),
    ODD,
)


@pytest.mark.parametrize("fmt", reporters.NAMES)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "cp1252"])
@given(report=reports)
def test_any_report_can_be_written_to_any_stream(fmt, encoding, report):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    write(report, fmt, stream)
    shown = stream.buffer.getvalue().decode(encoding)
    assert "\x1b" not in shown
    assert "\x00" not in shown
    if fmt == "json":
        assert len(json.loads(shown)["findings"]) == len(report.findings)
    elif fmt == "sarif":
        assert len(json.loads(shown)["runs"][0]["results"]) == len(report.findings)
    elif fmt == "junit":
        assert len(ElementTree.fromstring(shown.encode(encoding)).findall(".//testcase")) == (len(report.findings) or 1)
    elif fmt == "github":
        assert shown.count("\n") == len(report.findings)
        assert shown.splitlines() == shown.split("\n")[:-1]
    elif fmt == "markdown":
        assert shown.count("\n") == (len(report.findings) + 4 if report.findings else 1)


def test_an_unknown_format_is_an_error_with_the_nearest_name():
    with pytest.raises(PenstockError, match="no output format `xml`") as raised:
        write(REPORT, "xml", io.StringIO())
    assert raised.value.code == "F004"
    with pytest.raises(PenstockError) as raised:
        write(REPORT, "sariff", io.StringIO())
    assert raised.value.findings[0].hint == "write `sarif`"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_an_error_and_not_a_traceback():
    full = open("/dev/full", "w")  # noqa: SIM115 - closing it fails too, and has to be expected
    with pytest.raises(PenstockError, match="no space left") as raised:
        write(REPORT, "text", full)
    with pytest.raises(OSError, match="No space left"):
        full.close()
    assert raised.value.code == "F003"
