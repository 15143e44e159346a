"""Read the files of a pack: where it is installed, or out of the wheel that was accepted.

Takes:   a folder, or the bytes of a wheel.
Gives:   `Disk`, `Sealed`: `read` a file, and tell its `place` for tracebacks; `read_regular`.
Ignores: whether the bytes are the right ones; whoever asks compares.
"""

from __future__ import annotations

import os
import stat

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def read_regular(path: str, limit: int | None = None) -> bytes:
    """All bytes of a regular file, one more than `limit` at most; `OSError` for anything else, and nothing blocks."""
    descriptor = os.open(path, _FLAGS)
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(f"`{path}` is not a regular file")
        wanted = facts.st_size + 1 if limit is None else min(limit, facts.st_size) + 1
        data = os.read(descriptor, wanted)
        while len(data) < wanted and (more := os.read(descriptor, wanted - len(data))):
            data += more
        return data
    finally:
        os.close(descriptor)


class Disk:
    """The files as they are installed in a folder, such as `site-packages`."""

    __slots__ = ("folder",)

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def read(self, path: str) -> bytes:
        """The bytes of the file; `OSError` when it cannot be read."""
        return read_regular(self.place(path))

    def place(self, path: str) -> str:
        """Where the file is."""
        return self.folder + os.sep + (path if os.sep == "/" else path.replace("/", os.sep))


class Sealed:
    """The files inside a wheel whose bytes are held in memory; `wheel` is its path, for tracebacks."""

    __slots__ = ("_archive", "_members", "wheel")

    def __init__(self, data: bytes, wheel: str) -> None:
        from penstock_trust.hygiene.archive import read_archive

        self.wheel = wheel
        self._archive = read_archive(data)
        members = self._archive.members if self._archive is not None else ()
        self._members = {member.name: member for member in members}

    def read(self, path: str) -> bytes:
        """The bytes of the file; `OSError` when the wheel does not hold it."""
        from penstock_trust.hygiene.archive import unpacked

        member = self._members.get(path)
        if member is None or self._archive is None:
            raise FileNotFoundError(f"`{path}` is not in `{self.wheel}`")
        return unpacked(self._archive.data, member)

    def place(self, path: str) -> str:
        """What tracebacks call the file."""
        return f"{self.wheel}/{path}"
