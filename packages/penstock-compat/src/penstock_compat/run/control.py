"""Try a good pack in the environment in which another one failed: red is the host's only where this one is green.

Takes:   a cell that was prepared and did not pass.
Gives:   `control_of`: the result of the control in the same environment: same interpreter, same versions.
Why so:  most red cells of a matrix are faults of the environment; nobody may blame the host for those.
Ignores: the conclusion (`classify.attribute`).
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from penstock_compat.facts import Recipe, Result
from penstock_compat.run.building import read_wheel
from penstock_compat.run.cell import Prepared, perform
from penstock_compat.run.child import is_stopping
from penstock_compat.run.judgement import result_of
from penstock_compat.run.tools import write_wheel

if TYPE_CHECKING:
    from penstock_compat.run.workshop import Workshop

NAME = "penstock-compat-control"
_MODULE = """\
'''Import every top-level module of the host, and nothing else.'''

from importlib import import_module
from importlib.metadata import files

HOST = {host!r}
tops = {{path.parts[0] for path in files(HOST) or () if path.suffix == ".py" and ".." not in path.parts}}
for name in sorted(tops):
    import_module(name.removesuffix(".py"))
"""


def control_of(ready: Prepared, shop: Workshop) -> Result | None:
    """What becomes of the control where the cell did not pass; None where there is no host to blame."""
    core = shop.plan.core
    if not core or not ready.cell.core or ready.cell.pack in (core, NAME) or core not in ready.environment:
        return None
    known = shop.ledger.result(f"{ready.key}-control")
    if known is not None:
        return known
    folder = os.path.join(shop.folder, "control")
    os.makedirs(folder, exist_ok=True)
    files = {"penstock_compat_control.py": _MODULE.format(host=core)}
    wheel = read_wheel(write_wheel(NAME, "1", (core,), files, folder))
    assert wheel is not None  # it was written a line ago
    recipe = Recipe(wheel.path, command=("python", "-c", "import penstock_compat_control"), timeout=120.0)
    cell = replace(ready.cell, pack=NAME, version="1")
    control = replace(ready, cell=cell, recipe=recipe, wheel=wheel)
    result = result_of(cell, perform(control, shop), control, core, shop.wishes.by, shop.wishes.origin)
    if not is_stopping():
        shop.ledger.keep_result(f"{ready.key}-control", result)
    return result
