"""Say whether the SDK keeps its promise: it is what is recorded of its version, and takes away only what it may.

Takes:   the surface of the code, and the folder of records.
Gives:   `judge`: a `Verdict`, whose lines say what to do.
Ignores: packs (`compare`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.surface.breaks import breaks, may_break, overdue
from penstock.surface.kept import FOLDER, recorded, text_of_surface, versions
from penstock_findings.fact import Fact

if TYPE_CHECKING:
    from penstock.surface.model import Surface

RENEW = "python -m penstock.surface --write"


class Verdict(Fact):
    """What is wrong, line by line; `broken` when renewing the record would not be the answer."""

    lines: tuple[str, ...] = ()
    broken: bool = False


def judge(code: Surface, folder: str = FOLDER) -> Verdict:
    """Compare the code with the record of its own version, and with the version before it."""
    known = versions(folder)
    own = recorded(code.sdk, folder) if code.sdk in known else None
    number = _number(code.sdk)
    before = [version for version in known if _number(version) < number]
    line = [*before, code.sdk]
    wrong = list(overdue(code, line))
    if own is not None:
        wrong += [f"{taken}, and {code.sdk} promises it" for taken in breaks(own, code)]
    if before and not may_break(before[-1], code.sdk):
        wrong += [f"{taken}, and {before[-1]} promises it" for taken in breaks(recorded(before[-1], folder), code)]
    if wrong:
        step = "minor version" if code.sdk.startswith("0.") else "major version"
        last = f"what is promised is taken away with a new {step} only: raise it, or bring back what is missing"
        return Verdict((*wrong, last), broken=True)
    if own is None:
        return Verdict((f"nothing is recorded of {code.sdk}: run `{RENEW}`",))
    if text_of_surface(own) != text_of_surface(code):
        return Verdict((f"the SDK offers more than is recorded of {code.sdk}: run `{RENEW}`",))
    return Verdict()


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
