"""Read files of one version of something: from disk, from a git commit, from a wheel or an sdist.

Takes:   a folder, or the path of an archive.
Gives:   `Tree`: names to bytes, nothing written, nothing executed; `Folder`, `Archive`.
Ignores: what the files mean.  Git has a room of its own (`git`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any, Protocol

from penstock_contracts.subjects.errors import CannotRead, Hostile, NotASubject
from penstock_findings.finding import Finding, Location

if TYPE_CHECKING:
    import tarfile
    import zipfile
    from collections.abc import Callable, Iterator

LIMIT = 16 << 20  # bytes of one file; the largest schemas that people publish have a tenth of it
MANY = 20_000  # members of an archive, or files of a folder
UNPACKED = 512 << 20  # bytes of a whole archive, unpacked
_SKIPPED = frozenset({".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".nox", ".tox", ".mypy_cache"})
ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar")


class Tree(Protocol):
    """Files by name; names are relative, with `/` between the parts."""

    @property
    def label(self) -> str:
        """How people call it: `main`, `site-pack-0.2.0.whl`; empty for what lies on the disk here."""

    @property
    def home(self) -> str:
        """What no other tree is called, as a path without a slash at either end."""

    @property
    def is_released(self) -> bool:
        """Whether nobody can mend what is in it any more, so that its mistakes are told as warnings."""

    def read(self, name: str) -> bytes | None:
        """The bytes, or None when there is no such file. Raises `CannotRead` when it is too large."""

    def names(self) -> list[str]:
        """The names of all files, sorted."""

    def shown(self, name: str) -> str:
        """How findings name the file."""


def too_large(name: str, limit: int = LIMIT) -> CannotRead:
    """The refusal of a file beyond the limit."""
    finding = Finding("F102", f"`{name}` is larger than {limit} bytes", Location(name), hint="split the file")
    return CannotRead(finding.message, findings=[finding])


def plain(name: str) -> str | None:
    """The name without `.` and `..`; None when it leads out of the tree."""
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


class Folder:
    """What lies in a folder on the disk."""

    label = ""
    is_released = False

    def __init__(self, root: str) -> None:
        self.root = root
        self.home = os.path.abspath(root).replace(os.sep, "/").strip("/")

    def read(self, name: str) -> bytes | None:
        return read_file(os.path.join(self.root, *name.split("/")), self.shown(name))

    def names(self) -> list[str]:
        found: list[str] = []
        for folder, below, files in os.walk(self.root):
            below[:] = sorted(name for name in below if name not in _SKIPPED)
            inside = os.path.relpath(folder, self.root).replace(os.sep, "/")
            found += [name if inside == "." else f"{inside}/{name}" for name in files]
            if len(found) > MANY:
                raise NotASubject(self.root, f"holds more than {MANY} files", "name the folder with the contracts")
        return sorted(found)

    def shown(self, name: str) -> str:
        return os.path.normpath(os.path.join(self.root, *name.split("/")))


def read_file(path: str, shown: str) -> bytes | None:
    """The bytes of a file on the disk; None when there is none."""
    try:
        if not os.path.isfile(path):  # a folder, or a pipe that would never end
            if os.path.exists(path):
                raise _unreadable(shown, "it is not a file")
            return None
        with open(path, "rb") as file:
            data = file.read(LIMIT + 1)
    except OSError as error:
        raise _unreadable(shown, (error.strerror or str(error)).lower()) from error
    except ValueError:  # a NUL in the path
        return None
    if len(data) > LIMIT:
        raise too_large(shown)
    return data


def _unreadable(shown: str, why: str) -> CannotRead:
    finding = Finding("F101", f"cannot read `{shown}`: {why}", Location(shown))
    return CannotRead(finding.message, findings=[finding])


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an archive is looked at before it is taken for an attack."""

    file: int = LIMIT
    members: int = MANY
    unpacked: int = UNPACKED


class Archive:
    """What a wheel or an sdist holds; the folder that an sdist keeps everything in is left out of the names."""

    is_released = True

    def __init__(self, path: str, limits: Limits = Limits()) -> None:
        self.label = os.path.basename(path)
        self.home = os.path.abspath(path).replace(os.sep, "/").strip("/")
        self._path = path
        self._limits = limits
        if path.endswith((".whl", ".zip")):
            self._files = _zipped(path, limits)
        else:
            self._files = _tarred(path, limits)
            tops = {name.partition("/")[0] for name in self._files}
            if len(tops) == 1 and all("/" in name for name in self._files):
                self._files = {name.partition("/")[2]: data for name, data in self._files.items()}

    def read(self, name: str) -> bytes | None:
        data = self._files.get(name)
        if data is not None and len(data) > self._limits.file:
            raise too_large(self.shown(name), self._limits.file)
        return data

    def names(self) -> list[str]:
        return sorted(self._files)

    def shown(self, name: str) -> str:
        return f"{self._path}!{name}"


_WANTED = (".json", ".yaml", ".yml", ".toml", "/METADATA", "/PKG-INFO")


def _zipped(path: str, limits: Limits) -> dict[str, bytes]:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return dict(_of_zip(path, archive, limits))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _broken(path, error) from error
    except Exception as error:  # zlib.error, lzma errors: the modules may not even be there
        if type(error).__module__ in ("zlib", "lzma", "_lzma"):
            raise _broken(path, error) from error
        raise


def _of_zip(path: str, archive: zipfile.ZipFile, limits: Limits) -> Iterator[tuple[str, bytes]]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    names = [_honest(path, member.filename) for member in members]
    if len(members) > limits.members:
        raise Hostile(path, f"it has more than {limits.members} members")
    if len(set(names)) != len(names):
        raise Hostile(path, "it has two members of one name")
    left = limits.unpacked
    for name, member in zip(names, members, strict=True):
        if not name.endswith(_WANTED):
            continue
        with archive.open(member) as file:
            data = file.read(limits.file + 1)
        left -= len(data)
        if left < 0:
            raise Hostile(path, f"it unpacks to more than {limits.unpacked >> 20} MiB")
        yield name, data


def _tarred(path: str, limits: Limits) -> dict[str, bytes]:
    import bz2
    import gzip
    import lzma
    import tarfile
    import zlib

    openers: dict[str, Callable[[str], Any]] = {"gz": gzip.open, "tgz": gzip.open, "bz2": bz2.open, "xz": lzma.open}
    opener = openers.get(path.rpartition(".")[2], _plainly)
    try:
        with opener(path) as packed:
            metered: Any = _Metered(packed, path, limits.unpacked)  # tarfile reads streams only through `read`
            with tarfile.open(fileobj=metered, mode="r|") as archive:
                return dict(_of_tar(path, archive, limits))
    except (tarfile.TarError, EOFError, OSError, lzma.LZMAError, zlib.error, ValueError) as error:
        raise _broken(path, error) from error


def _of_tar(path: str, archive: tarfile.TarFile, limits: Limits) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    for number, member in enumerate(archive):
        if number >= limits.members:
            raise Hostile(path, f"it has more than {limits.members} members")
        name = _honest(path, member.name)
        if not member.isfile():  # links and devices lead elsewhere; nothing that we read is one
            continue
        if name in seen:
            raise Hostile(path, "it has two members of one name")
        seen.add(name)
        if name.endswith(_WANTED):
            file = archive.extractfile(member)
            yield name, file.read(limits.file + 1) if file is not None else b""


def _plainly(path: str) -> IO[bytes]:
    return open(path, "rb")


class _Metered:
    """A stream that refuses to give more than a whole archive may hold."""

    def __init__(self, stream: IO[bytes], path: str, limit: int) -> None:
        self._stream = stream
        self._path = path
        self._left = self._limit = limit

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, 1 << 20) if size >= 0 else 1 << 20)
        self._left -= len(data)
        if self._left < 0:
            raise Hostile(self._path, f"it unpacks to more than {self._limit >> 20} MiB")
        return data


def _honest(path: str, name: str) -> str:
    """The name of a member. Raises `Hostile` when it leads anywhere but into the archive."""
    flat = name.replace("\\", "/")
    if flat.startswith("/") or ".." in PurePosixPath(flat).parts or flat[1:2] == ":" or "\0" in flat:
        raise Hostile(path, f"the member `{name[:80]}` leads out of it")
    return plain(flat) or ""


def _broken(path: str, error: Exception) -> NotASubject:
    said = (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
    return NotASubject(path, f"cannot be unpacked: {said}", "build it again, or download it again")
