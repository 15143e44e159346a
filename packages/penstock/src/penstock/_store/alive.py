"""Tell whether the process of a run still lives: it holds a lock on a file until it ends, however it ends.

Takes:   a store's directory and a run id.
Gives:   `Alive`.
Ignores: leases; where locks do not exist (Windows), a dead run's leases simply run out.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

if sys.platform != "win32":
    import fcntl


# no such file, or none can have such a name, which stands in the store because it was damaged or made up
_NO_FILE = (FileNotFoundError, ValueError)


class Alive:
    """Held from `begin_run` until the process is gone; the kernel lets go even after SIGKILL."""

    def __init__(self, directory: str, run: str) -> None:
        """Raises `BlockingIOError` when a living process holds a run of this name."""
        self._path = _path(directory, run)
        self._descriptor: int | None = self._hold()
        while self._descriptor is None:  # somebody who buried an older run of this name has just removed the file
            self._descriptor = self._hold()

    def _hold(self) -> int | None:
        descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            if sys.platform != "win32":
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, self._path):
                return descriptor
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def end(self) -> None:
        """Let go; safe to call twice."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.unlink(self._path)
            os.close(self._descriptor)
            self._descriptor = None

    @staticmethod
    def held(directory: str, run: str) -> bool:
        """Whether the process of a run lives, as far as can be told: where locks do not exist, nobody can."""
        return sys.platform != "win32" and not Alive.gone(directory, run)

    @staticmethod
    def gone(directory: str, run: str) -> bool:
        """Whether the process of a run has certainly ended; its lock file is then removed."""
        if sys.platform == "win32":
            return False
        try:
            descriptor = os.open(_path(directory, run), os.O_RDWR)
        except _NO_FILE:
            return True
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_at(descriptor, _path(directory, run)):  # a new run of this name holds another file by now
                return False
            os.unlink(_path(directory, run))
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True


def _is_at(descriptor: int, path: str) -> bool:
    """Whether an open file is the one that the path leads to now."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _path(directory: str, run: str) -> str:
    return os.path.join(directory, f"run-{run}.lock")
