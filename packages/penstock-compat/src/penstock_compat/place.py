"""Say where a pack is to run: some axes are known, those that are not stay open.

Takes:   plain values; for `here`, this very interpreter.
Gives:   `Place`, and what it has in common with a cell; `here`.
Ignores: packs and results (`questions`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock_compat.facts import Cell
from penstock_findings.fact import EMPTY, Fact

_ARCHES = {"amd64": "x86_64", "arm64": "aarch64"}  # what some systems call the same machine

CORE = "penstock"  # the distribution whose version a question's core is


class Place(Fact):
    """Where something is to run; "" leaves an axis open.

    `installed` maps normalised names of distributions to versions where that is known, as it is of this machine.
    """

    core: str = ""
    os: str = ""
    arch: str = ""
    python: str = ""
    deps: str = ""
    installed: Mapping[str, str] = EMPTY

    def has(self, cell: Cell) -> bool:
        """Whether the cell is about this place; a cell without a core axis is about every core."""
        return (
            (not self.core or not cell.core or self.core == cell.core)
            and (not self.os or self.os == cell.os)
            and (not self.arch or _arch(self.arch) == _arch(cell.arch))
            and (not self.python or self.python == cell.python)
            and (not self.deps or self.deps == cell.deps)
        )

    def __str__(self) -> str:
        """`core 0.1.0, linux x86_64, Python 3.13`; "everywhere" when all is open."""
        machine = " ".join(word for word in (self.os, self.arch) if word)
        core, python = f"core {self.core}" if self.core else "", f"Python {self.python}" if self.python else ""
        words = [core, machine, self.deps, python]
        return ", ".join(word for word in words if word) or "everywhere"


def _arch(name: str) -> str:
    return _ARCHES.get(name.lower(), name.lower())


def here() -> Place:
    """The machine and the interpreter that run this, and everything that is installed for it."""
    import platform
    import sys
    from importlib.metadata import distributions

    installed: dict[str, str] = {}
    for distribution in distributions():
        told: Any = distribution.metadata  # None where a *.dist-info folder is broken, whatever its type says
        if told is not None and told["Name"]:
            installed.setdefault(normalised(told["Name"]), distribution.version)
    return Place(
        core=installed.get(CORE, ""),
        os=platform.system().lower(),
        arch=platform.machine().lower(),
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        installed=installed,
    )


def normalised(name: str) -> str:
    """A distribution's name as all spellings of it have in common.

    >>> normalised("Zope.Interface__x")
    'zope-interface-x'
    """
    import re

    return re.sub(r"[-_.]+", "-", name).lower()
