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


class Alive:
    """Held from `begin_run` until the process is gone; the kernel lets go even after SIGKILL."""

    def __init__(self, directory: str, run: str) -> None:
        self._path = _path(directory, run)
        self._descriptor: int | None = os.open(self._path, os.O_CREAT | os.O_RDWR | getattr(os, "O_CLOEXEC", 0), 0o600)
        if sys.platform != "win32":
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def end(self) -> None:
        """Let go; safe to call twice."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.unlink(self._path)
            os.close(self._descriptor)
            self._descriptor = None

    @staticmethod
    def gone(directory: str, run: str) -> bool:
        """Whether the process of a run has certainly ended; its lock file is then removed."""
        if sys.platform == "win32":
            return False
        try:
            descriptor = os.open(_path(directory, run), os.O_RDWR)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(_path(directory, run))
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True


def _path(directory: str, run: str) -> str:
    return os.path.join(directory, f"run-{run}.lock")
