"""Access logs: what a line says, in fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import Record
from penstock_standard import ParseAccessLog
from penstock_standard.errors import Missing, NotAccessLog

LINE = (
    '192.0.2.7 - ann b [10/Oct/2023:13:55:36 -0700] "GET /shop/a%20b?q=1&r=%22 HTTP/1.1" 200 2326 '
    r'"https://example.org/\"start\"" "Mozilla/5.0 (X11; Linux)"'
)


def parse(line, **config):
    return ParseAccessLog(**config).process(Record({"line": line}), None)


def test_a_line_becomes_fields_and_the_request_time_the_event_time():
    made = parse(LINE)
    assert made.payload == {
        "host": "192.0.2.7",
        "user": "ann b",
        "time": "2023-10-10T13:55:36-07:00",
        "request": "GET /shop/a%20b?q=1&r=%22 HTTP/1.1",
        "method": "GET",
        "path": "/shop/a%20b",
        "query": "q=1&r=%22",
        "protocol": "HTTP/1.1",
        "status": 200,
        "bytes": 2326,
        "referer": r"https://example.org/\"start\"",
        "agent": "Mozilla/5.0 (X11; Linux)",
    }
    assert made.key == "192.0.2.7"
    assert made.event_time.isoformat() == "2023-10-10T13:55:36-07:00"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('::1 - - [01/Jan/2024:00:00:00 +0000] "-" 408 - "-" "-"', {"method": None, "bytes": None, "agent": None}),
        (
            r'h - - [01/Jan/2024:00:00:00 +0000] "\x16\x03\x01" 400 0 "-" "-"',
            {"path": None, "request": r"\x16\x03\x01"},
        ),
        ('h - - [29/Feb/2024:23:59:59 +0530] "GET / HTTP/2.0" 301 0', {"path": "/", "referer": None, "status": 301}),
        ('h - - [01/Jan/2024:00:00:00 +0000] "GET /? HTTP/1.0" 200 1 "" ""', {"query": None, "referer": None}),
    ],
)
def test_what_is_not_given_is_null(line, said):
    assert parse(line).payload.items() >= said.items()


@pytest.mark.parametrize(
    "line",
    [
        "",
        LINE[:80],
        LINE.replace("Oct", "Okt"),
        LINE.replace("10/Oct", "32/Oct"),
        LINE.replace("-0700", "-9900"),
        LINE.replace('"GET', "GET"),
        LINE.replace(" 200 ", " 20 "),
        LINE + " trailing",
    ],
)
def test_a_line_in_another_format_is_rejected(line):
    with pytest.raises(NotAccessLog, match="N204"):
        parse(line)


@given(st.text(), st.integers(0, len(LINE)), st.integers(0, len(LINE)))
def test_no_line_fails_in_any_other_way(text, start, end):
    for line in (text, LINE[:start] + text + LINE[end:]):
        try:
            assert parse(line).payload["host"]
        except NotAccessLog:
            pass


def test_the_line_and_the_key_are_where_they_are_said_to_be():
    node = ParseAccessLog(field="/raw/text", key="/path")
    assert node.process(Record({"raw": {"text": LINE}}), None).key == "/shop/a%20b"
    for payload in ({"line": LINE}, {"raw": {"text": 5}}):
        with pytest.raises(Missing, match="`/raw/text`"):
            node.process(Record(payload), None)
