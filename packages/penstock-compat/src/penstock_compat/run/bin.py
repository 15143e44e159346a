"""Throw folders away while others work: removing an environment takes as long as making it.

Takes:   paths.
Gives:   `Bin`: `throw`, `empty` (waits until all is gone); `remove`, at once.
Ignores: what was in them.
"""

from __future__ import annotations

import os
import queue
import shutil
import stat
import threading


class Bin:
    """One thread that removes what it is given."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[str | None] = queue.Queue()
        self._thread: threading.Thread | None = None

    def throw(self, path: str) -> None:
        """Have the folder removed, soon."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
        self._waiting.put(path)

    def empty(self) -> None:
        """Wait until everything is gone."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (path := self._waiting.get()) is not None:
            remove(path)


def remove(path: str) -> None:
    """Remove the folder, also what was made unwritable in it."""
    shutil.rmtree(path, ignore_errors=True)
    if os.path.isdir(path):
        for base, folders, _ in os.walk(path):
            for name in folders:
                whole = os.path.join(base, name)
                if not os.path.islink(whole):
                    os.chmod(whole, stat.S_IRWXU)
        shutil.rmtree(path, ignore_errors=True)
