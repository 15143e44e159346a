"""Every link of a graph: what the writer may write is what the reader takes, or a payload shows that it is not."""

from __future__ import annotations

import json

import pytest

from penstock_contracts.asking import Engine
from penstock_contracts.gate import Gate
from penstock_contracts.subjects.errors import CannotRead
from penstock_contracts.subjects.graph import read_links
from penstock_contracts.subjects.open import open_candidate
from penstock_contracts.subjects.trees import Folder

STRICT = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}


def node(id, inputs=(), outputs=()):
    return {
        "id": id,
        "role": "transform",
        "effect": "none",
        "import_path": "x:X",
        "config": {},
        "inputs": [{"name": name, **({"contract": ref} if ref else {})} for name, ref in inputs],
        "outputs": [{"name": name, **({"contract": ref} if ref else {})} for name, ref in outputs],
    }


def pack(name, schema):
    return {
        "format": 1,
        "pack": name,
        "version": "1.0.0",
        "sdk": 1,
        "nodes": [
            node("maker", outputs=[("out", "thing@1.0"), ("loose", None)]),
            node("taker", inputs=[("in", "wanted@1.0")]),
            node("any", inputs=[("in", None)]),
        ],
        "contracts": [
            {"name": "thing", "version": "1.0", "digest": "sha256:0", "schema": schema},
            {"name": "wanted", "version": "1.0", "digest": "sha256:0", "schema": STRICT},
        ],
    }


@pytest.fixture
def opened(tmp_path):
    def open_pack(name, schema):
        path = tmp_path / name / "penstock-pack.json"
        path.parent.mkdir()
        path.write_text(json.dumps(pack(name, schema), indent=1), encoding="utf-8")
        return open_candidate(str(path)).pack

    return open_pack


@pytest.fixture
def judged(tmp_path, opened):
    def judge(links, schema=STRICT, queued=(), channels="{c: {}, d: {}}"):
        text = "nodes:\n  m: {type: maker}\n  t: {type: taker}\n  u: {type: taker}\n  a: {type: any}\n"
        text += f"channels: {channels}\nlinks:\n" + "".join(f"  - {link}\n" for link in links)
        (tmp_path / "flow.graph.yaml").write_text(text, encoding="utf-8")
        older = [opened(f"older-{place}", one) for place, one in enumerate(queued)]
        found, findings, _ = read_links(Folder(str(tmp_path)), "flow.graph.yaml", [opened("pack", schema)], older)
        return Gate(Engine(20.0)).links("flow", found, findings)

    return judge


def told(outcome):
    return {one.name: one.breaking for one in outcome.comparisons}


def test_a_link_is_proved(judged):
    outcome = judged(["{from: m.out, to: t}"])
    assert told(outcome) == {"m.out -> t.in": False}
    assert outcome.findings == ()


def test_a_link_that_breaks_shows_a_payload(judged):
    outcome = judged(["{from: m.out, to: t}"], schema={"type": "object"})
    (link,) = outcome.comparisons
    assert link.breaking
    assert {change.code for change in link.changes} == {"K208", "K210"}
    assert link.bump is None


def test_channels_join_every_writer_with_every_reader(judged):
    links = [
        "{from: m.out, to: c}",
        "{from: c, group: x, to: t}",
        "{from: c, group: y, to: u}",
        "{from: c, group: z, to: a}",
    ]
    links += ["{from: m.out, to: d}", "{from: d, group: x, to: a}"]  # another channel, with readers of its own
    assert set(told(judged(links))) == {"m.out -> t.in (`c`)", "m.out -> u.in (`c`)"}


def test_readers_of_another_channel_are_not_joined(judged):
    assert told(judged(["{from: m.out, to: c}", "{from: d, group: x, to: t}"])) == {}


def test_a_writer_without_a_contract_is_told_once_and_breaks_nothing(judged):
    outcome = judged(["{from: m.loose, to: t}", "{from: m.loose, to: a}"])
    assert [(finding.code, finding.at.line) for finding in outcome.findings] == [("K521", 8)]
    assert outcome.comparisons == ()


def test_queued_records_of_an_older_pack_count_as_a_producer(judged):
    links = ["{from: m.out, to: c}", "{from: c, group: x, to: t}"]
    outcome = judged(links, queued=[STRICT, {"type": "object"}])
    assert [(name, breaking) for name, breaking in told(outcome).items()] == [
        ("m.out -> t.in (`c`)", False),
        ("m.out of older-0 1.0.0 -> t.in (queued in `c`)", False),
        ("m.out of older-1 1.0.0 -> t.in (queued in `c`)", True),
    ]


def test_names_that_lead_nowhere_are_told_with_the_nearest(judged):
    outcome = judged(["{from: m.ot, to: t}", "{from: mm, to: t}", "{from: m, to: t}"])
    assert [(finding.at.line, finding.hint) for finding in outcome.findings] == [
        (8, "write `out`"),
        (9, "write `m`"),
        (10, "choose one of `loose`, `out`"),
    ]


def test_an_unknown_type_is_told(tmp_path, opened):
    (tmp_path / "g.yaml").write_text("nodes:\n  m: {type: makr}\nlinks: []\n", encoding="utf-8")
    _, findings, _ = read_links(Folder(str(tmp_path)), "g.yaml", [opened("pack", STRICT)])
    assert [(finding.code, finding.at.line, finding.hint) for finding in findings] == [("K522", 2, "write `maker`")]


def test_a_file_without_the_shape_of_a_graph_is_refused_with_places(tmp_path):
    (tmp_path / "g.yaml").write_text("nodes: []\nlinks:\n  - {form: a, to: b}\n", encoding="utf-8")
    with pytest.raises(CannotRead) as caught:
        read_links(Folder(str(tmp_path)), "g.yaml", [])
    assert [(one.code, one.at.line) for one in caught.value.findings] == [("K110", 1), ("K111", 3), ("K112", 3)]
