"""Packs that are made by hand, and the engines that run them without any index."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from penstock_compat.facts import Cell, DependencySet, Plan, Recipe
from penstock_compat.run.interpreters import find_pythons, this_platform
from penstock_compat.run.ledger import Ledger
from penstock_compat.run.pip import PipEngine
from penstock_compat.run.store import Store
from penstock_compat.run.surroundings import for_tools
from penstock_compat.run.tools import write_wheel
from penstock_compat.run.uv import UvEngine, find_uv

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
GOOD = "import unittest\n\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertTrue(True)\n"


class Place:
    """A folder with packs, and a plan for them; everything comes from wheels in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wheels = folder / "wheels"
        self.wheels.mkdir()
        self.recipes: dict[str, Recipe] = {}
        self.sets = {"newest": DependencySet("newest")}

    def pack(self, name, code="", *, requires=(), version="1.0", command=None, **more):
        """A pack of one module, whose test is a program: `command`, by default an import."""
        module = name.replace("-", "_")
        home = self.folder / f"{name}-{version}"
        home.mkdir(exist_ok=True)
        path = write_wheel(name, version, requires, {f"{module}.py": code}, str(home))
        command = command or ("python", "-c", f"import {module}")
        self.recipes[name] = Recipe(path, command=tuple(command), **more)
        return path

    def dependency(self, name, version, code="", requires=()):
        """A wheel that others may need."""
        module = name.replace("-", "_")
        return write_wheel(name, version, requires, {f"{module}.py": code}, str(self.wheels))

    def plan(self, *, pythons=(HERE,), core="", cores=("",), **more):
        """Every pack on every Python, with every dependency set."""
        cells = [
            Cell(name, "1.0", version, *this_platform(), python, deps)
            for name in self.recipes
            for version in cores
            for python in pythons
            for deps in self.sets
        ]
        wheels = (str(self.wheels),) if any(self.wheels.iterdir()) else ()
        return Plan(
            cells=tuple(cells),
            recipes=self.recipes,
            sets=self.sets,
            pythons=find_pythons(pythons),
            wheels=wheels,
            offline=True,
            core=core,
            **more,
        )


@pytest.fixture
def place(tmp_path):
    (tmp_path / "packs").mkdir()
    return Place(tmp_path / "packs")


@pytest.fixture
def state(tmp_path):
    return str(tmp_path / "state")


@pytest.fixture
def ledger(state):
    return Ledger(f"{state}/ledger")


def engine_named(name, folder):
    env = for_tools({"PATH": "/usr/bin:/bin", "HOME": folder})
    if name == "pip":
        return PipEngine(env)
    program = find_uv()
    if not program:
        pytest.skip("uv is not installed here")
    return UvEngine(program, Store(f"{folder}/trees"), env)


@pytest.fixture
def uv(state):
    return engine_named("uv", state)


@pytest.fixture(params=["uv", "pip"])
def engine(request, state):
    return engine_named(request.param, state)
