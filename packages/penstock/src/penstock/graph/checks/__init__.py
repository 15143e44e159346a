"""The checks of graphs, one file each, and a page for every G code that is not a check.

Takes:   nothing; the folder is the list.
Gives:   `all_checks`: the `CHECK` of every `gNNN_*.py`, in order of code.
Ignores: severities and wording, which each check has for itself.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.graph.check import Check


def all_checks() -> tuple[Check[Any], ...]:
    """Every check there is."""
    import os
    from importlib import import_module

    stems = {name.partition(".")[0] for folder in __path__ for name in os.listdir(folder) if name.endswith(".py")}
    modules = (import_module(f"{__name__}.{stem}") for stem in sorted(stems) if stem[:1] == "g" and stem[1:4].isdigit())
    return tuple(module.CHECK for module in modules)
