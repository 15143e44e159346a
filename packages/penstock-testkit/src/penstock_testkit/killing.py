"""Kill a process beside a node, with a real SIGKILL, and let another one go on in its store.

Takes:   a subject, an input port, payloads.
Gives:   `killed`, `resumed`.
Ignores: what the world looks like afterwards (`checks/`).
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from penstock.testing import SqliteStore
from penstock_testkit.drive import copies, run
from penstock_testkit.question import Records
from penstock_testkit.subject import Subject

CAN_KILL = hasattr(os, "fork")


class Deadly(SqliteStore):
    """A store at whose n-th commit the process is killed, before anything of it is kept."""

    def __init__(self, directory: Path, at: int) -> None:
        super().__init__(directory, ack="process")
        self._left = at

    def commit(self, *arguments: Any, **named: Any) -> Any:
        """Be killed, or commit."""
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().commit(*arguments, **named)


def killed(subject: Subject, port: str, records: Records, at: int) -> None:
    """A child delivers until its n-th commit kills it."""
    child = os.fork()
    if child == 0:
        try:
            store = Deadly(_directory(subject), at)
            run(subject.make(), port, copies(records), secrets=subject.secrets, batch=1, store=store)
        finally:
            os._exit(0)  # nothing of the parent's may run here
    os.waitpid(child, 0)


def resumed(subject: Subject, port: str, records: Records) -> None:
    """A fresh instance goes on behind what was committed."""
    store = SqliteStore(_directory(subject), ack="process")
    try:
        run(subject.make(), port, copies(records), secrets=subject.secrets, batch=1, store=store)
    finally:
        store.close()


def _directory(subject: Subject) -> Path:
    return subject.folder / ".store"
