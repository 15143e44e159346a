"""The graph that comes out, and its digest."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.graph.fields import SETTINGS
from penstock.graph.load import load_parsed
from penstock.graph.model import Channel, Group, Link, Settings
from penstock_findings.load import parse_yaml

TEXT = """\
format: 1
name: site-safety
description: x
requires: [groups]
packs: {penstock-standard: ">=0.1"}
environment: {SITE_DATA: /srv}
settings: {batch: 16, linger: 10ms, ack: process, lease: 1m, validate: false}
channels:
  events: {kind: sqlite, capacity: 1000, dedup: 1h, retention: 7d, groups: {uplink: compete, archive: {mode: broadcast}}}
  plain: {kind: memory}
nodes:
  detections: {type: jsonl-source, config: {path: "${SITE_DATA}/d.jsonl"}, tags: [edge]}
  cool: {type: cooldown, config: {key: /camera, window: 2.5}}
  uplink: {type: http-sink, config: {url: "http://localhost/in"}, secrets: {token: "env:TOKEN"}}
  archive: {type: jsonl-sink, config: {path: a.jsonl}}
  screen: {type: stdout}
links:
  - {from: detections, to: cool}
  - {from: cool, to: events}
  - {from: events, group: uplink, to: uplink}
  - {from: events, to: archive}
  - {from: cool, to: plain}
  - {from: plain, to: screen}
"""


@pytest.fixture(scope="module")
def graph(world: Any) -> Any:
    loaded = world.load(TEXT)
    assert loaded.report.findings == ()
    return loaded.graph


def test_nodes_hold_what_was_written_with_the_environment_in_it(graph: Any) -> None:
    assert list(graph.nodes) == ["detections", "cool", "uplink", "archive", "screen"]
    assert graph.nodes["detections"].config == {"path": "/data/site/d.jsonl"}
    assert graph.nodes["detections"].tags == ("edge",)
    assert graph.nodes["uplink"].secrets == {"token": "env:TOKEN"}
    assert graph.nodes["cool"].type.id == "cooldown"


def test_links_have_their_ports_and_groups(graph: Any) -> None:
    assert graph.links == (
        Link(from_node="detections", from_port="out", to_node="cool", to_port="in"),
        Link(from_node="cool", from_port="out", to_channel="events"),
        Link(from_channel="events", group="uplink", to_node="uplink", to_port="in"),
        Link(from_channel="events", group="archive", to_node="archive", to_port="in"),
        Link(from_node="cool", from_port="out", to_channel="plain"),
        Link(from_channel="plain", group="screen", to_node="screen", to_port="in"),
    )


def test_channels_have_their_settings_and_groups_also_those_that_only_links_name(graph: Any) -> None:
    groups = {"uplink": Group("uplink"), "archive": Group("archive", "broadcast")}
    assert graph.channels["events"] == Channel("events", "sqlite", 1000, 3600.0, 604800.0, groups)
    assert graph.channels["plain"] == Channel("plain", "memory", groups={"screen": Group("screen")})


def test_settings_are_given_or_default(graph: Any) -> None:
    assert graph.settings == Settings(batch=16, linger=0.01, ack="process", lease=60.0, validate=False)


def test_a_file_can_set_every_setting_of_the_model_and_no_other() -> None:
    assert set(SETTINGS) == set(Settings.__match_args__)


def test_a_file_can_set_everything_about_a_channel(world: Any) -> None:
    from penstock.graph.fields import CHANNEL

    named = {"dedup": "dedup_window"}
    assert {named.get(name, name) for name in CHANNEL} == set(Channel.__match_args__) - {"name"}


def test_contracts_of_the_packs_in_use_come_along(world: Any, graph: Any) -> None:
    zone = TEXT.replace(
        "type: cooldown, config: {key: /camera, window: 2.5}", "type: zone, config: {polygon: [[0,0],[1,0],[1,1]]}"
    )
    assert graph.contracts == {}
    assert list(world.load(zone.replace('packs: {penstock-standard: ">=0.1"}\n', "")).graph.contracts) == [
        "alarm@1.0",
        "detection@1.0",
    ]


def digest(world: Any, text: str, overrides: tuple[str, ...] = (), environment: dict[str, str] | None = None) -> str:
    loaded = load_parsed(
        parse_yaml(text.encode(), "x"), world.catalog, environment=environment or {}, overrides=overrides
    )
    assert loaded.graph is not None, loaded.report.findings
    return loaded.graph.digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("description: x\n", ""),
        ("name: site-safety", "name: other"),
        ("batch: 16", "batch: 32"),
        ("capacity: 1000", "capacity: 2000"),
        ("retention: 7d", "retention: 8d"),
        ("dedup: 1h", "dedup: 3600"),
        ('token: "env:TOKEN"', 'token: "file:/run/token"'),
        ("tags: [edge]", "tags: []"),
        ("SITE_DATA: /srv", "SITE_DATA: /elsewhere"),
        ("{mode: broadcast}", "broadcast"),
        ("from: detections, to: cool", "from: detections.out, to: cool.in"),
        ("from: events, to: archive", "from: events, group: archive, to: archive"),
        (">=0.1", ">=0.2"),
        (
            "  - {from: cool, to: events}\n  - {from: events, group: uplink, to: uplink}\n",
            "  - {from: events, group: uplink, to: uplink}\n  - {from: cool, to: events}\n",
        ),
        (
            "  archive: {type: jsonl-sink, config: {path: a.jsonl}}\n  screen: {type: stdout}\n",
            "  screen: {type: stdout}\n  archive: {config: {path: a.jsonl}, type: jsonl-sink}\n",
        ),
    ],
)
def test_what_does_not_touch_the_topology_leaves_its_digest_alone(old: str, new: str, world: Any) -> None:
    assert old in TEXT
    assert digest(world, TEXT.replace(old, new)) == digest(world, TEXT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("window: 2.5", "window: 2.6"),
        ("type: stdout", "type: stdout, config: {pretty: true}"),
        ("screen", "display"),
        ("kind: memory", "kind: sqlite"),
        ("dedup: 1h", "dedup: 2h"),
        ("uplink: compete", "uplink: broadcast"),
        ("from: detections, to: cool", "from: detections, to: archive"),
        ("/d.jsonl", "/e.jsonl"),
        ("type: jsonl-sink, config: {path: a.jsonl}", "type: stdout"),
    ],
)
def test_what_touches_the_topology_changes_its_digest(old: str, new: str, world: Any) -> None:
    changed = TEXT.replace(old, new)
    loaded = world.load(changed)
    assert changed != TEXT
    assert loaded.graph is None or loaded.graph.digest != digest(world, TEXT)


def test_overrides_count_and_the_environment_does_not(world: Any) -> None:
    plain = digest(world, TEXT)
    assert digest(world, TEXT, environment={"SITE_DATA": "/data"}) == plain
    assert digest(world, TEXT, ("cool.window=9",)) == digest(world, TEXT.replace("window: 2.5", "window: 9")) != plain


@given(chance=st.randoms(use_true_random=False))
def test_the_order_of_the_file_does_not_matter(chance: Any, world: Any) -> None:
    head, _, rest = TEXT.partition("nodes:\n")
    nodes, _, links = rest.partition("links:\n")
    node_lines, link_lines = nodes.splitlines(), links.splitlines()
    chance.shuffle(node_lines)
    chance.shuffle(link_lines)
    shuffled = head + "\n".join(["nodes:", *node_lines, "links:", *link_lines]) + "\n"
    assert digest(world, shuffled) == digest(world, TEXT)


def test_digest_and_pictures_are_the_same_under_any_hash_seed(tmp_path: Any) -> None:
    code = """if True:
        import hashlib, sys
        from penstock.graph.model import Channel, Graph, Group, Link, NodeUse
        from penstock.graph.show import FORMATS, show
        from penstock.manifest.model import NodeFacts, PortFacts
        out, both = (PortFacts("out"),), (PortFacts("a"), PortFacts("b"))
        source = NodeFacts("s", "source", (), both, {}, "none", "x:y")
        sink = NodeFacts("t", "sink", (PortFacts("in"),), (), {}, "none", "x:y")
        nodes = {f"n{i}": NodeUse(f"n{i}", source if i < 4 else sink) for i in range(9)}
        links = tuple(Link(from_node=f"n{i % 4}", from_port="ab"[i % 2], to_node=f"n{4 + i % 5}", to_port="in") for i in range(20))
        graph = Graph("x", nodes, links, {"c": Channel("c", groups={"g": Group("g")})})
        print([hashlib.sha256(show(graph, fmt).encode()).hexdigest() for fmt in FORMATS])
    """
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(said) == 1
