"""Loading from disk, what a report carries, and the few things that no corpus file can show."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from penstock._plugins.discovery import Catalog
from penstock._plugins.packs import FoundPack
from penstock.graph.load import load_graph
from penstock.manifest.model import Manifest, NodeFacts, PortFacts
from penstock_findings.finding import Severity
from penstock_findings.reporters import write

GRAPH = """\
format: 1
name: weather
nodes:
  readings: {type: generator, config: {count: 1, seed: 90071992547409931234567890}}
  screen: {type: stdout}
links:
  - {from: readings, to: screen}
"""


def test_a_graph_is_loaded_from_a_file(tmp_path: Path, world: Any) -> None:
    path = tmp_path / "weather.graph.yaml"
    path.write_text(GRAPH, encoding="utf-8")
    loaded = load_graph(path, world.catalog, environment={}, overrides=["readings.count=2"])
    assert loaded.report.findings == ()
    assert loaded.report.sources[str(path)] == GRAPH
    assert loaded.graph is loaded.graph
    assert loaded.graph.nodes["readings"].config == {"count": 2, "seed": 90071992547409931234567890}


def test_json_and_toml_are_graph_files_as_well(tmp_path: Path, world: Any) -> None:
    value = {
        "format": 1,
        "name": "x",
        "nodes": {"a": {"type": "generator"}, "b": {"type": "stdot"}},
        "links": [{"from": "a", "to": "b"}],
    }
    path = tmp_path / "x.graph.json"
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
    (finding,) = load_graph(path, world.catalog, environment={}).report.findings
    assert (finding.code, finding.at.line, finding.at.column, finding.at.pointer) == ("G101", 9, 12, "/nodes/b/type")
    path = tmp_path / "x.graph.toml"
    path.write_text(
        'format = 1\nname = "x"\n[nodes]\na = {type = "generator"}\nb = {type = "stdot"}\n[[links]]\nfrom = "a"\nto = "b"\n'
    )
    (finding,) = load_graph(path, world.catalog, environment={}).report.findings
    assert (finding.code, finding.at.line, finding.at.column) == ("G101", 5, 13)


@pytest.mark.parametrize(("name", "code"), [("nowhere.graph.yaml", "F101"), (".", "F114"), ("flow.graph.txt", "F114")])
def test_a_file_that_cannot_be_read_is_a_finding(name: str, code: str, tmp_path: Path, world: Any) -> None:
    loaded = load_graph(tmp_path / name, world.catalog, environment={})
    assert [finding.code for finding in loaded.report.findings] == [code]
    assert loaded.graph is None


def test_mistakes_on_the_command_line_are_told_also_when_the_file_is_no_graph(world: Any) -> None:
    assert world.said("[]", ["nonsense"]) == ["G003 1:1", "G013 --set:1:1"]
    assert world.said("{", ["nonsense"]) == ["F104 1:2", "G013 --set:1:1"]


def test_every_finding_has_a_place_and_a_pointer_into_the_file(bad_case: Any, world: Any) -> None:
    for finding in world.load(bad_case.data, bad_case.overrides).report.findings:
        assert finding.at.line
        assert finding.at.column
        if finding.code.startswith("G") and finding.code not in ("G013", "G014", "G015"):
            assert finding.at.pointer is not None


def test_a_cycle_names_its_way_and_shows_the_other_links(world: Any) -> None:
    text = GRAPH.replace(
        "links:",
        "  a: {type: map}\n  b: {type: map}\nlinks:\n  - {from: a, to: b}\n  - {from: b, to: a}\n  - {from: a, to: screen}",
    )
    (finding,) = world.load(text).report.findings
    assert finding.message == "these links go round in a circle: `a.out -> b.in -> b.out -> a.in`"
    assert [(related.at.line, related.at.column) for related in finding.related] == [(9, 5)]


def test_a_repeated_link_shows_the_first_one(world: Any) -> None:
    (finding,) = world.load(GRAPH + "  - {from: readings.out, to: screen.in}\n").report.findings
    assert [(related.message, related.at.line) for related in finding.related] == [("the first one", 7)]


def test_a_report_shows_the_line_and_marks_the_word(world: Any) -> None:
    out = io.StringIO()
    write(world.load(GRAPH.replace("to: screen", "to: screan"), name="weather.graph.yaml").report, "text", out)
    said, line, marks, hint = out.getvalue().splitlines()[:4]
    assert said == "weather.graph.yaml:7:26: error G103: there is no node or channel `screan`"
    assert line.index("screan") == marks.index("^^^^^^")
    assert hint.strip() == "hint: write `screen`"


def test_warnings_do_not_keep_a_graph_from_running(world: Any) -> None:
    loaded = world.load(GRAPH.replace("stdout", "log-sink"))
    assert [finding.severity for finding in loaded.report.findings] == [Severity.WARNING]
    assert loaded.graph is not None


def test_a_value_that_could_not_be_read_is_told_once(world: Any) -> None:
    assert world.said(GRAPH.replace("count: 1,", "count: .nan,")) == ["F107 4:47"]


def test_values_of_the_environment_are_not_repeated(world: Any) -> None:
    text = GRAPH.replace("name: weather", "name: weather\nenvironment: [UPLINK_URL]").replace(
        "count: 1,", 'count: "${UPLINK_URL}",'
    )
    loaded = world.load(text)
    assert [finding.code for finding in loaded.report.findings] == ["G121"]
    assert "localhost" not in str(loaded.report)


def test_a_type_that_two_packs_claim_is_nobodys(world: Any) -> None:
    stolen = NodeFacts("stdout", "sink", (PortFacts("in"),), (), {}, "none", "x.y:Z")
    thief = FoundPack(
        "thief", "acme-thief", "1.0", "acme_thief", Manifest("acme-thief", "1.0", nodes=(stolen,)), None, "/x"
    )
    catalog = Catalog([*world.catalog.packs, thief])
    world = type(world)(catalog)
    (finding,) = world.load(GRAPH).report.findings
    assert finding.code == "G101"
    assert finding.message == "node type `stdout` is claimed by `penstock-standard` and `acme-thief`"
    assert finding.hint == "uninstall one of them"


def test_checks_of_others_can_be_made_as_well(world: Any) -> None:
    from penstock.graph.check import Check

    mine = Check("X001", asks=lambda draft: draft.nodes.values(), says=lambda node: f"saw {node.id}", on_key=True)
    found = world.load(GRAPH, checks=[mine]).report.findings
    assert [(finding.message, finding.at.line) for finding in found] == [("saw readings", 4), ("saw screen", 5)]


def test_secrets_are_starred_out_of_the_text_wherever_they_stand(world: Any) -> None:
    secret = "swordfish-1234"
    text = f"""\
format: 1
name: x
nodes:
  a: {{type: generator}} # {secret}
  b:
    type: http-sink
    config: {{url: "http://x", headers: {{X-Token: {secret}}}, nonsense: 1}}
    secrets: {{token: "{secret}", key: |
      one {secret}
      two}}
links: [{{from: a, to: b}}]
"""
    text = text.replace(", key: |\n      one swordfish-1234\n      two}", "}")
    loaded = world.load(text)
    starred = loaded.report.sources["x.graph.yaml"]
    assert sorted(finding.code for finding in loaded.report.findings) == ["G025", "G026", "G122"]
    assert secret not in starred
    assert len(starred) == len(text)
    assert starred.splitlines()[0] == "format: 1"


def test_a_secret_of_several_lines_is_starred_line_by_line(world: Any) -> None:
    text = GRAPH.replace(
        "{type: stdout}",
        "\n    type: http-sink\n    config: {url: x}\n    secrets:\n      key: |\n        first line\n        second line",
    )
    loaded = world.load(text)
    starred = loaded.report.sources["x.graph.yaml"]
    assert "G025" in [finding.code for finding in loaded.report.findings]
    assert "line" not in starred
    assert starred.count("\n") == text.count("\n")


def test_a_secrets_section_of_the_wrong_kind_is_hidden_as_a_whole(world: Any) -> None:
    text = GRAPH.replace("{type: stdout}", "{type: http-sink, config: {url: x}, secrets: hunter2-and-more}")
    loaded = world.load(text)
    assert [finding.code for finding in loaded.report.findings] == ["G003"]
    assert "hunter2" not in str(loaded.report)
