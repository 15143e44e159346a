"""Read the last exception that a text shows: what it was, who raised it, and what it was about.

Takes:   a log, or the text of one failed test.
Gives:   `Raised`, or nothing.
Ignores: whether it is anybody's fault (`attribution`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Raised:
    """One exception as a traceback shows it."""

    kind: str  # ModuleNotFoundError
    message: str
    frames: tuple[str, ...]  # files, outermost first
    missing: str = ""  # the module that was not found, or the name that could not be imported
    source: str = ""  # the module that lacks the name

    @property
    def thrower(self) -> str:
        """The top-level package of the innermost frame in an installed distribution; empty for the tests' own."""
        for path in reversed(self.frames):
            found = re.search(r"site-packages/([^/]+?)(?:/|\.py)", path)
            if found:
                return found[1]
        return ""


_LAST = re.compile(
    r"^(?:E\s+)?((?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Warning|Found|Failed|Group)\w*)(?::\s*(.*))?$",
    re.MULTILINE,
)
_FRAME = re.compile(r'File "([^"]+)", line \d+|^([\w./-]+\.py):\d+: ', re.MULTILINE)
_NO_MODULE = re.compile(r"No module named '([^']+)'")
_NO_NAME = re.compile(r"cannot import name '([^']+)' from (?:partially initialized module )?'([^']+)'")
_NO_ATTRIBUTE = re.compile(r"module '([^']+)' has no attribute '([^']+)'")


def raised(log: str) -> Raised | None:
    """The last exception of a text."""
    found = list(_LAST.finditer(log))
    if not found:
        return None
    last = found[-1]
    kind, message = last[1].rpartition(".")[2], (last[2] or "").strip()
    before = log[: last.end()]
    start = before.rfind("Traceback (most recent call last)")
    frames = tuple(a or b for a, b in _FRAME.findall(before[max(start, 0) :]))
    missing, source = "", ""
    module, name, attribute = _NO_MODULE.search(message), _NO_NAME.search(message), _NO_ATTRIBUTE.search(message)
    if module:
        missing = module[1]
    elif name:
        missing, source = name[1], name[2]
    elif attribute:
        missing, source = attribute[2], attribute[1]
    return Raised(kind, message, frames, missing, source)


def said(error: Raised) -> str:
    """The exception in one line."""
    return f"{error.kind}: {error.message}" if error.message else error.kind


def about(error: Raised) -> dict[str, str]:
    """What a failure's detail keeps of an exception."""
    found = {"exception": error.kind, "message": error.message[:500], "missing": error.missing, "source": error.source}
    return {
        **{key: value for key, value in found.items() if value},
        **({"thrower": error.thrower} if error.thrower else {}),
    }
