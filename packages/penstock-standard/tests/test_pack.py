"""The pack as others see it: its manifest is what the code makes, and every node and policy says what an operator asks at night."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import penstock_standard
from penstock import spec_of
from penstock.manifest.lock import check

PACKAGE = Path(__file__).parents[1]
NODES = {spec_of(cls).id: cls for cls in penstock_standard.penstock_nodes()}
POLICIES = {cls.__penstock_policy__.id: cls for cls in penstock_standard.penstock_policies()}


def test_the_manifest_is_what_the_code_makes():
    assert list(check(str(PACKAGE)).findings) == []


@pytest.mark.parametrize("id", NODES)
def test_each_node_says_what_is_asked_at_night(id):
    doc = spec_of(NODES[id]).doc
    first, _, rest = doc.partition("\n\n")
    assert first.endswith(".")
    assert "\n" not in first
    assert [word for word in ("Ports:", "Effects:", "Errors:") if word not in rest] == []
    assert ("State:" in rest) or ("Position:" in rest)


@pytest.mark.parametrize("id", NODES)
def test_each_node_has_a_file_of_its_name_and_is_offered(id):
    cls = NODES[id]
    assert cls.__module__ == f"penstock_standard.nodes.{id.replace('-', '_')}"
    assert getattr(penstock_standard, cls.__name__) is cls


def test_every_file_of_a_node_is_offered():
    files = {path.stem for path in (PACKAGE / "src/penstock_standard/nodes").glob("[a-z]*.py")}
    assert files == {id.replace("-", "_") for id in NODES}


@pytest.mark.parametrize("id", POLICIES)
def test_each_policy_says_when_it_is_asked_and_whose_semantics_it_has(id):
    spec = POLICIES[id].__penstock_policy__
    first, _, rest = spec.doc.partition("\n\n")
    assert first.endswith(".")
    assert [word for word in ("Decides:", "Source:", "Notes:") if word not in rest] == []
    decides = rest.partition("Decides:")[2].partition(".")[0]
    assert [point for point in spec.points if point not in decides] == []


@pytest.mark.parametrize("id", POLICIES)
def test_each_policy_has_a_file_of_its_name_and_is_offered(id):
    cls = POLICIES[id]
    assert cls.__module__ == f"penstock_standard.policies.{id.replace('-', '_')}"
    assert getattr(penstock_standard, cls.__name__) is cls


def test_every_file_of_a_policy_is_offered():
    files = {path.stem for path in (PACKAGE / "src/penstock_standard/policies").glob("[a-z]*.py")}
    assert files == {id.replace("-", "_") for id in POLICIES}


def test_importing_the_pack_imports_no_node_and_no_policy():
    code = "import sys, penstock_standard; print([m for m in sys.modules if m.startswith(('penstock_standard.', 'msgspec'))])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
