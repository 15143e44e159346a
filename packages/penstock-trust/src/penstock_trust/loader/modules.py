"""Say which modules a pack brings, from the names of its files alone.

Takes:   paths inside a wheel, `/` between folders.
Gives:   `modules_of`: dotted name -> `Module`.
Ignores: what is in the files, and folders whose names no `import` can spell.
"""

from __future__ import annotations

from importlib.machinery import EXTENSION_SUFFIXES
from itertools import takewhile

from penstock_findings.fact import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCE, NATIVE, NAMESPACE = "source", "native", "namespace"
_INIT = "__init__"


class Module(Fact):
    """One module: `path` is its file, or the folder of a namespace; `folder` is where its submodules are, "" for none."""

    name: str
    kind: str
    path: str
    folder: str = ""


def modules_of(paths: Iterable[str]) -> dict[str, Module]:
    """Every module that Python would find in these files: of two for one name, the one that Python would take."""
    found: dict[str, Module] = {}
    folders: set[str] = set()
    ranks: dict[str, int] = {}
    for path in paths:
        folder, _, filename = path.rpartition("/")
        parts = tuple(folder.split("/")) if folder else ()
        spelled = tuple(takewhile(_is_word, parts))
        folders.add("/".join(spelled))
        if spelled != parts:
            continue
        kind, word = _kind(filename)
        if not kind or not _is_word(word):
            continue
        is_package = word == _INIT and bool(parts)
        name = ".".join(parts if is_package else (*parts, word))
        rank = 2 * is_package + (kind == NATIVE)  # a package hides a module, and compiled code hides its source
        if rank >= ranks.get(name, 0):
            ranks[name] = rank
            found[name] = Module(name, kind, path, folder if is_package else "")
    spelled_folders = {above.replace("/", "."): above for folder in folders for above in _above(folder)}
    for name, above in spelled_folders.items():
        found.setdefault(name, Module(name, NAMESPACE, above, above))
    # A module hides a folder of its name that is no package, and everything below it.
    hidden = tuple(f"{name}." for name, module in found.items() if not module.folder and name in spelled_folders)
    return {name: module for name, module in found.items() if not name.startswith(hidden)} if hidden else found


def _kind(filename: str) -> tuple[str, str]:
    if filename.endswith(".py"):
        return SOURCE, filename[:-3]
    for suffix in EXTENSION_SUFFIXES:
        if filename.endswith(suffix):
            return NATIVE, filename[: -len(suffix)]
    return "", ""


def _is_word(text: str) -> bool:
    return text.isidentifier()


def _above(folder: str) -> list[str]:
    parts = folder.split("/") if folder else []
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
