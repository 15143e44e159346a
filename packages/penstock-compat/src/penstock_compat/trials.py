"""Try one cell with some versions held fast, and say which versions of a distribution there are.

Takes:   a plan, a cell of it, an engine, a ledger.
Gives:   `Trials`: `trial` and `lowest`, as `bisect` wants them; `versions_of`.
Ignores: what is concluded from a trial (`bisect`).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from penstock_compat.bisect import Pins
from penstock_compat.facts import Cell, DependencySet, Plan, Result
from penstock_compat.packs import normal
from penstock_compat.run.driver import run
from penstock_compat.run.engine import Engine
from penstock_compat.run.ledger import Ledger
from penstock_compat.run.surroundings import for_tools
from penstock_compat.run.workshop import Wishes
from penstock_compat.versions import in_order

_ASKING = 60.0  # seconds for a question to an index


@dataclass(frozen=True)
class Trials:
    """Runs one cell again and again, each time with other versions."""

    plan: Plan
    cell: Cell
    engine: Engine
    ledger: Ledger
    folder: str
    wishes: Wishes

    def trial(self, pins: Pins) -> Result:
        """The cell with those versions held fast."""
        return self._run(self._set(), pins)

    def lowest(self, pins: Pins) -> Result:
        """The same with the lowest versions that are allowed for everything else."""
        return self._run(replace(self._set(), resolution="lowest", locks={}), pins)

    def versions(self, name: str) -> Sequence[str]:
        """Every version of a distribution, lowest first."""
        return versions_of(name, self.plan)

    def _set(self) -> DependencySet:
        return self.plan.sets.get(self.cell.deps) or DependencySet(self.cell.deps)

    def _run(self, chosen: DependencySet, pins: Pins) -> Result:
        core = normal(self.plan.core) if self.cell.core else ""
        cell = replace(self.cell, core=pins[core]) if core in pins else self.cell
        held = {name: version for name, version in pins.items() if name != core}
        fixed = (*chosen.constraints, *(f"{name}=={version}" for name, version in sorted(held.items())))
        locks = {
            pack: tuple(line for line in lines if _named(line) not in held) for pack, lines in chosen.locks.items()
        }
        sets = {**self.plan.sets, cell.deps: replace(chosen, constraints=fixed, locks=locks)}
        made = replace(self.plan, cells=(cell,), excluded=(), sets=sets, budget=0.0)
        wishes = replace(self.wishes, jobs=1, anyway=True)
        return run(made, self.engine, self.ledger, folder=self.folder, wishes=wishes).results[0]


def versions_of(name: str, plan: Plan) -> tuple[str, ...]:
    """The versions in the plan's folders of wheels; where none has the name, those of the index that pip is set up for."""
    found = {version for folder in plan.wheels for version in _in_folder(folder, name)}
    if not found and not plan.offline:
        found = set(_of_index(name))
    return tuple(sorted(found, key=in_order))


def _in_folder(folder: str, name: str) -> list[str]:
    try:
        files = os.listdir(folder)
    except OSError:
        return []
    parts = [file.split("-") for file in files if file.endswith(".whl")]
    return [part[1] for part in parts if len(part) >= 5 and normal(part[0]) == normal(name)]


def _of_index(name: str) -> list[str]:
    words = [sys.executable, "-m", "pip", "index", "versions", "--disable-pip-version-check", name]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=_ASKING, env=for_tools(os.environ), check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    said = re.search(r"^Available versions: (.+)$", done.stdout, re.MULTILINE)
    return [part.strip() for part in said[1].split(",")] if said else []


def _named(line: str) -> str:
    return normal(re.split(r"[<>=!~;\[ ]", line.strip(), maxsplit=1)[0])
