"""`import penstock` is a table of contents: complete, and as good as free."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import penstock


@pytest.mark.parametrize("name", penstock.__all__)
def test_every_name_in_the_table_is_there(name):
    assert getattr(penstock, name) is not None
    assert name in dir(penstock)


def test_type_checkers_read_the_same_table():
    tree = ast.parse(Path(penstock.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    read = {(line.module, alias.name) for line in block.body for alias in line.names}
    assert {name for _, name in read} == set(penstock.__all__) - {"__version__"}
    for module, name in read:
        assert module == f"penstock.{penstock._HOMES[name]}"


def test_what_is_not_in_it_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        penstock.nonsense  # noqa: B018 - looking is the test


def test_importing_it_imports_nothing_else():
    code = "import sys; before = set(sys.modules); import penstock; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"penstock", "penstock._version"}
