"""Turn digits into an integer, if it is one that every reader of ours can also print.

Takes:   digits, with or without a sign, and their base.
Gives:   `integer`: the exact number, or None.
Ignores: floats; each language has its own.
"""

from __future__ import annotations

MAX_DIGITS = 4300  # decimal ones: what Python converts by default
MAX_INTEGER: int = 10**MAX_DIGITS - 1


def integer(text: str, base: int = 10) -> int | None:
    """The exact number, or None when it has more than `MAX_DIGITS` decimal digits.

    >>> integer("-9007199254740993"), integer("9" * 4301)
    (-9007199254740993, None)
    """
    try:
        # the length first: a long decimal takes long when the interpreter was told to set no limit
        number = int(text, base) if len(text) <= MAX_DIGITS + 1 else None
    except ValueError:  # past the limit that this interpreter was given
        return None
    return number if number is not None and printable(number) else None


def printable(number: int) -> bool:
    """Whether the number has at most `MAX_DIGITS` decimal digits."""
    return -MAX_INTEGER <= number <= MAX_INTEGER
