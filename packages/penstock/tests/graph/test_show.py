"""Pictures: pinned words, sound SVG, and a layout in which nothing lies on anything else."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from penstock.graph.drawing.as_svg import svg_of
from penstock.graph.drawing.layout import Size, Wire, _crossings, _Grid, _inversions, _order, arrange, layers_of
from penstock.graph.drawing.sketch import Arrow, Box, Sketch
from penstock.graph.model import Channel, Graph, Link, NodeUse
from penstock.graph.show import FORMATS, show
from penstock.manifest.model import NodeFacts, PortFacts

CORPUS = Path(__file__).resolve().parents[4] / "tests" / "corpus"


@pytest.fixture(scope="module")
def graph(world: Any) -> Graph:
    return world.load((CORPUS / "good-graphs" / "site-safety.graph.yaml").read_bytes()).graph


def test_a_graph_as_text(graph: Graph) -> None:
    assert (
        show(graph)
        == """\
site-safety: 5 nodes, 1 channel, 5 links

detections  source     jsonl-source             -> yard
yard        transform  zone                     -> cool
cool        transform  cooldown                 => [events]
[events]    channel    sqlite, 100,000 records  uplink (compete) => uplink
                                                archive (broadcast) => archive
uplink      sink       http-sink
archive     sink       jsonl-sink
"""
    )


def test_a_graph_as_mermaid(graph: Graph) -> None:
    assert (
        show(graph, "mermaid")
        == """\
---
title: "site-safety"
---
flowchart LR
  b0(["detections<br/><small>jsonl-source</small>"])
  b1["yard<br/><small>zone</small>"]
  b2["cool<br/><small>cooldown</small>"]
  b3[("events<br/><small>sqlite, 100,000 records</small>")]
  b4[["uplink<br/><small>http-sink</small>"]]
  b5[["archive<br/><small>jsonl-sink</small>"]]
  b0 --> b1
  b1 --> b2
  b2 ==> b3
  b3 ==>|"uplink (compete)"| b4
  b3 ==>|"archive (broadcast)"| b5
"""
    )


def test_an_svg_has_a_shape_for_every_box_and_a_line_for_every_link(graph: Graph) -> None:
    svg = ET.fromstring(show(graph, "svg"))
    drawn = [path.get("class") for path in svg.iter("{http://www.w3.org/2000/svg}path")]
    legend = ["box source", "box transform", "box sink", "box channel", "wire durable"]
    boxes = ["box source", "box transform", "box transform", "box channel", "box sink", "box sink"]
    wires = ["wire", "wire", "wire durable", "wire durable", "wire durable"]
    assert sorted(name for name in drawn if name) == sorted(legend + boxes + wires)
    words = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"uplink (compete)", "archive (broadcast)", "events", "sqlite, 100,000 records", "site-safety"} <= set(words)


def test_unknown_formats_are_refused_with_those_that_there_are(graph: Graph) -> None:
    with pytest.raises(ValueError, match="text, mermaid, svg"):
        show(graph, "png")


def nasty(name: str, type_id: str, port: str) -> Graph:
    """A graph whose names did not come from a checked file."""
    ports = (PortFacts(port), PortFacts("b"))
    source = NodeFacts(type_id, "source", (), ports, {}, "none", "x:y")
    sink = NodeFacts(type_id, "strange", ports, (), {}, "none", "x:y")
    nodes = {name: NodeUse(name, source), "z": NodeUse("z", sink)}
    links = (Link(from_node=name, from_port=port, to_node="z", to_port=port),)
    return Graph(name, nodes, links, {"c": Channel("c", kind=name)})


DRAWN = {"svg", "title", "style", "defs", "marker", "path", "rect", "text", "g"}
texts = st.text(min_size=1, max_size=50).filter(lambda text: text not in ("c", "z"))


@given(texts, texts, texts)
def test_no_name_breaks_out_of_a_picture(name: str, type_id: str, port: str) -> None:
    graph = nasty(name, type_id, port)
    svg = list(ET.fromstring(show(graph, "svg")).iter())
    assert {element.tag.partition("}")[2] for element in svg} <= DRAWN
    assert not [key for element in svg for key in element.attrib if key.startswith("on") or "href" in key]
    mermaid = show(graph, "mermaid").splitlines()
    assert len(mermaid) == 4 + 3 + 1
    assert [line.count('"') for line in mermaid] == [0, 2, 0, 0, 2, 2, 2, 2]
    assert len(show(graph).splitlines()) == 2 + 3


def test_a_script_in_a_name_stays_text() -> None:
    graph = nasty("<script>alert(1)</script>", '"><g onload="x">', "a & b")
    assert "<script" not in show(graph, "svg")
    assert "&lt;script&gt;" in show(graph, "svg")
    assert "<script" not in show(graph, "mermaid")


def test_an_empty_graph_can_be_drawn() -> None:
    for fmt in FORMATS:
        assert show(Graph("empty", {}, ()), fmt).endswith("\n")


sizes = st.lists(
    st.builds(Size, st.integers(20, 300).map(float), st.integers(20, 90).map(float)), min_size=1, max_size=14
)


@st.composite
def pictures(draw: st.DrawFn) -> tuple[list[Size], list[Wire]]:
    boxes = draw(sizes)
    pairs = st.tuples(st.integers(0, len(boxes) - 1), st.integers(0, len(boxes) - 1)).filter(
        lambda pair: pair[0] < pair[1]
    )
    links = draw(st.lists(pairs, max_size=24)) if len(boxes) > 1 else []
    words = st.sampled_from(["", "a", "b"])
    return boxes, [Wire(a, b, draw(st.sampled_from([0.0, 90.0])), draw(words), draw(words)) for a, b in links]


@given(pictures())
def test_no_box_lies_on_another_and_all_lie_in_the_picture(picture: tuple[list[Size], list[Wire]]) -> None:
    boxes, wires = picture
    layout = arrange(boxes, wires)
    edges = [(x, y, x + size.width, y + size.height) for (x, y), size in zip(layout.boxes, boxes, strict=True)]
    for index, (left, top, right, bottom) in enumerate(edges):
        assert left >= -0.001
        assert top >= -0.001
        assert right <= layout.width + 0.001
        assert bottom <= layout.height + 0.001
        for other_left, other_top, other_right, other_bottom in edges[:index]:
            assert right <= other_left or other_right <= left or bottom <= other_top or other_bottom <= top


@given(pictures())
def test_arrows_lead_from_box_to_box_and_never_back(picture: tuple[list[Size], list[Wire]]) -> None:
    boxes, wires = picture
    layout = arrange(boxes, wires)
    for wire, points in zip(wires, layout.wires, strict=True):
        assert points[0][0] == pytest.approx(layout.boxes[wire.start][0] + boxes[wire.start].width)
        assert points[-1][0] == pytest.approx(layout.boxes[wire.finish][0])
        assert [x for x, _ in points] == sorted(x for x, _ in points)


@given(pictures())
def test_arrows_pass_no_box_that_they_do_not_join(picture: tuple[list[Size], list[Wire]]) -> None:
    boxes, wires = picture
    layout = arrange(boxes, wires)
    for points in layout.wires:
        for (x, y), (to_x, to_y) in zip(points[1:-1:2], points[2:-1:2], strict=True):
            assert y == to_y
            for (left, top), size in zip(layout.boxes, boxes, strict=True):
                assert not (left < to_x and left + size.width > x and top < y < top + size.height)


@given(pictures())
def test_each_layer_is_as_short_as_the_longest_way_to_it(picture: tuple[list[Size], list[Wire]]) -> None:
    boxes, wires = picture
    layer = layers_of(len(boxes), wires)
    assert all(layer[wire.start] < layer[wire.finish] for wire in wires)
    assert min(layer) == 0


RESTLESS = [(0, 2), (1, 4), (1, 3), (0, 3), (2, 4), (2, 4), (1, 2)]  # here sorting finds less than it began with


@example(([Size(50.0, 40.0)] * 5, [Wire(a, b, 0.0) for a, b in RESTLESS]))
@given(pictures())
def test_sorting_never_makes_more_crossings(picture: tuple[list[Size], list[Wire]]) -> None:
    grid = _Grid(*picture)
    before = _crossings(grid)
    _order(grid)
    assert _crossings(grid) <= before


@given(st.lists(st.integers(0, 9), max_size=20))
def test_inversions_are_counted_right(numbers: list[int]) -> None:
    slowly = sum(numbers[a] > numbers[b] for b in range(len(numbers)) for a in range(b))
    assert _inversions(numbers, 10) == slowly


def test_wires_that_go_round_do_not_stop_a_picture() -> None:
    boxes = tuple(Box(name, "transform", "t") for name in "abc")
    arrows = tuple(Arrow(a, b, "", "", False) for a, b in ["ab", "bc", "ca", "aa"])
    assert svg_of(Sketch("ring", boxes, arrows)).count("<path") > 4


def test_thousands_of_boxes_are_drawn() -> None:
    node = NodeFacts("t", "transform", (PortFacts("in"),), (PortFacts("out"),), {}, "none", "x:y")
    names = [f"n{index}" for index in range(10_000)]
    links = [
        Link(from_node=a, from_port="out", to_node=b, to_port="in") for a, b in zip(names[:-7], names[7:], strict=True)
    ]
    links += [Link(from_node="n0", from_port="out", to_node="n9999", to_port="in")]
    svg = show(Graph("large", {name: NodeUse(name, node) for name in names}, tuple(links)), "svg")
    assert svg.count('class="name"') == 10_000
