"""Keep the zoo: make its animals, run them beside each other, and hold what came of it.

Takes:   a folder, animals.
Gives:   `Zoo`.
Ignores: what is expected of an animal (`zoo_animals`).
"""

from __future__ import annotations

import sys
from pathlib import Path

from zoo_animals import Animal

from penstock_compat.facts import Cell, DependencySet, Plan, Recipe, Result
from penstock_compat.run.driver import run
from penstock_compat.run.engines import engine_of
from penstock_compat.run.interpreters import find_pythons, this_platform
from penstock_compat.run.ledger import Ledger
from penstock_compat.run.offer import make_offer
from penstock_compat.run.workshop import Wishes

HERE = "{}.{}".format(*sys.version_info[:2])
OLD = "3.10"  # has neither `tomllib` nor `except*`
CORES, SETS = ("1.0", "2.0"), ("newest", "lowest")


def withdraw(index: str, name: str, version: str) -> None:
    """Mark a version as yanked on its page of an index, as PEP 592 has it."""
    page = Path(index, name, "index.html")
    lines = page.read_text("utf-8").splitlines(keepends=True)
    yanked = '<a data-yanked="it eats records" '
    page.write_text(
        "".join(
            line.replace("<a ", yanked) if f"-{version}-" in line and "data-yanked" not in line else line
            for line in lines
        ),
        "utf-8",
    )


class Zoo:
    """What a run over the zoo found, and what it ran in."""

    def __init__(self, home: Path) -> None:
        self.home = home
        new = HERE if HERE != OLD else next((v for v in ("3.12", "3.13", "3.11") if find_pythons([v])), HERE)
        self.pythons = find_pythons(sorted({OLD, new, HERE}))
        self.ages = {OLD: "old", new: "new"}
        self.results: dict[Cell, Result] = {}

    def cells(self, animal: Animal) -> list[Cell]:
        system, machine = this_platform()
        if animal.pythons == "both":
            ways = [(python, deps, core) for python in self.pythons for deps in SETS[:1] for core in CORES[:1]]
        elif {"/" in key for key in animal.expected} == {False}:
            ways = [(HERE, SETS[0], CORES[0])]
        else:
            ways = [(HERE, deps, core) for deps in SETS for core in CORES]
        return [Cell(animal.name, "1.0", core, system, machine, python, deps) for python, deps, core in ways]

    def run(self, animals: tuple[Animal, ...]) -> None:
        recipes = {}
        for animal in animals:
            made = animal.make(self.home / "packs" / animal.name)
            recipes[animal.name] = Recipe(
                str(made), animal.requires, (), animal.command, animal.timeout, animal.output, animal.entry
            )
        cells = [cell for animal in animals for cell in self.cells(animal)]
        good = Cell("good", "1.0", "", *this_platform(), "", "")
        controls = {Cell(good.pack, "1.0", c.core, c.os, c.arch, c.python, c.deps) for c in cells}
        plan = Plan(
            cells=tuple(sorted({*cells, *controls})),
            recipes=recipes,
            sets={name: DependencySet(name, resolution=name) for name in SETS},
            pythons=self.pythons,
            wheels=(str(self.home / "offered"),),
            core="zoohost",
            controls={animal.name: "good" for animal in animals if animal.name != "good"},
            offline=True,
        )
        withdraw(make_offer(plan.wheels, str(self.home / "kept/offers")).folder, "zoowithdrawn", "1.1")
        engine = engine_of("auto", str(self.home / "kept"))
        ledger = Ledger(str(self.home / "ledger"))
        found = run(plan, engine, ledger, folder=str(self.home / "kept"), wishes=Wishes(jobs=2, anew=True))
        self.results = {result.cell: result for result in found.results}
