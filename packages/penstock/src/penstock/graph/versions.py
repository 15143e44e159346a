"""Decide whether an installed version lies in the range that a graph asks for.

Takes:   a range and a version, in the notation of Python packages (PEP 440).
Gives:   `fits`: yes or no; `BadRange` and `BadVersion` when there is no telling.
Why own: ranges made of plain numbers are nearly all there are, and `packaging` takes longer to import than a check
         of a graph may take in all. Whatever is not plain goes to `packaging`.
Ignores: which pack the version belongs to.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Release: TypeAlias = tuple[int, ...]

_OPERATORS = (">=", "<=", "==", "!=", "~=", ">", "<")  # longer ones first
_DIGITS = "0123456789"


class BadRange(ValueError):
    """The range is not in the notation."""


class BadVersion(ValueError):
    """The installed version is not in the notation, so no range can hold it."""


def fits(range_: str, version: str) -> bool:
    """Whether the version lies in the range; pre-releases count like any other version.

    >>> fits(">=0.1,<1", "0.4.1"), fits("~=0.3.0", "0.4.1"), fits("", "7")
    (True, False, True)
    """
    plain = _plainly(range_, version)
    return _by_packaging(range_, version) if plain is None else plain


def _plainly(range_: str, version: str) -> bool | None:
    """The answer when range and version consist of plain numbers, else None."""
    have = _release(version)
    if have is None:
        return None
    answer = True
    for clause in range_.split(",") if range_.strip() else ():
        text = clause.strip()
        operator = next((operator for operator in _OPERATORS if text.startswith(operator)), None)
        want = _release(text.removeprefix(operator).strip()) if operator not in (None, "~=") else None
        if operator is None or want is None:
            return None
        answer = answer and _holds(have, operator, want)
    return answer


def _release(text: str) -> Release | None:
    parts = text.split(".")
    if len(text) > 100 or any(part == "" or part.strip(_DIGITS) for part in parts):
        return None
    return tuple(int(part) for part in parts)


def _holds(have: Release, operator: str, want: Release) -> bool:
    length = max(len(have), len(want))  # 1.0 equals 1.0.0
    have += (0,) * (length - len(have))
    want += (0,) * (length - len(want))
    if operator == ">=":
        return have >= want
    if operator == "<=":
        return have <= want
    if operator == "==":
        return have == want
    if operator == "!=":
        return have != want
    return have > want if operator == ">" else have < want


def _by_packaging(range_: str, version: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        wanted = SpecifierSet(range_)
    except InvalidSpecifier as error:
        raise BadRange(range_) from error
    try:
        have = Version(version)
    except InvalidVersion as error:
        raise BadVersion(version) from error
    return wanted.contains(have, prereleases=True)
