"""Introduce the engine that was asked for, or the best that is here.

Takes:   a name, the folder for what may be kept.
Gives:   `engine_of`.
Ignores: what the engines do.
"""

from __future__ import annotations

import os

from penstock_compat.errors import CannotLook
from penstock_compat.run.engine import Engine
from penstock_compat.run.store import Store
from penstock_compat.run.surroundings import for_tools
from penstock_compat.run.uv import UvEngine, find_uv


def engine_of(name: str, folder: str) -> Engine:
    """The engine of that name; `auto` is uv where it is, else pip. Raises `CannotLook` when it is not here."""
    env = for_tools(os.environ)
    uv = find_uv() if name in ("auto", "uv") else ""
    if uv:
        return UvEngine(uv, Store(os.path.join(folder, "trees")), env)
    if name == "uv":
        raise CannotLook(
            "uv is not here", hint="install it with `pip install 'penstock-compat[uv]'`, or use --engine pip"
        )
    from penstock_compat.run.pip import PipEngine

    return PipEngine(env)
