"""JSON text with exact numbers, and equality as JSON means it.

Takes:   JSON text, or JSON values as Python has them.
Gives:   `loads`, `dumps`, `exactly` (no binary floats), `canonical` (a key for equality: 1 is 1.0, 1 is not true).
Ignores: schemas.
"""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any


def loads(text: str) -> Any:
    """The value of JSON text; a number with a point or an exponent is a `Decimal`, spelled as it was."""
    return json.loads(text, parse_float=Decimal)


def _whole(number: Decimal) -> Any:
    if number == number.to_integral_value() and number.adjusted() < 400:
        return int(number)
    return number


def exactly(value: Any) -> Any:
    """The same value without binary floats, whole numbers as `int`."""
    if isinstance(value, float):
        return _whole(Decimal(repr(value)))
    if isinstance(value, Decimal):
        return _whole(value)
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else Decimal(value.numerator) / Decimal(value.denominator)
    if isinstance(value, (list, tuple)):
        return [exactly(each) for each in value]
    if isinstance(value, dict):
        return {key: exactly(each) for key, each in value.items()}
    return value


def dumps(value: Any) -> str:
    """JSON text of a value; Decimals keep their digits."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {dumps(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(dumps, value)) + "]"
    return json.dumps(value)


def canonical(value: Any) -> Any:
    """A hashable that is equal for two JSON values exactly when JSON says that they are."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return (type(value).__name__, value)
    if isinstance(value, list):
        return ("list", tuple(map(canonical, value)))
    if isinstance(value, dict):
        return ("dict", frozenset((key, canonical(each)) for key, each in value.items()))
    return ("number", Fraction(str(value)) if isinstance(value, float) else Fraction(value))
