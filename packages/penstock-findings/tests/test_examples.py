"""The examples in docstrings and in the README run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import penstock_findings

MODULES = [
    module.name
    for module in pkgutil.walk_packages(penstock_findings.__path__, "penstock_findings.")
    if not module.name.startswith("penstock_findings.codes")
]
README = Path(__file__).parents[1] / "README.md"


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_example_in_the_readme_finds_the_mistake(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    (tmp_path / "flow.yaml").write_text("links:\n  - {from: dedupe, to: uot}\n")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 1
    assert done.stdout == (
        "flow.yaml:2:24: error X101: there is no node `uot`\n"
        "    2 |   - {from: dedupe, to: uot}\n"
        "      |                        ^^^\n"
        "  hint: write `out`\n"
        "1 error\n"
    )
