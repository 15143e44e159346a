"""{{ cookiecutter.id }}: what it does, and the promises that the runtime relies on."""

import json
from pathlib import Path

from penstock.testing import run_node
from penstock_testkit import node_suite

from {{ cookiecutter.package }}.nodes.{{ cookiecutter.module }} import {{ cookiecutter.cls }}


def written(folder: Path) -> list[str]:
    return [f"{path.name} {path.read_text()}" for path in sorted((folder / "out").glob("*.json"))]


Test{{ cookiecutter.cls }} = node_suite(
    {{ cookiecutter.cls }},
    config=lambda folder: {"folder": str(folder / "out")},
    records=[{"n": 1}, {"n": 2}, {}],
    effects=written,
)


def test_each_record_is_a_file(tmp_path: Path) -> None:
    run_node({{ cookiecutter.cls }}(folder=str(tmp_path)), [{"n": 1}, {"n": 2}])
    assert sorted(json.loads(path.read_text())["n"] for path in tmp_path.iterdir()) == [1, 2]
