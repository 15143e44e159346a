"""The pack as a whole: its manifest, and the graphs that it shows."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GRAPHS = sorted((ROOT / "examples").glob("*.graph.yaml"))


def penstock(*words: str) -> str:
    ran = subprocess.run([sys.executable, "-m", "penstock", *words], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_pack_is_what_it_says() -> None:
    penstock("pack", "check", "--no-kit")


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda path: path.name)
def test_an_example_runs(graph: Path, tmp_path: Path) -> None:
    penstock("check", str(graph))
    penstock("run", str(graph), "--store", str(tmp_path), "--until-idle")
