"""Choose the cells of a matrix: all of them or a covering array, without what is excluded, within a budget.

Takes:   packs and axes, as read; how long cells took before, where somebody knows.
Gives:   `plan`; `covering`: few cells in which every pair of values meets; `github`: the matrix of a CI job.
Ignores: whether a cell can work; `run` asks that first.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import combinations, product
from typing import Any

from penstock_compat.axes import Axes, HowTested
from penstock_compat.errors import CannotRead
from penstock_compat.facts import Cell, DependencySet, Excluded, Plan, Recipe, Reuse
from penstock_compat.packs import Pack, normal

GUESS = 10.0  # seconds that a cell takes, where nobody knows
_PAIRED = ("core", "os", "python", "deps")  # arch goes with os: they are one platform
_RUNNERS = {
    ("linux", "x86_64"): "ubuntu-latest",
    ("linux", "aarch64"): "ubuntu-24.04-arm",
    ("darwin", "arm64"): "macos-latest",
    ("darwin", "x86_64"): "macos-15-intel",
    ("windows", "amd64"): "windows-latest",
}


def plan(
    packs: Sequence[Pack],
    axes: Axes,
    *,
    platform: tuple[str, str],
    pythons: Mapping[str, str] | None = None,
    seconds: Mapping[str, float] | None = None,
) -> Plan:
    """The cells of the packs on these axes; `platform` is this machine's, `seconds` cell id -> what it took last."""
    _refuse_twins(packs)
    everything = [cell for pack in packs for cell in _cells(pack, axes, platform)]
    excluded: list[Excluded] = []
    kept: list[Cell] = []
    for cell in everything:
        reason = _why_not(cell, axes, packs)
        if reason:
            excluded.append(Excluded(cell, reason))
        else:
            kept.append(cell)
    if axes.mode == "pairwise":
        chosen = {cell for pack in packs for cell in covering([one for one in kept if one.pack == pack.name])}
        excluded += [
            Excluded(cell, "pairwise: each pair of its values meets elsewhere") for cell in kept if cell not in chosen
        ]
        kept = [cell for cell in kept if cell in chosen]
    if axes.budget:
        kept, over = _within(kept, axes.budget * 60, seconds or {})
        excluded += [Excluded(cell, f"the budget of {axes.budget:g} min is spent") for cell in over]
    found = dict(pythons or {})
    return Plan(
        cells=tuple(kept),
        excluded=tuple(sorted(excluded, key=lambda one: one.cell)),
        recipes={pack.name: _recipe(pack, axes) for pack in packs},
        sets={name: _set(name, axes, packs) for name in axes.deps},
        pythons={name: found[name] for name in axes.pythons if name in found},
        wheels=axes.wheels,
        core=axes.core,
        controls={name: normal(one.control) for name, one in axes.packs.items() if one.control},
        offline=axes.offline,
        sdists=axes.sdists,
        budget=axes.budget,
        reuse=_reuse(kept),
    )


def covering(cells: Sequence[Cell]) -> list[Cell]:
    """Few of the cells, in their order, in which every pair of values of two axes meets that meets in any of them."""
    ordered = list(cells)
    pairs = {cell: _pairs(cell) for cell in ordered}
    waiting = {pair for found in pairs.values() for pair in found}
    chosen: set[Cell] = set()
    while waiting:
        best = max(ordered, key=lambda cell: len(pairs[cell] & waiting))  # the first of equals
        chosen.add(best)
        waiting -= pairs[best]
    return [cell for cell in ordered if cell in chosen]


def github(plan: Plan) -> dict[str, Any]:
    """The `matrix` of a CI job: one job for each platform and Python."""
    jobs: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in plan.cells:
        jobs.setdefault((cell.os, cell.arch, cell.python), []).append(cell)
    rows = [
        {
            "runner": _RUNNERS.get((os_, arch), "ubuntu-latest"),
            "os": os_,
            "arch": arch,
            "python": python,
            "cells": len(cells),
            "name": f"{os_}-{arch}-py{python}",
        }
        for (os_, arch, python), cells in jobs.items()
    ]
    return {"include": rows}


def _pairs(cell: Cell) -> set[tuple[str, str, str, str]]:
    values = [(name, getattr(cell, name) if name != "os" else f"{cell.os}/{cell.arch}") for name in _PAIRED]
    return {(*one, *other) for one, other in combinations(values, 2)}


def _cells(pack: Pack, axes: Axes, platform: tuple[str, str]) -> Iterable[Cell]:
    for core, (os_, arch), python, deps in product(axes.cores, axes.platforms or (platform,), axes.pythons, axes.deps):
        yield Cell(pack.name, pack.version, core, os_, arch, python, deps)


def _why_not(cell: Cell, axes: Axes, packs: Sequence[Pack]) -> str:
    for one in axes.exclusions:
        if all(fnmatchcase(_value(cell, name), wanted) for name, wanted in one.where.items()):
            return one.reason
    if cell.deps == "locked" and not any(pack.name == cell.pack and pack.lock for pack in packs):
        return "the pack has no lock file"
    return ""


def _value(cell: Cell, name: str) -> str:
    value: str = getattr(cell, name)
    return value


def _within(cells: Sequence[Cell], seconds: float, known: Mapping[str, float]) -> tuple[list[Cell], list[Cell]]:
    """First the cells that show most that is new, until the time is spent; both lists in the order of the plan."""
    first = set(covering(cells))
    by_worth = sorted(cells, key=lambda cell: (cell not in first, cells.index(cell)))
    kept: set[Cell] = set()
    spent = 0.0
    for cell in by_worth:
        cost = known.get(cell.id, GUESS)
        if spent + cost <= seconds:
            spent += cost
            kept.add(cell)
    return [cell for cell in cells if cell in kept], [cell for cell in cells if cell not in kept]


def _recipe(pack: Pack, axes: Axes) -> Recipe:
    own, shared = axes.packs.get(pack.name, HowTested()), axes.testing

    def said(name: str, default: Any) -> Any:
        for one in (own, shared):
            if getattr(one, name) not in (None, "", ()):
                return getattr(one, name)
        return default

    requires = own.requires if own.requires is not None else shared.requires
    extras = own.extras if own.extras is not None else shared.extras
    if requires is None:
        requires = pack.test_requires
    if extras is None:
        extras = (pack.test_extra,) if pack.test_extra else ()
    command = tuple(said("command", ("python", "-m", "pytest")))
    if "pytest" in command and not any(normal(_name_in(line)) == "pytest" for line in requires):
        requires = (*requires, "pytest")
    return Recipe(
        source=pack.source,
        requires=tuple(requires),
        extras=tuple(extras),
        command=command,
        timeout=float(said("timeout", 600.0)),
        output=int(said("output", 16 * 2**20)),
        entry=said("entry", ""),
        keep=said("keep", ()),
        requires_python=pack.requires_python,
    )


def _name_in(line: str) -> str:
    import re

    found = re.match(r"[A-Za-z0-9._-]+", line)
    return found[0] if found else line


def _set(name: str, axes: Axes, packs: Sequence[Pack]) -> DependencySet:
    if name in axes.sets:
        return axes.sets[name]
    if name == "locked":
        return DependencySet(name, locks={pack.name: pack.pins for pack in packs if pack.lock})
    return DependencySet(name, "lowest" if name == "lowest" else "newest")


def _reuse(cells: Sequence[Cell]) -> Reuse:
    return Reuse(
        wheels=len({(cell.pack, cell.version) for cell in cells}),
        resolutions=len(cells),
        interpreters=len({(cell.os, cell.arch, cell.python) for cell in cells}),
        environments=len(cells),
    )


def _refuse_twins(packs: Sequence[Pack]) -> None:
    seen: dict[str, Pack] = {}
    for pack in packs:
        other = seen.setdefault(pack.name, pack)
        if other is not pack:
            message = f"`{os.path.relpath(other.source)}` and `{os.path.relpath(pack.source)}` are both `{pack.name}`"
            raise CannotRead(message, code="C109", hint="plan one version at a time, and merge the results")
