"""Answer `importlib.resources` with files that are what was accepted.

Takes:   a governed pack and a folder in it.
Gives:   `Reader`, `Resource`.
Ignores: modules.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_trust.loader.governed import Governed


class Resource:
    """A file or folder of a pack, as `importlib.resources` walks it (it has what a `Traversable` has)."""

    def __init__(self, governed: Governed, path: str) -> None:
        self._governed = governed
        self._path = path

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self._path.rpartition("/")[2]

    def is_file(self) -> bool:
        """Whether the wheel holds a file of this name."""
        return self._path in self._governed.paths()

    def is_dir(self) -> bool:
        """Whether the wheel holds files below it."""
        return not self._path or any(path.startswith(f"{self._path}/") for path in self._governed.paths())

    def iterdir(self) -> Iterator[Resource]:
        """What is directly in the folder, sorted."""
        start = f"{self._path}/" if self._path else ""
        inside = {path[len(start) :].partition("/")[0] for path in self._governed.paths() if path.startswith(start)}
        return (Resource(self._governed, start + name) for name in sorted(inside))

    def joinpath(self, *parts: str) -> Resource:
        """What lies below; a path that leads out of the pack leads to nothing."""
        words = [word for part in (self._path, *map(str, parts)) for word in part.split("/") if word not in ("", ".")]
        return Resource(self._governed, "/".join(words))

    __truediv__ = joinpath

    def open(self, mode: str = "r", *args: Any, **words: Any) -> Any:
        """The file, opened for reading."""
        data = io.BytesIO(self.read_bytes())
        return data if "b" in mode else io.TextIOWrapper(data, *args, **words)

    def read_bytes(self) -> bytes:
        """All bytes. `FileNotFoundError` when the wheel holds no such file."""
        if not self.is_file():
            raise FileNotFoundError(f"`{self._path}` is no file of `{self._governed.project}`")
        return self._governed.read(self._path)

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        """The text, UTF-8 unless something else is said."""
        return self.read_bytes().decode(encoding or "utf-8", errors or "strict")

    def __repr__(self) -> str:
        return f"Resource({self._governed.project!r}, {self._path!r})"


class Reader:
    """The resources of one package; the four functions below `files` are for Python 3.10."""

    def __init__(self, governed: Governed, folder: str) -> None:
        self._top = Resource(governed, folder)

    def files(self) -> Resource:
        """The folder of the package."""
        return self._top

    def open_resource(self, resource: str) -> io.BytesIO:
        """A file, opened for reading."""
        return io.BytesIO((self._top / resource).read_bytes())

    def resource_path(self, resource: str) -> str:
        """There is no path under which the bytes would stay what they are."""
        raise FileNotFoundError(resource)

    def is_resource(self, path: str) -> bool:
        """Whether there is such a file."""
        return (self._top / path).is_file()

    def contents(self) -> Iterator[str]:
        """What is directly in the folder."""
        return (each.name for each in self._top.iterdir())
