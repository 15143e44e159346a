"""A graph whose packs disagree about a payload: the core asks the gate, which shows the payload before anything runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from penstock.manifest.canonical import digest_of


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


def alarms(version: str, level: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"level": {"type": level}}, "required": ["level"]}
    return {"name": "site/alarm", "version": version, "schema": schema, "digest": digest_of(schema)}


@pytest.fixture
def disagreeing(tmp_path: Path) -> Path:
    """A site with two packs: one writes alarms of version 2, the other one reads those of version 1; and a graph."""
    old, new = alarms("1.0", "integer"), alarms("2.0", "number")
    for name, role, side, contract in (("horn", "source", "outputs", new), ("desk", "sink", "inputs", old)):
        port = {"name": "out" if side == "outputs" else "in", "contract": f"site/alarm@{contract['version']}"}
        node = {
            "id": name, "role": role, "effect": "none", "import_path": f"{name}:Node", "config": {"type": "object"},
            "inputs": [], "outputs": [], side: [port],
        }  # fmt: skip  # as manifests have it
        manifest = {"format": 1, "pack": name, "version": "1.0", "sdk": 1, "nodes": [node], "contracts": [contract]}
        package, info = tmp_path / "site" / name, tmp_path / "site" / f"{name}-1.0.dist-info"
        package.mkdir(parents=True)
        info.mkdir()
        (package / "__init__.py").write_text('raise RuntimeError("nobody may import this")\n')
        (package / "penstock-pack.json").write_text(json.dumps(manifest))
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[penstock]\n{name} = {name}\n")
    graph = "format: 1\nname: alarms\npacks: {horn: '>=1', desk: '>=1'}\nnodes:\n  horn: {type: horn}\n  desk: {type: desk}\n"
    (tmp_path / "alarms.graph.yaml").write_text(graph + "links:\n  - {from: horn, to: desk}\n")
    return tmp_path


def test_the_core_shows_the_payload_that_breaks_a_link_when_packs_are_asked(disagreeing):
    site = {"PYTHONPATH": str(disagreeing / "site")}
    done = run("penstock", "check", "alarms.graph.yaml", "--pack-checks", cwd=disagreeing, **site)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "error K523: `horn.out` -> `desk.in` may break" in done.stdout
    assert '`{"level": 0.5}` would be refused' in done.stdout
    assert "K523" not in run("penstock", "check", "alarms.graph.yaml", cwd=disagreeing, **site).stdout


def test_a_run_does_not_begin_when_a_link_is_known_to_break(disagreeing):
    site = {"PYTHONPATH": str(disagreeing / "site")}
    done = run("penstock", "run", "alarms.graph.yaml", "--store", "memory", cwd=disagreeing, **site)
    assert done.returncode == 1
    assert "K523" in done.stderr
    assert "nobody may import this" not in done.stderr
