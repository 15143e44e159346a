"""JSON documents as they come from outside: how deep, how big, and with which numbers.

Takes:   parsed JSON; numbers may be `int`, `float` or `Decimal`.
Gives:   `survey` of a document; `number`, `exact`, and back again `plain`.
Ignores: what the document means.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from penstock_contracts.budget import CannotDecide

MAX_DEPTH = 2_000  # levels of lists and objects
MAX_SIZE = 3_000_000  # values in one document
MAX_EXPONENT = 5_000  # decimal places on either side of the point
_MARKS = frozenset(
    ("$id", "id", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef", "$recursiveAnchor", "$ref")
)


@dataclass(frozen=True, slots=True)
class Survey:
    """What a quick walk saw: which marking keywords occur anywhere, how deep it goes, whether there are inexact numbers."""

    marks: frozenset[str]
    depth: int
    size: int
    floats: bool


def survey(document: Any) -> Survey:
    """Walk the whole document once, level by level; raises `CannotDecide` where it is too deep or too big, or no JSON."""
    marks: set[str] = set()
    floats = False
    level = [document]
    depth = size = 0
    while level:
        depth += 1
        size += len(level)
        if depth > MAX_DEPTH:
            raise CannotDecide("budget", f"nested more than {MAX_DEPTH} levels deep")
        if size > MAX_SIZE:
            raise CannotDecide("budget", f"more than {MAX_SIZE} values in one document")
        below: list[Any] = []
        for value in level:
            kind = type(value)
            if kind is dict:
                if not _MARKS.isdisjoint(value):
                    marks.update(_MARKS.intersection(value))
                below.extend(value.values())
            elif kind is list:
                below.extend(value)
            elif kind is float or kind is Decimal:
                floats = True
            elif not (kind is str or kind is int or kind is bool or value is None):
                raise CannotDecide("invalid-schema", f"`{kind.__name__}` is no JSON")
        level = below
    return Survey(frozenset(marks), depth, size, floats)


def number(value: Any) -> Any:
    """The exact value of a number: an `int` if it is whole, else a `Fraction`. A float is the decimal that it prints as."""
    if type(value) is int:
        return value
    decimal = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not decimal.is_finite():
        raise CannotDecide("unsupported", f"the number {value} is none of JSON, or was read without its digits")
    exponent = decimal.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > MAX_EXPONENT or abs(decimal.adjusted()) > MAX_EXPONENT:
        raise CannotDecide("budget", f"a number with more than {MAX_EXPONENT} places")
    fraction = Fraction(decimal)
    return fraction.numerator if fraction.denominator == 1 else fraction


def exact(value: Any) -> Any:
    """A copy with exact numbers only (see `number`)."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is list:
        return [exact(member) for member in value]
    if kind is dict:
        return {key: exact(member) for key, member in value.items()}
    return number(value)


def plain(value: Any, *, floats: bool = True) -> Any:
    """A copy without fractions: a number that is not whole is a float where that is exact, else a `Decimal`.

    Without `floats` it is always a `Decimal`.
    """
    kind = type(value)
    if kind is Fraction:
        decimal = _decimal(value)
        if floats:
            near = float(value)
            if Decimal(repr(near)) == decimal:
                return near
        return decimal
    if kind is list:
        return [plain(member, floats=floats) for member in value]
    if kind is dict:
        return {key: plain(member, floats=floats) for key, member in value.items()}
    return value


def decimals(value: Any) -> Any:
    """A copy of a document with a `Decimal` (or an `int`, if whole) for every float, as an exact validator needs it."""
    kind = type(value)
    if kind is dict:
        return {key: decimals(member) for key, member in value.items()}
    if kind is list:
        return [decimals(member) for member in value]
    if kind is float or kind is Decimal:
        return plain(number(value), floats=False)
    return value


def _decimal(value: Fraction) -> Decimal:
    """The finite decimal that a fraction is; every number here was one, or lies between two."""
    denominator = value.denominator
    places = 0
    for prime in (2, 5):
        power = 0
        while denominator % prime == 0:
            denominator //= prime
            power += 1
        places = max(places, power)
    if denominator != 1:
        raise ValueError(f"{value} is no finite decimal")
    digits = value.numerator * 10**places // value.denominator
    return Decimal((int(digits < 0), tuple(map(int, str(abs(digits)))), -places))
