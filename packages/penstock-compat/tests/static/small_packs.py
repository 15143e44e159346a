"""Write small packs and cores as folders of installed files, and judge them."""

from __future__ import annotations

from pathlib import Path

from penstock_compat.facts import Cell
from penstock_compat.static import Static, judge


def installed(folder: Path, name: str, files: dict[str, str], metadata: str = "", version: str = "1.0") -> Path:
    """A folder with modules and the metadata of one distribution."""
    home = folder / f"{name}-{version}.dist-info"
    for path, text in {**files, f"{home.name}/METADATA": f"Name: {name}\nVersion: {version}\n{metadata}"}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


CORE = {
    "core/__init__.py": '''
from core.shapes import Shape, shape
from core import later
VERSION = "1"
def plain(name, *, width=1): return name
def anything(*args, **more): return args
if VERSION == "2":
    only_sometimes = 1
try:
    import json as fast
except ImportError:
    fast = None
''',
    "core/shapes.py": '''
from typing import Generic, TypeVar
T = TypeVar("T")
class Base:
    def __init__(self, name: str): self.name = name
    def draw(self, scale): return self.name
    @staticmethod
    def make(a, b): return Base(a)
class Shape(Base):
    sides = 3
class Box(Generic[T]): pass
class Open:
    def __getattr__(self, name): return name
def shape(name): return Shape(name)
def _wrapped(f): return f
@_wrapped
def decorated(a): return a
''',
    "core/later.py": "THERE = 1\n",
    "core/unloaded.py": "THERE = 1\n",
    "core/dynamic.py": "globals().update(a=1)\n",
    "core/extra.py": "import rarely_installed\nTHING = 1\n",
}  # fmt: skip


def judged(folder: Path, code: str, *, core: dict[str, str] | None = None, python: str = "3.11", **more: str) -> Static:
    """The verdict on a pack of one module."""
    pack = installed(folder / "pack", "pack", {"pack/__init__.py": code, **more}, "Requires-Dist: core\n")
    host = installed(folder / "host", "core", CORE if core is None else core)
    return judge(Cell("pack", "1.0", "1.0", "linux", "x86_64", python, "newest"), pack, host, core="core")
