"""Stop the work because of a file, a flag or a machine, and say which.

Gives:   `CannotRead`, `Misuse`, `CannotLook`.
Ignores: what comes out of a cell; that is a result, never an error.
"""

from __future__ import annotations

from penstock_findings.errors import PenstockError


class CannotRead(PenstockError):
    """A file of ours is not what it should be; carries everything that is wrong with it."""

    code = "C101"


class Misuse(PenstockError):
    """What was asked for makes no sense together."""

    code = "C902"


class CannotLook(PenstockError):
    """What would be needed to find out is not here."""

    code = "C201"
    exit_code = 3
