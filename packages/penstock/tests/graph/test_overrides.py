"""Values from the command line: how they are read, where they go, and where they are said to stand."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.graph.overrides import DEPTH, read_overrides

GRAPH = """\
format: 1
name: weather
nodes:
  readings: {type: generator, config: {count: 10}}
  cool: {type: cooldown, config: {key: /station, window: 60}}
  uplink: {type: http-sink, config: {url: "http://localhost:8000/in", retry: {first: 0.5}}}
links:
  - {from: readings, to: cool}
  - {from: cool, to: uplink}
"""


@pytest.mark.parametrize(
    ("override", "node", "config"),
    [
        ("readings.count=3", "readings", {"count": 3}),
        ("readings.seed=12345678901234567890123", "readings", {"count": 10, "seed": 12345678901234567890123}),
        ("cool.key=no", "cool", {"key": "no", "window": 60}),
        ("cool.key=a=b=c", "cool", {"key": "a=b=c", "window": 60}),
        ('cool.key="5"', "cool", {"key": "5", "window": 60}),
        ("cool.key= /x ", "cool", {"key": "/x", "window": 60}),
        ("cool.key=$${X}", "cool", {"key": "${X}", "window": 60}),
        (
            "uplink.retry.attempts=3",
            "uplink",
            {"url": "http://localhost:8000/in", "retry": {"first": 0.5, "attempts": 3}},
        ),
        (
            "uplink.headers.X-Site=hall",
            "uplink",
            {"url": "http://localhost:8000/in", "retry": {"first": 0.5}, "headers": {"X-Site": "hall"}},
        ),
        (
            "uplink.retry={first: 2,\n attempts: 1}",
            "uplink",
            {"url": "http://localhost:8000/in", "retry": {"first": 2, "attempts": 1}},
        ),
    ],
)
def test_an_override_goes_where_it_says(override: str, node: str, config: Any, world: Any) -> None:
    graph = world.load(GRAPH, [override]).graph
    assert graph.nodes[node].config == config


def test_an_empty_value_is_an_empty_text(world: Any) -> None:
    loaded = world.load(GRAPH, ["uplink.headers.X="])
    assert loaded.graph.nodes["uplink"].config["headers"] == {"X": ""}


def test_the_last_override_of_a_field_counts(world: Any) -> None:
    graph = world.load(GRAPH, ["cool.window=1", "cool.window=2"]).graph
    assert graph.nodes["cool"].config["window"] == 2


def test_an_override_mends_a_wrong_value_of_the_file(world: Any) -> None:
    wrong = GRAPH.replace("window: 60", "window: soon")
    assert world.said(wrong) == ["G121 5:58"]
    assert world.load(wrong, ["cool.window=60"]).report.findings == ()


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["cool.window=x", "cool.key=7"], ["G121 --set:1:13", "G121 --set:2:10"]),
        (["cool.key=\n\n7", "cool.window=x"], ["G121 --set:3:1", "G121 --set:4:13"]),
        (["uplink.retry={first: 0, attempts: x}"], ["G121 --set:1:22", "G121 --set:1:35"]),
        (["uplink.retry.attempts=0", "uplink.retry.first=0"], ["G121 --set:1:23", "G121 --set:2:20"]),
        (["uplink.heders.X=1"], ["G122 --set:1:8"]),
        (["uplink.headers.X=1"], ["G121 --set:1:18"]),
        (["uplink.retry={attempts: 0}", "uplink.retry.first=0"], ["G121 --set:1:25", "G121 --set:2:20"]),
        (["cool.key=a\udcff", "cool.key=7"], ["G013 --set:1:1", "G121 --set:2:10"]),
        (["cöol.key=1"], ["G014 --set:1:1"]),
        (["a." + "b." * DEPTH + "c=1"], ["G013 --set:1:1"]),
        (["cool.window=" + "[" * 500], ["F110 --set:1:141"]),
        (["cool.window=*x"], ["F106 --set:1:13"]),
        (["cool.key=&x [*x]"], ["F106 --set:1:14"]),
    ],
)
def test_mistakes_stand_on_the_command_line(overrides: list[str], said: list[str], world: Any) -> None:
    assert world.said(GRAPH, overrides) == said


def test_the_excerpt_is_what_was_typed(world: Any) -> None:
    assert world.load(GRAPH, ["cool.window=x", "cool.key=7"]).report.sources["--set"] == "cool.window=x\ncool.key=7"


def test_a_secret_on_the_command_line_is_not_repeated(world: Any) -> None:
    loaded = world.load(GRAPH, ["uplink.headers.Authorization=Bearer 0123456789abcdef", "cool.window=x"])
    assert [finding.code for finding in loaded.report.findings] == ["G026", "G121"]
    assert "0123456789abcdef" not in loaded.report.sources["--set"]


@given(texts=st.lists(st.text(max_size=30), max_size=4))
def test_no_text_on_the_command_line_ends_in_an_exception(texts: list[str], world: Any) -> None:
    read = read_overrides(texts)
    assert len(read.asked) + len(read.findings) >= len(texts)
    world.load(GRAPH, texts)


def test_overrides_leave_the_file_alone(world: Any) -> None:
    from penstock.graph.load import load_parsed
    from penstock_findings.load import parse_yaml

    parsed = parse_yaml(GRAPH.encode(), "x")
    before = copy.deepcopy(parsed.document.value)
    load_parsed(parsed, world.catalog, environment={}, overrides=["uplink.retry.attempts=3", "cool.window=1"])
    assert parsed.document.value == before
