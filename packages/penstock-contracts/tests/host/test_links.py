"""Links of a checked graph: proved, or shown to break, and asked about only where two contracts differ."""

from __future__ import annotations

import os
import shutil
import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

import penstock_contracts
from penstock_contracts.asking import Engine
from penstock_contracts.links import meetings, unproven
from penstock_findings import Severity

SCHEMAS = {
    "alarm@1.0": {"type": "object", "properties": {"level": {"type": "integer"}}, "required": ["level"]},
    "alarm@2.0": {"type": "object", "properties": {"level": {"type": "number"}}, "required": ["level"]},
    "alarm@1.1": {"$defs": {"n": {"multipleOf": 1}}, "allOf": [{"type": "object", "required": ["level"]}], "properties": {"level": {"type": "number", "$ref": "#/$defs/n"}}},
    "riddle@1.0": {"type": "string", "pattern": "^(a)\\1$"},
    "answer@1.0": {"type": "string", "pattern": "^aa$"},
}  # fmt: skip  # one contract to a row


def graph_of(ports: dict[str, str | None], links: list[str]) -> Any:
    """As much of a graph as is looked at: `writer.out` and `reader.in` with contracts; `a -> b`, `a -> [c]`, `[c] -> b`."""

    def node(id: str) -> Any:
        inputs = [SimpleNamespace(name="in", contract=ports.get(f"{id}.in"))]
        return SimpleNamespace(
            type=SimpleNamespace(inputs=inputs, outputs=[SimpleNamespace(name="out", contract=ports.get(f"{id}.out"))])
        )

    def link(words: str) -> Any:
        ends = dict.fromkeys(("from_node", "from_port", "from_channel", "to_node", "to_port", "to_channel"))
        for word, side, port in zip(words.split(" -> "), ("from", "to"), ("out", "in"), strict=True):
            if word.startswith("["):
                ends[f"{side}_channel"] = word[1:-1]
            else:
                ends |= {f"{side}_node": word, f"{side}_port": port}
        return SimpleNamespace(**ends)

    nodes = {word: node(word) for words in links for word in words.split(" -> ") if not word.startswith("[")}
    contracts = {ref: SimpleNamespace(schema=schema, digest=f"sha256:{ref}") for ref, schema in SCHEMAS.items()}
    return SimpleNamespace(nodes=nodes, links=[link(words) for words in links], contracts=contracts)


def found(ports: dict[str, str | None], links: list[str]) -> list[Any]:
    return list(unproven(graph_of(ports, links), Engine()))


def test_a_link_into_a_narrower_contract_is_shown_with_a_payload():
    (finding,) = found({"a.out": "alarm@2.0", "b.in": "alarm@1.0"}, ["a -> b"])
    assert (finding.code, finding.severity) == ("K523", Severity.ERROR)
    assert finding.message == (
        '`a.out` -> `b.in` may break: `alarm@2.0` is read as `alarm@1.0`, and `{"level": 0.5}` would be refused'
    )
    assert finding.evidence["witness"] == '{"level": 0.5}'


@pytest.mark.parametrize(
    ("written", "read"),
    [("alarm@1.0", "alarm@2.0"), ("alarm@1.0", "alarm@1.1"), ("alarm@1.1", "alarm@1.0"), (None, "alarm@1.0"), ("alarm@1.0", None), ("gone@1.0", "alarm@1.0")],
)  # fmt: skip  # pairs read better beside each other
def test_a_link_that_is_proved_or_about_which_nothing_is_promised_is_not_told(written, read):
    assert found({"a.out": written, "b.in": read}, ["a -> b"]) == []


def test_every_writer_of_a_channel_meets_every_reader_of_it():
    links = ["a -> [events]", "b -> [events]", "[events] -> c", "[events] -> d"]
    ports = {"a.out": "alarm@2.0", "b.out": "alarm@1.0", "c.in": "alarm@1.0", "d.in": "alarm@2.0"}
    met = [(each.writer, each.reader, each.channel) for each in meetings(graph_of(ports, links))]
    assert met == [("a.out", "c.in", "events"), ("b.out", "d.in", "events")]
    (finding,) = found(ports, links)
    assert finding.message.startswith("`a.out` -> `c.in` through `events` may break")


def test_what_cannot_be_decided_is_a_warning_that_says_why():
    (finding,) = found({"a.out": "riddle@1.0", "b.in": "answer@1.0"}, ["a -> b"])
    assert (finding.code, finding.severity) == ("K524", Severity.WARNING)
    assert "(unsupported" in finding.message


def test_one_pair_of_contracts_is_asked_about_once_and_equal_ones_never():
    engine = Engine()
    links = [f"a{n} -> b{n}" for n in range(5)]
    ports = {
        f"{side}{n}.{port}": ref
        for n in range(5)
        for side, port, ref in (("a", "out", "alarm@2.0"), ("b", "in", "alarm@1.0"))
    }
    assert len(list(unproven(graph_of(ports, links), engine))) == 5
    assert engine.questions == 1
    assert list(unproven(graph_of({"a.out": "alarm@1.0", "b.in": "alarm@1.0"}, ["a -> b"]), engine)) == []
    assert engine.questions == 1


@pytest.mark.skipif(shutil.which("ps") is None, reason="there is no ps to count processes with")
def test_no_process_is_left_behind_when_the_core_has_its_answer():
    (check,) = penstock_contracts.penstock_graph_checks()
    before = children()
    (finding,) = check(graph_of({"a.out": "alarm@2.0", "b.in": "alarm@1.0"}, ["a -> b"]))
    assert finding.code == "K523"
    assert children() <= before


def children() -> set[str]:
    """The processes that this one has begun and that still run; `ps` sees itself, which is none of them."""
    listed = subprocess.run(["ps", "-A", "-o", "ppid=,pid=,stat=,comm="], capture_output=True, text=True, check=True)
    rows = [line.split(maxsplit=3) for line in listed.stdout.splitlines()]
    mine = str(os.getpid())
    return {pid for parent, pid, stat, name in rows if parent == mine and not stat.startswith("Z") and name != "ps"}
