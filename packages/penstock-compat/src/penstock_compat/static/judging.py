"""Judge a cell without running it: what the metadata declares, then what the sources use of the core.

Takes:   a cell, where the pack's and the core's sources lie.
Gives:   `Static`.
Ignores: which versions could be installed together (`resolving` asks a resolver), and running (`run`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from penstock_compat.facts import Cell
from penstock_compat.static.declared import declared, names_of
from penstock_compat.static.metadata import Metadata, metadata_of
from penstock_compat.static.signatures import available
from penstock_compat.static.surface import Surface
from penstock_compat.static.target import Target, target
from penstock_compat.static.tree import Tree, open_tree
from penstock_compat.static.uses import Reading, read_uses
from penstock_compat.static.verdict import Reason, Static, Verdict, When, of


def judge(
    cell: Cell, pack_path: str | Path, core_source: str | Path | None = None, *, core: str = "penstock"
) -> Static:
    """What the sources say of a cell. `core` is the distribution that the cell's core axis is about.

    Where the cell has a core and its sources are at hand, `ok` means that every use of its surface that can be seen fits.
    Raises `UnreadablePack` when a path is nothing that has sources.
    """
    where = target(cell.python, cell.os, cell.arch)
    tree, said = _opened(Path(pack_path))
    reasons = declared(said, where, core, cell.core)
    if any(each.verdict is Verdict.BROKEN for each in reasons):
        return of(reasons)
    if core_source is None:
        missing = Reason("C422", "the core's sources are not at hand", Verdict.UNKNOWN, When.IMPORT)
        reading = read_uses(tree, surface_of(Path(pack_path), where, empty=True), where, roots_of(tree, said))
        return of((*reasons, *reading.reasons, *((missing,) if cell.core else ())), reading.uses)
    reading = uses_of(tree, said, surface_of(Path(core_source), where), where)
    return of((*reasons, *reading.reasons), reading.uses)


def uses_of(tree: Tree, said: Metadata, surface: Surface, where: Target) -> Reading:
    """What the pack's sources use of a core's surface, and whether it is there."""
    reading = read_uses(tree, surface, where, roots_of(tree, said), names_of(said, where) if said.complete else None)
    doubts: tuple[Reason, ...] = ()
    if not available():
        text = "griffe is not installed, so nobody looked how functions of the core are called"
        doubts = (Reason("C422", text, Verdict.UNKNOWN, When.CALL),)
    if tree.native:
        text = f"`{min(tree.native)}` is native code, which cannot be read"
        doubts += (Reason("C420", text, Verdict.UNKNOWN, When.IMPORT),)
    return Reading((*reading.reasons, *doubts), reading.uses)


def roots_of(tree: Tree, said: Metadata) -> tuple[str, ...]:
    """The modules that an import of the pack begins with: its top-level names, and what its entry points name."""
    entries = [each for each in said.entries if tree.has(each)]
    return tuple(dict.fromkeys((*tree.top, *entries)))


def said_of(path: str | Path) -> tuple[str, str]:
    """Name and version of the distribution whose sources lie at the path."""
    said = _opened(Path(path))[1]
    return said.name, said.version


@lru_cache(maxsize=64)
def surface_of(path: Path, where: Target, *, empty: bool = False) -> Surface:
    """The surface of the core whose sources lie at the path; what was read is kept."""
    tree, said = _opened(path)
    if empty:
        return Surface(Tree(_Nothing(), "nothing"), where)
    return Surface(tree, where, names_of(said, where))


@lru_cache(maxsize=256)
def _opened(path: Path) -> tuple[Tree, Metadata]:
    tree = open_tree(path)
    return tree, metadata_of(tree)


class _Nothing:
    """The files of a core that nobody has."""

    def names(self) -> Iterator[str]:
        """No file at all."""
        return iter(())

    def read(self, name: str) -> bytes:
        """Nothing to read."""
        raise OSError(name)
