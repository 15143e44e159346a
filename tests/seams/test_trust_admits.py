"""The core asks about every pack before it imports it, and the trust tools answer, offline, and write it down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCENES = Path(__file__).parents[2] / "packages/penstock-trust/tests/scenes"
sys.path.insert(0, str(SCENES))

from scene import Scene  # noqa: E402 - after the path

NODES = '"""Nodes."""\n\nfrom penstock.sdk import node\n\n\n@node("double")\nclass Double:\n    """Double it."""\n\n    def process(self, record, ctx):\n        return record\n'
PROGRAM = """\
import json, sys
sys.path.insert(0, sys.argv[1])
from penstock._plugins.discovery import discover
from penstock._plugins.host import read_host
from penstock_findings.errors import PenstockError

catalog = discover([sys.argv[1]], host=read_host())
try:
    catalog.load_node("double")
except PenstockError as error:
    print(json.dumps({"refused": error.findings[0].code, "why": error.findings[0].message}))
else:
    module = sys.modules["acme_flow.nodes"]
    print(json.dumps({"loaded_by": type(module.__spec__.loader).__name__, "heavy": sorted({"sigstore", "pydantic", "requests"} & set(sys.modules))}))
"""


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A machine whose owner wants to be asked, with one accepted pack."""
    made = Scene(tmp_path)
    node = {
        "id": "double", "role": "transform", "effect": "none", "import_path": "acme_flow.nodes:Double",
        "config": {"type": "object"}, "inputs": [{"name": "in"}], "outputs": [{"name": "out"}],
    }  # fmt: skip  # as manifests have it
    manifest = {"format": 1, "pack": "acme-flow", "version": "1.0", "sdk": 1, "nodes": [node]}
    modules = {
        "acme_flow/__init__.py": "",
        "acme_flow/nodes.py": NODES,
        "acme_flow/penstock-pack.json": json.dumps(manifest),
    }
    made.install("acme-flow", "1.0", modules)
    with (tmp_path / "trust.toml").open("a") as file:
        file.write('audit = "trust.jsonl"\n')
    (tmp_path / "penstock.toml").write_text('[admission]\nproviders = ["penstock_trust.admission"]\n')
    return made


def asked(scene: Scene, **more: str) -> Any:
    """What comes of asking the core for a node of the pack, in a process of its own."""
    places = {"PENSTOCK_CONFIG": "penstock.toml", "PENSTOCK_TRUST": "trust.toml"}
    environment = {**os.environ, **{name: str(scene.folder / file) for name, file in places.items()}, **more}
    words = [sys.executable, "-c", PROGRAM, str(scene.packages)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def decisions(scene: Scene) -> list[dict[str, Any]]:
    """What was written down about packs."""
    lines = [json.loads(line) for line in (scene.folder / "trust.jsonl").read_text().splitlines()]
    return [line["facts"] for line in lines if line["action"] == "admit"]


def test_an_accepted_pack_is_imported_through_the_finder_and_written_down(scene: Scene):
    assert asked(scene) == {"loaded_by": "ModuleLoader", "heavy": []}
    (decision,) = decisions(scene)
    assert (decision["pack"], decision["allowed"], decision["mode"]) == ("acme-flow", True, "verified")


def test_a_modified_pack_is_refused_by_the_core_with_the_file_in_the_message(scene: Scene):
    nodes = scene.packages / "acme_flow/nodes.py"
    nodes.write_text(nodes.read_text() + "\n")
    told = asked(scene)
    assert told["refused"] == "P201"
    assert "T411: `acme_flow/nodes.py` of `acme-flow` is not what was accepted" in told["why"]
    (decision,) = decisions(scene)
    assert (decision["allowed"], decision["codes"]) == (False, ["T411"])


def test_a_pack_that_nobody_accepted_is_refused(scene: Scene):
    scene.store.forget("acme-flow")
    assert "T401" in asked(scene)["why"]


def test_a_decision_that_cannot_be_written_down_is_no(scene: Scene):
    (scene.folder / "trust.jsonl").mkdir()
    assert "T501" in asked(scene)["why"]


@pytest.mark.parametrize(("file", "code"), [("policy.toml", "T300"), ("trust.toml", "T431")])
def test_without_its_files_the_provider_says_no(scene: Scene, file: str, code: str):
    (scene.folder / file).unlink()
    told = asked(scene)
    assert told["refused"] == "P201"
    assert code in told["why"]


def test_the_core_can_explain_what_the_provider_says():
    words = [sys.executable, "-m", "penstock", "explain", "T411"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "T411" in done.stdout
