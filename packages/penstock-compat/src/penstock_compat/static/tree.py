"""Open the sources of a distribution where they lie: a wheel, an sdist, a project folder, a folder of installed files.

Takes:   a path.
Gives:   `Tree`: which modules it has, the bytes of each, and the texts of its metadata.
Ignores: what the sources mean; nothing here is executed or unpacked to disk.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Protocol

from penstock_findings import Location, PenstockError

_LARGEST = 4 * 2**20  # bytes of one source file
_SKIPPED = frozenset({"__pycache__", "tests", "test", "docs", "build", "dist", "node_modules", "examples"})


class UnreadablePack(PenstockError):
    """The sources of a pack or a core cannot be opened."""

    code = "C422"


class Store(Protocol):
    """Where the files of a tree lie."""

    def names(self) -> Iterator[str]:
        """Every file, as a path with slashes."""

    def read(self, name: str) -> bytes:
        """The bytes of one file; raises `OSError` or `ValueError` when they cannot be had."""


@dataclass(frozen=True)
class Folder:
    """A folder on disk."""

    root: Path

    def names(self) -> Iterator[str]:
        """Every file that could be source or metadata."""
        for path in sorted(self.root.rglob("*")):
            within = path.relative_to(self.root)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in within.parts)
            if not hidden and path.is_file():
                yield within.as_posix()

    def read(self, name: str) -> bytes:
        """The bytes of one file."""
        path = self.root / name
        if path.stat().st_size > _LARGEST:
            raise ValueError("too large")
        return path.read_bytes()


@dataclass(frozen=True)
class Zipped:
    """A wheel or another zip file."""

    path: Path

    @cached_property
    def _infos(self) -> dict[str, zipfile.ZipInfo]:
        with zipfile.ZipFile(self.path) as archive:
            return {info.filename: info for info in archive.infolist() if not info.is_dir()}

    def names(self) -> Iterator[str]:
        """Every file of the archive."""
        return iter(self._infos)

    def read(self, name: str) -> bytes:
        """The bytes of one file; more than a source file may have is refused before it is unpacked."""
        if self._infos[name].file_size > _LARGEST:
            raise ValueError("too large")
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(name)


@dataclass(frozen=True)
class Tarred:
    """An sdist; what it holds is read once."""

    path: Path

    @cached_property
    def _files(self) -> dict[str, bytes]:
        import tarfile

        found: dict[str, bytes] = {}
        with tarfile.open(self.path) as archive:
            for member in archive:
                if (
                    member.isfile()
                    and member.size <= _LARGEST
                    and member.name.endswith((".py", "PKG-INFO", ".toml", ".txt"))
                ):
                    opened = archive.extractfile(member)
                    found[member.name.partition("/")[2]] = opened.read() if opened else b""
        return found

    def names(self) -> Iterator[str]:
        """Every source and metadata file of the archive."""
        return iter(self._files)

    def read(self, name: str) -> bytes:
        """The bytes of one file."""
        return self._files[name]


class Tree:
    """The modules of one distribution, by dotted name."""

    def __init__(self, store: Store, name: str) -> None:
        self.store = store
        self.name = name  # as it was named by whoever asked; the paths of locations begin with it
        self._names = frozenset(store.names())
        self.modules: dict[str, str] = {}  # dotted name -> path of its source
        self.native: set[str] = set()  # dotted names whose code is no Python
        self.folders: set[str] = set()  # dotted names that are folders without `__init__`
        for path in sorted(self._names):
            self._place(path)
        self.folders -= self.modules.keys()

    @property
    def top(self) -> tuple[str, ...]:
        """The names that can be imported, sorted."""
        heads = {name.partition(".")[0] for name in (*self.modules, *self.native)}
        return tuple(sorted(heads - {"setup", "conftest", "noxfile"}))

    def has(self, module: str) -> bool:
        """Whether the name is a module, a folder of modules or native code here."""
        return module in self.modules or module in self.native or module in self.folders

    def is_package(self, module: str) -> bool:
        """Whether other modules can lie below this one."""
        return module in self.folders or self.modules.get(module, "").endswith("__init__.py")

    def source(self, module: str) -> bytes | None:
        """The bytes of a module, or nothing when they cannot be read."""
        path = self.modules.get(module)
        try:
            return None if path is None else self.store.read(path)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None

    def at(self, module: str, line: int | None = None, column: int | None = None) -> Location:
        """A place in a module."""
        return Location(path=self.modules.get(module), line=line, column=column)

    def text(self, *endings: str) -> str | None:
        """The first file, nearest to the root, whose path ends so; undecodable bytes are replaced."""
        fitting = [name for name in self._names if name.endswith(endings)]
        for name in sorted(fitting, key=lambda name: (name.count("/"), name)):
            try:
                return self.store.read(name).decode("utf-8", "replace")
            except (OSError, ValueError, zipfile.BadZipFile):
                return None
        return None

    def _place(self, path: str) -> None:
        pure = PurePosixPath(path)
        parts = list(pure.parts[1:] if pure.parts[0] == "src" else pure.parts)
        if not parts or any("-" in part for part in parts[:-1]) or parts[0] in _SKIPPED:
            return
        stem = parts[-1].partition(".")[0]
        dotted = ".".join(parts[:-1] if stem == "__init__" else [*parts[:-1], stem])
        if not all(part.isidentifier() for part in dotted.split(".")):
            return
        if path.endswith(".py"):
            self.modules[dotted] = path
        elif path.endswith((".so", ".pyd")):
            self.native.add(dotted)
        else:
            return
        above = dotted
        while "." in above:
            above = above.rpartition(".")[0]
            self.folders.add(above)


def open_tree(path: Path) -> Tree:
    """Open what lies at the path; raises `UnreadablePack` when it is nothing that has sources."""
    try:
        if path.is_dir():
            return Tree(Folder(path), path.name)
        if path.suffix in (".whl", ".zip"):
            return Tree(Zipped(path), path.name)
        if path.name.endswith((".tar.gz", ".tgz", ".tar")):
            return Tree(Tarred(path), path.name)
    except (OSError, EOFError, zipfile.BadZipFile, ValueError) as error:
        raise UnreadablePack(f"`{path.name}` cannot be opened: {error}", at=Location(path=str(path))) from error
    known = "a wheel, an sdist or a folder"
    raise UnreadablePack(f"`{path.name}` is not {known}", at=Location(path=str(path)), hint=f"name {known}")
