"""Copy what a cell needs of a pack's tree, and name the tree by its content.

Takes:   a pack's folder.
Gives:   `digest_of`: "sha256:..." of every file that counts; `copy_tree`: a copy without what is made by tools;
         `top_levels`: what a wheel puts on the import path.
Ignores: what is in the files.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from hashlib import sha256

_MADE = {
    ".git", ".hg", ".svn", ".tox", ".nox", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache",
    ".hypothesis", "node_modules", ".idea", ".vscode",
}  # fmt: skip
_MADE_AT_THE_TOP = {"build", "dist", "venv", "env", "htmlcov", "target"}


def files_of(folder: str) -> Iterator[str]:
    """The files that count, as sorted relative paths with `/`; symbolic links to folders are not followed."""
    waiting = [""]
    found: list[str] = []
    while waiting:
        here = waiting.pop()
        with os.scandir(os.path.join(folder, here)) as entries:
            for entry in entries:
                name = f"{here}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    if not _is_made(entry.name, here, entry.path):
                        waiting.append(f"{name}/")
                elif not entry.name.endswith((".pyc", ".pyo")) and entry.is_file():
                    found.append(name)
    return iter(sorted(found))


def _is_made(name: str, here: str, path: str) -> bool:
    if name in _MADE or name.endswith(".egg-info"):
        return True
    if not here and name in _MADE_AT_THE_TOP:
        return not os.path.exists(os.path.join(path, "__init__.py"))  # a package may be called `build`
    return os.path.exists(os.path.join(path, "pyvenv.cfg"))


def digest_of(path: str) -> str:
    """The name of the content: of a file, or of every file in a folder that counts."""
    total = sha256()
    if not os.path.isdir(path):
        return f"sha256:{_hash(path)}"
    for name in files_of(path):
        whole = os.path.join(path, name)
        runs = "x" if os.access(whole, os.X_OK) else "-"
        total.update(f"{name}\0{runs}{_hash(whole)}\n".encode())
    return f"sha256:{total.hexdigest()}"


def _hash(path: str) -> str:
    with open(path, "rb") as file:
        return sha256(file.read()).hexdigest()


def copy_tree(folder: str, target: str, without: frozenset[str] = frozenset()) -> None:
    """Copy what counts, except the first-level entries of those names."""
    made: set[str] = set()
    for name in files_of(folder):
        if name.split("/", 1)[0] in without:
            continue
        copy = os.path.join(target, name)
        parent = os.path.dirname(copy)
        if parent not in made:
            os.makedirs(parent, exist_ok=True)
            made.add(parent)
        shutil.copy(os.path.join(folder, name), copy)
    os.makedirs(target, exist_ok=True)


def top_levels(names: list[str]) -> tuple[str, ...]:
    """The importable packages and modules among the names in a wheel, sorted.

    >>> top_levels(["site/__init__.py", "site/rule.py", "one.py", "native.cpython-312-x86_64-linux-gnu.so", "x-1.dist-info/RECORD"])
    ('native', 'one', 'site')
    """
    found = set()
    for name in names:
        first, _, rest = name.partition("/")
        if rest:
            if first.isidentifier() and not first.endswith(".data") and re.search(r"\.(py|so|pyd)$", rest):
                found.add(first)
        elif re.search(r"\.(py|so|pyd)$", first):
            found.add(first.split(".", 1)[0])
    return tuple(sorted(found))


def normal_name(name: str) -> str:
    """The one spelling of a distribution's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
