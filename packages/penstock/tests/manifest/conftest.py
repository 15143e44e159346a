"""A working tree of a pack, to be locked and changed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CODE = '''
"""A pack."""
from dataclasses import dataclass
from enum import Enum
from typing import Literal

import msgspec
from penstock import Contract, In, Out, Portability, node


class Mode(Enum):
    """How."""
    FAST = "fast"
    SLOW = "slow"


@dataclass
class Detection:
    """What a camera saw."""
    camera: str
    score: float = 0.5


class Place(msgspec.Struct, frozen=True):
    name: str
    marks: frozenset[str]


class Alarm(msgspec.Struct):
    text: str
    tags: frozenset[str] = frozenset({"d", "b", "a", "c"})
    best: Place | None = Place("x", frozenset({"d", "b", "a", "c"}))


@node("zone", capabilities=["network", "filesystem"])
class Zone:
    """Keep what is in the zone.

    Ports: seen -> alarms, frames.
    """
    seen: In[Detection]
    alarms: Out[Alarm]
    frames: Out[object] = Out(portability=Portability.LOCAL)
    numbers: Out[list[int]]
    width: float
    modes: set[Mode] = frozenset({Mode.SLOW, Mode.FAST})
    words: frozenset[str] = frozenset({"b", "a", "c", "d"})
    level: Literal["low", "high", "odd"] = "low"

    def process(self, record, ctx):
        return record


@node("blur", stateful=True)
class Blur:
    """Blur what is seen."""
    seen: In[Detection] = In(contract=Contract("detection", "2.0", file="detection.schema.json"))

    def process(self, record, ctx):
        return record


def penstock_nodes():
    return [Zone, Blur]


def penstock_run_observers(graph):
    return []
'''
SCHEMA = '{"type": "object", "required": ["camera"], "properties": {"camera": {"type": "string"}}}\n'
PROJECT = """
[project]
name = "Acme.Vision"
version = "1.2.0"

[project.entry-points.penstock]
vision = "acme_vision"
"""


class Tree:
    """A project with one pack, imported afresh for each question."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.package = folder / "src" / "acme_vision"
        self.package.mkdir(parents=True)
        self.manifest = self.package / "penstock-pack.json"
        (self.package / "detection.schema.json").write_text(SCHEMA)
        self.project(PROJECT)
        self.code(CODE)

    def project(self, text: str) -> None:
        (self.folder / "pyproject.toml").write_text(text)

    def code(self, text: str) -> None:
        (self.package / "__init__.py").write_text(text)

    def edit(self, before: str, after: str) -> None:
        text = (self.package / "__init__.py").read_text()
        assert before in text
        self.code(text.replace(before, after))

    def lock(self) -> Any:
        from penstock.manifest.lock import lock

        self.forget()
        return lock(str(self.folder))

    def check(self) -> Any:
        from penstock.manifest.lock import check

        self.forget()
        return check(str(self.folder))

    def forget(self) -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] == "acme_vision"]:
            del sys.modules[name]


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    made = Tree(tmp_path / "tree")
    yield made
    made.forget()
