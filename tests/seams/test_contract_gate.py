"""What the core writes is what the contract gate reads: manifests, graph files, digests; and the gate is found by the core."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock._plugins.discovery import discover
from penstock.graph.load import load_graph
from penstock.manifest.canonical import digest_of
from penstock.manifest.lock import check
from penstock_contracts import instances
from penstock_contracts.contract import Source
from penstock_contracts.exact import digest_of as digest_for_the_gate
from penstock_contracts.exact import exactly
from penstock_contracts.subjects import graph, manifest
from penstock_contracts.subjects.graph import read_links
from penstock_contracts.subjects.manifest import read_pack
from penstock_contracts.subjects.shape import misfits
from penstock_contracts.subjects.trees import Folder

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = sorted(ROOT.glob("packages/*/src/*/penstock-pack.json")) + sorted(
    ROOT.glob("examples/*/pack/src/*/penstock-pack.json")
)
GRAPHS = sorted(ROOT.glob("examples/*/*.graph.yaml")) + sorted(ROOT.glob("tests/corpus/good-graphs/*.graph.yaml"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MANIFESTS, ids=name_of)
def test_a_manifest_that_the_core_writes_is_one_that_the_gate_reads(path):
    pack = read_pack(Folder(str(path.parent)), path.name)
    said = json.loads(path.read_text("utf-8"))
    assert (pack.name, pack.version) == (said["pack"], said["version"])
    assert set(pack.nodes) == {node["id"] for node in said.get("nodes", [])}
    assert set(pack.policies) == {policy["id"] for policy in said.get("policies", [])}
    assert {contract.version for contract in pack.contracts.values()} == {
        c["version"] for c in said.get("contracts", [])
    }


def test_there_are_manifests_with_everything_that_the_gate_looks_at():
    said = [json.loads(path.read_text("utf-8")) for path in MANIFESTS]
    for part in ("nodes", "contracts", "commands", "hooks"):
        assert any(manifest.get(part) for manifest in said), part


def test_both_sides_give_a_schema_the_same_digest():
    contracts = [one for path in MANIFESTS for one in json.loads(path.read_text("utf-8")).get("contracts", [])]
    assert contracts
    for contract in contracts:
        assert digest_for_the_gate(exactly(contract["schema"])) == contract["digest"] == digest_of(contract["schema"])


@pytest.mark.parametrize("path", GRAPHS, ids=name_of)
def test_a_graph_that_the_core_accepts_is_one_that_the_gate_reads(path):
    packs = [read_pack(Folder(str(manifest.parent)), manifest.name) for manifest in MANIFESTS]
    _, _, source = read_links(Folder(str(path.parent)), path.name, packs)
    assert source.data == path.read_bytes()


def test_the_gate_sees_as_many_links_of_a_graph_as_the_core():
    path = ROOT / "examples/site-safety/site-safety.graph.yaml"
    graph = load_graph(str(path), discover(), environment=os.environ).graph
    assert graph is not None
    assert {link.from_node or link.from_channel for link in graph.links} == {"detections", "zone", "cooldown", "events"}
    packs = [read_pack(Folder(str(manifest.parent)), manifest.name) for manifest in MANIFESTS]
    _, findings, _ = read_links(Folder(str(path.parent)), path.name, packs)
    assert [finding for finding in findings if finding.code == "K522"] == []


SCHEMA_OF = {
    "manifests": ("packages/penstock/src/penstock/manifest/penstock-pack.schema.json", manifest.SHAPE),
    "graphs": ("packages/penstock/src/penstock/graph/graph.schema.json", graph.SHAPE),
}


@pytest.mark.parametrize(("schema", "shape"), SCHEMA_OF.values(), ids=SCHEMA_OF)
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_whatever_the_schema_of_the_core_allows_has_the_shape_that_the_gate_reads(schema, shape, data):
    written = data.draw(instances(json.loads((ROOT / schema).read_text("utf-8"))))
    assert list(misfits(written, shape, Source("file", json.dumps(written).encode()))) == []


# -- the core finds the gate ------------------------------------------------------------------------------------


def run(*words: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100", **more}
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_command_of_the_core_is_that_of_the_gate(tmp_path):
    alone, below = (
        run("penstock_contracts", "--help", cwd=tmp_path),
        run("penstock", "contracts", "--help", cwd=tmp_path),
    )
    assert (alone.returncode, below.returncode) == (0, 0)
    assert "Prove that payload contracts stay compatible" in run("penstock", "--help", cwd=tmp_path).stdout
    assert (
        set(commands_in(alone.stdout))
        == set(commands_in(below.stdout))
        >= {"diff", "check", "bump", "witness", "compatible"}
    )


def commands_in(page: str) -> list[str]:
    return [line.split()[0] for line in page.splitlines() if line.startswith("  ") and line[2:3].isalpha()]


def test_the_manifest_of_the_gate_is_what_its_code_makes():
    assert list(check(str(ROOT / "packages/penstock-contracts")).findings) == []
