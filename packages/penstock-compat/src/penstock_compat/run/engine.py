"""Say what a cell asks of whatever makes its environment.

Gives:   `Engine`: what uv and pip both can do; `scrubbed`: a tool's text without the addresses that it talked to.
Ignores: how they do it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from penstock_compat.run.child import Ended
from penstock_compat.run.interpreters import Identity
from penstock_compat.run.materials import Pin, Question, Resolution

BUILD, RESOLVE, INSTALL = 300.0, 120.0, 300.0  # seconds that each may take
_ADDRESS = re.compile(r"\b(?:https?|file|git\+\w+)://[^\s)\]>'\"`,]+")


class Engine(Protocol):
    """Builds wheels, chooses versions, makes environments. Places are always absolute paths."""

    name: str

    @property
    def version(self) -> str:
        """What the tool says that it is."""

    def build(self, source: str, python: str, target: str, version: str) -> Ended:
        """Build the wheel of the tree into the folder."""

    def resolve(self, question: Question, scratch: str) -> Resolution | Ended:
        """Choose versions; what went wrong when there are none."""

    def environment(
        self, python: Identity, pins: Sequence[Pin], offer: str, offline: bool, target: str, copies: bool
    ) -> Ended:
        """Make an environment with exactly these versions in it."""

    def spoiled(self, target: str) -> bool:
        """Whether what ran in the environment has changed what other environments share with it; asked once."""

    def close(self) -> None:
        """Remove what only one run needed."""


def scrubbed(text: str) -> str:
    """The text without addresses: they say where one machine looks for packages, and may hold passwords."""
    return _ADDRESS.sub("<address>", text)


def python_in(environment: str) -> str:
    """The path of an environment's interpreter."""
    import os

    return os.path.join(environment, "Scripts", "python.exe") if os.name == "nt" else f"{environment}/bin/python"
