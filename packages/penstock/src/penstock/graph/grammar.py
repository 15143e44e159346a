"""Decide what a single text or number of a graph file means: names, durations, ends of links.

Takes:   one value, as the file has it.
Gives:   `is_id`, `is_variable`, `split_end`, `seconds`; None where a value means nothing. `duration`, the way back.
Ignores: where the value stands, which values are wanted there (`fields`), what is said about bad ones (`read`).
"""

from __future__ import annotations

_LOWER = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"
_IN_ID = _LOWER + _DIGITS + "_-"
_IN_VARIABLE = _LOWER + _LOWER.upper() + _DIGITS + "_"
_UNITS = (("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86400.0))

LONGEST_ID = 63
ID_RULE = "begin with a letter a-z, then letters, digits, `_` and `-`, 63 characters at most"
VARIABLE_RULE = "use letters, digits and `_`, and do not begin with a digit"
DURATION_RULE = "write a number of seconds, or a number with a unit: `500ms`, `2s`, `5m`, `1h`, `7d`"


def is_id(text: str) -> bool:
    """Whether graphs, nodes, channels, groups and tags may be called so.

    >>> [is_id(text) for text in ("zone-1", "Zone", "1st", "", "x" * 64)]
    [True, False, False, False, False]
    """
    return 0 < len(text) <= LONGEST_ID and text[0] in _LOWER and not text.strip(_IN_ID)


def is_variable(text: str) -> bool:
    """Whether an environment variable may be called so (POSIX, with lower case allowed)."""
    return text != "" and text[0] not in _DIGITS and not text.strip(_IN_VARIABLE)


def split_end(text: str) -> tuple[str, str | None] | None:
    """The name and the port of a link's end; None when it is neither `name` nor `name.port`.

    >>> split_end("zone.out"), split_end("zone"), split_end("a.b.c"), split_end("zone.")
    (('zone', 'out'), ('zone', None), None, None)
    """
    name, dot, port = text.partition(".")
    if not _is_word(name) or (dot and not _is_word(port)):
        return None
    return name, port if dot else None


def _is_word(text: str) -> bool:
    """Looser than an id, so that a misspelt name is still looked up and gets the better finding."""
    return text != "" and not text.strip(_IN_VARIABLE + "-")


def seconds(value: str) -> float | None:
    """The seconds in a text such as `500ms`; None when it is not a duration. The sign is for others to judge.

    >>> seconds("500ms"), seconds("1.5h"), seconds("-5s"), seconds("5 m"), seconds("1e3s")
    (0.5, 5400.0, -5.0, None, None)
    """
    for unit, factor in _UNITS:
        number = value.removesuffix(unit)
        if number != value and not number[-1:].isalpha():
            return float(number) * factor if _is_number(number) else None
    return None


def duration(value: float) -> str:
    """Seconds as a text that `seconds` reads, in the largest unit that leaves a short number.

    >>> duration(0.25), duration(90), duration(604800), duration(0), duration(0.0005)
    ('250ms', '90s', '7d', '0', '0.0005s')
    """
    if value == 0:
        return "0"
    for unit, factor in reversed(_UNITS):
        number = value / factor
        if number >= 1 and abs(number - round(number)) < 1e-9:
            return f"{round(number)}{unit}"
    return f"{value}s"


def _is_number(text: str) -> bool:
    whole, dot, part = text.removeprefix("-").partition(".")
    return len(text) <= 30 and _is_digits(whole) and (not dot or _is_digits(part))


def _is_digits(text: str) -> bool:
    return text != "" and not text.strip(_DIGITS)
