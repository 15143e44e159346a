"""Watch what an author's code asks of the machine behind the runtime's back: the clock, chance, sleep.

Takes:   the package of the code.
Gives:   `watched`: a list that fills with `Asked` while the block runs.
Ignores: which of it is forbidden (`checks/`), and calls that a library makes for its own sake (logging, event loops).
"""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from types import FrameType
from typing import Any

# What these do with the clock or with chance is their own affair: time stamps of log lines, time-outs, names of files.
_OWN_AFFAIRS = (
    "_pytest", "asyncio", "concurrent", "email", "hypothesis", "http", "importlib", "linecache", "logging", "penstock",
    "selectors", "socket", "ssl", "tempfile", "threading", "tracemalloc", "urllib", "warnings",
)  # fmt: skip  # a table of names reads better in two lines

_CLOCK = {"time", "time_ns", "localtime", "gmtime", "ctime", "asctime"}
_CHANCE = {"random", "getrandbits", "randbytes", "seed", "urandom", "generate_time_safe", "uuid_generate_time_safe"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: what for ("clock", "chance", "sleep"), its name, and where it stands."""

    what: str
    name: str
    where: str  # file:line in the author's code


@contextmanager
def watched(package: str) -> Iterator[list[Asked]]:
    """Note what code of `package` asks for while the block runs, also in threads that begin meanwhile."""
    found: list[Asked] = []

    def look(frame: FrameType, happening: str, argument: Any) -> None:
        if happening == "c_call":
            what = _meaning(argument)
            if what:
                where = _author(frame, package)
                if where:
                    found.append(Asked(what, getattr(argument, "__qualname__", str(argument)), where))

    with _profiled(look):
        yield found


@contextmanager
def _profiled(look: Callable[[FrameType, str, Any], None]) -> Iterator[None]:
    """Whoever profiles already (a coverage tool) gets its turn back."""
    before = sys.getprofile()
    threading.setprofile(look)
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before)
        threading.setprofile(before)


def _meaning(called: Any) -> str:
    name, owner = getattr(called, "__name__", ""), getattr(called, "__self__", None)
    module = getattr(called, "__module__", None) or getattr(owner, "__name__", "")
    if module == "time" and name == "sleep":
        return "sleep"
    if module == "time" and name in _CLOCK:
        return "clock"
    if isinstance(owner, type) and issubclass(owner, date) and name in ("now", "utcnow", "today"):
        return "clock"
    if name in _CHANCE and (
        owner is random._inst or module in ("posix", "nt", "_uuid")
    ):  # the generator behind `random.random`
        return "chance"
    return ""


def _author(frame: FrameType | None, package: str) -> str:
    """Where in the author's code a call comes from; nothing when a library made it for its own sake."""
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        top = name.partition(".")[0]
        if top == package or name == package:
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        if top in _OWN_AFFAIRS or top.startswith("penstock_"):
            return ""
        frame = frame.f_back
    return ""
