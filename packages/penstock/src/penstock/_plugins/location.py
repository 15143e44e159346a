"""Find the folder of a package without importing anything of it.

Takes:   a dotted name, and the path to look on (None: wherever this Python would look).
Gives:   `folders_of`.
Ignores: what is in the folder.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from typing import Any


def folders_of(package: str, path: Sequence[str] | None) -> list[str]:
    """The folders that `import package` would look into; more than one for a namespace, none when there is no package.

    Only the first word is asked of Python's finders, editable installs with finders of their own included: to ask
    for more would import the parents.
    """
    top, *inner = package.split(".")
    tops = _tops(top, path)
    return [folder for start in tops if os.path.isdir(folder := os.path.join(start, *inner))] if inner else tops


def _tops(top: str, path: Sequence[str] | None) -> list[str]:
    if path is None:
        known = getattr(sys.modules.get(top), "__path__", None)
        finders: Iterable[Any] = sys.meta_path
    else:
        known = None
        finders = [finder for finder in sys.meta_path if getattr(finder, "__name__", "") == "PathFinder"]
    if known is None:
        spec = _spec(top, finders, None if path is None else list(path))
        known = spec.submodule_search_locations if spec is not None else None
    return [folder for folder in known or () if isinstance(folder, str)]


def _spec(top: str, finders: Iterable[Any], path: list[str] | None) -> ModuleSpec | None:
    for finder in finders:
        find = getattr(finder, "find_spec", None)
        try:
            spec: ModuleSpec | None = find(top, path) if find is not None else None
        except Exception:  # a finder that breaks is somebody else's plug-in: the next one may know
            continue
        if spec is not None:
            return spec
    return None
