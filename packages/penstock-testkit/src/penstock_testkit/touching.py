"""Watch what an author's code touches outside the process: files it writes, peers it connects to, programs it starts.

Takes:   the package of the code.
Gives:   `touched`: a list that fills with `Touch` while the block runs.
Ignores: what is allowed (`checks/`). Built on audit events (PEP 578), which cannot be taken away again: one hook for the
         life of the process, which does nothing outside a block.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any


@dataclass(frozen=True, slots=True)
class Touch:
    """One contact with the outside: the capability that it needs, what it was, where in the author's code."""

    capability: str
    what: str
    where: str


_EVENTS = {
    "socket.connect": "network",
    "socket.bind": "network",
    "socket.sendto": "network",
    "socket.getaddrinfo": "network",
    "subprocess.Popen": "subprocess",
    "os.system": "subprocess",
    "os.exec": "subprocess",
    "os.posix_spawn": "subprocess",
    "os.fork": "subprocess",
    "os.mkdir": "filesystem",
    "os.remove": "filesystem",
    "os.rename": "filesystem",
    "os.rmdir": "filesystem",
    "os.truncate": "filesystem",
    "open": "filesystem",
}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


class _Watch:
    """What the one hook of this process tells, and to whom."""

    def __init__(self) -> None:
        self.package = ""
        self.found: list[Touch] | None = None
        self.installed = False

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note an event when somebody is listening and the author's code has caused it."""
        if self.found is None or event not in _EVENTS or (event == "open" and not _is_of_interest(arguments)):
            return
        if where := _author(self.package):
            self.found.append(Touch(_EVENTS[event], f"{event} {arguments[0]!r}" if arguments else event, where))


_WATCH = _Watch()


@contextmanager
def touched(package: str) -> Iterator[list[Touch]]:
    """Note what code of `package` touches while the block runs. Not for use inside itself."""
    if not _WATCH.installed:
        sys.addaudithook(_WATCH.hear)
        _WATCH.installed = True
    _WATCH.package, _WATCH.found = package, []
    try:
        yield _WATCH.found
    finally:
        _WATCH.found = None


def _is_of_interest(arguments: tuple[Any, ...]) -> bool:
    """Files of people: what the interpreter reads of itself and of installed packages is not worth a word."""
    path, _, flags = (*arguments, None, None, None)[:3]
    if isinstance(path, int) or path is None:
        return False
    if isinstance(flags, int) and flags & _WRITES:
        return True
    name = os.fsdecode(path) if isinstance(path, (str, bytes)) else str(path)
    return not name.startswith(
        (sys.prefix, sys.base_prefix, "/dev/", "/etc/", "/proc/", "/usr/")
    ) and not name.endswith((".py", ".pyc", ".json", ".so"))


def _author(package: str) -> str:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name == package or name.startswith(f"{package}."):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        if name.startswith("importlib"):  # the code is being imported
            return ""
        frame = frame.f_back
    return ""
