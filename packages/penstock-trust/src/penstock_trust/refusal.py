"""Stop because what came from outside cannot be believed, and carry the finding that says why.

Takes:   a code and a message.
Gives:   `Refusal` (exit 1), `Doubt` (exit 3), `Misuse` (exit 2): what every foreign exception becomes.
Ignores: which step was at work; the pipeline knows.
"""

from __future__ import annotations

from penstock_findings.errors import PenstockError
from penstock_findings.finding import NOWHERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock_findings.finding import Location


class Refusal(PenstockError):
    """Something does not hold: the material is wrong, or not what it says it is."""

    exit_code = 1

    def __init__(self, code: str, message: str, *, at: Location = NOWHERE, hint: str | None = None) -> None:
        super().__init__(message, at=at, hint=hint, code=code)


class Doubt(PenstockError):
    """It cannot be told whether it holds; whoever asks must treat that as a refusal."""

    exit_code = 3

    def __init__(self, code: str, message: str, *, at: Location = NOWHERE, hint: str | None = None) -> None:
        super().__init__(message, at=at, hint=hint, code=code)


class Misuse(PenstockError):
    """What was asked for cannot be done as it was asked; nothing is said about the material."""

    exit_code = 2

    def __init__(self, code: str, message: str, *, at: Location = NOWHERE, hint: str | None = None) -> None:
        super().__init__(message, at=at, hint=hint, code=code)
