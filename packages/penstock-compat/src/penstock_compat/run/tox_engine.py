"""Run a plan with tox: written as native tox TOML, run by tox, read back.

Takes:   a workshop, tox's program.
Gives:   `run_with_tox`: `Results`, cells that could not be prepared included.
Ignores: what tox does in between.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable

from penstock_compat.errors import CannotLook
from penstock_compat.facts import Result, Results
from penstock_compat.made_by import MADE_BY
from penstock_compat.run.cell import Prepared
from penstock_compat.run.child import see_to_end
from penstock_compat.run.driver import prepare_all, with_causes
from penstock_compat.run.surroundings import for_tools
from penstock_compat.run.tox_export import CELLS, RECORDS, write_export
from penstock_compat.run.tox_import import import_results
from penstock_compat.run.workshop import Workshop


def find_tox() -> str:
    """Say where tox is: beside our own interpreter or on PATH, as an absolute path; empty when there is none."""
    beside = os.path.join(os.path.dirname(sys.executable), "tox")
    found = beside if os.access(beside, os.X_OK) else shutil.which("tox")
    return os.path.abspath(found) if found else ""


def export(shop: Workshop, folder: str) -> tuple[list[str], list[Result]]:
    """Write the plan as a folder for tox: names of environments, and results of cells that cannot be among them."""
    prepared: list[Prepared] = []
    others: list[Result] = []
    for one in prepare_all(shop):
        if isinstance(one, Prepared):
            prepared.append(one)
        else:
            others.append(one)
    local = {(name, version): path for name, version, path in shop.offer.wheels}
    return write_export(prepared, local, folder), others


def run_with_tox(shop: Workshop, told: Callable[[Result, bool], None]) -> Results:
    """The results of the plan's cells, by tox. Raises `CannotLook` where there is no tox."""
    program = find_tox()
    if not program:
        raise CannotLook("tox is not here", hint="install it with `pip install 'penstock-compat[tox]'`")
    folder = os.path.join(shop.scratch, "tox")
    names, others = export(shop, folder)
    found = {one.cell: one for one in others}
    if names:
        journal = os.path.join(folder, "result.json")
        words = [program, "run-parallel", "--parallel", str(shop.wishes.jobs), "--parallel-no-spinner"]
        words += ["-c", os.path.join(folder, "tox.toml"), "--result-json", journal]
        limit = sum(recipe.timeout for recipe in shop.plan.recipes.values()) * max(1, len(names)) + 600
        env = {name: value for name, value in for_tools(shop.environ).items() if not name.startswith("TOX")}
        ended = see_to_end(words, cwd=folder, env=env, timeout=limit, limit=2**30)
        if not os.path.exists(journal):
            raise CannotLook(f"tox left no result: {ended.log[-500:].strip()}")
        results = import_results(
            journal,
            pack=("", ""),
            platform=shop.platform,
            cells=os.path.join(folder, CELLS),
            records=os.path.join(folder, RECORDS),
            core=shop.plan.core,
            by=shop.wishes.by,
            origin=shop.wishes.origin,
        )
        found.update({one.cell: one for one in results.results})
    for result in found.values():
        told(result, False)
    ordered = {cell: found[cell] for cell in shop.plan.cells if cell in found}
    return Results(MADE_BY, tuple(with_causes(ordered, shop.plan)))
