"""Look at what is installed: which distributions are in which folder, and which files are in a pack's folders.

Takes:   the folders of `sys.path` and the modules of `sys.modules`, as they are handed in.
Gives:   `Surroundings`, `Installed`; `compared`, `extras`.
Ignores: what any of it means (`checks`).
"""

from __future__ import annotations

import os
from hashlib import sha256

from penstock_findings.fact import Fact
from penstock_trust.loader.source import read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from penstock_trust.facts import FileFact

INFO = ".dist-info"
# What installers add to a metadata folder, or write anew: none of it is code.
INSTALLERS = frozenset(
    ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json", "provenance_url.json")
)
ENTRY_POINTS = "entry_points.txt"


class Installed(Fact):
    """A distribution that is installed: its normalised name, its version, its folder and its `*.dist-info`."""

    name: str
    version: str
    folder: str
    info: str


class Compared(Fact):
    """What became of the files of a table: those that differ (path -> sha256 found, "" when unreadable), those that are gone."""

    changed: Mapping[str, str]
    gone: tuple[str, ...]


class Surroundings:
    """Folders in which Python looks, each listed once; and the modules that are imported already."""

    def __init__(self, path: Sequence[str], modules: Mapping[str, object]) -> None:
        found: dict[str, str] = {}
        for item in path:
            folder = item or os.getcwd()
            if os.path.isdir(folder):
                found.setdefault(os.path.realpath(folder), folder)
        self.folders: tuple[str, ...] = tuple(found.values())
        self.modules = modules
        self._listings: dict[str, frozenset[str]] = {}
        self._installed: dict[str, list[Installed]] | None = None

    def listing(self, folder: str) -> frozenset[str]:
        """The names in a folder; none when it cannot be read, as Python's import has it."""
        if folder not in self._listings:
            try:
                self._listings[folder] = frozenset(os.listdir(folder))
            except OSError:
                self._listings[folder] = frozenset()
        return self._listings[folder]

    def installed(self, name: str) -> list[Installed]:
        """Where the project is installed, in the order of the path."""
        if self._installed is None:
            self._installed = {}
            for folder in self.folders:
                for entry in sorted(self.listing(folder)):
                    if entry.endswith(INFO):
                        found = installed_at(os.path.join(folder, entry))
                        self._installed.setdefault(found.name, []).append(found)
        return self._installed.get(name, [])


def installed_at(info: str) -> Installed:
    """The distribution of this `*.dist-info` folder, by the folder's name."""
    folder, _, entry = info.rpartition(os.sep)
    name, _, version = entry[: -len(INFO)].partition("-")
    return Installed(normalised(name), version, folder, info)


def normalised(name: str) -> str:
    """A project's name as comparisons want it (PEP 503).

    >>> normalised("Acme__Flow.pack")
    'acme-flow-pack'
    """
    return "-".join(part for part in name.replace("_", "-").replace(".", "-").lower().split("-") if part)


def is_installed_elsewhere(path: str) -> bool:
    """Whether installers put the file of a wheel somewhere else, or write one of their own in its place."""
    top, _, rest = path.partition("/")
    return top.endswith(".data") or (top.endswith(INFO) and rest in INSTALLERS)


def compared(folder: str, table: Mapping[str, FileFact]) -> Compared:
    """Hold every file of the table against what is installed in the folder."""
    changed: dict[str, str] = {}
    gone: list[str] = []
    for path, fact in table.items():
        if is_installed_elsewhere(path):
            continue
        place = f"{folder}/{path}"
        try:
            data = read_regular(place, fact.size)
        except (FileNotFoundError, NotADirectoryError):
            gone.append(path)
            continue
        except (OSError, ValueError):
            changed[path] = ""
            continue
        found = sha256(data if len(data) == fact.size else read_regular(place)).hexdigest()
        if found != fact.sha256:
            changed[path] = found
    return Compared(changed, tuple(gone))


def extras(folder: str, table: Mapping[str, FileFact]) -> Iterator[str]:
    """Files in the pack's own folders that are not in the table, by their paths.

    A pack's own folders are its metadata, its packages and what is below them; a namespace is everybody's. Compiled
    files in `__pycache__` are passed over: nobody here runs them.
    """
    owned = {path.rpartition("/")[0] for path in table if path.endswith("/__init__.py")}
    owned |= {path.partition("/")[0] for path in table if path.partition("/")[0].endswith(INFO)}
    for top in sorted(each for each in owned if not any(above in owned for above in _above(each))):
        yield from sorted(_unknown(folder, top, table))


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _unknown(folder: str, inside: str, table: Mapping[str, FileFact]) -> Iterator[str]:
    try:
        entries = list(os.scandir(f"{folder}/{inside}"))
    except OSError:
        return  # what is gone is told by `compared`
    cache = inside.endswith("/__pycache__")
    for entry in entries:
        path = f"{inside}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _unknown(folder, path, table)
        elif path not in table and not is_installed_elsewhere(path) and not (cache and entry.name.endswith(".pyc")):
            yield path
