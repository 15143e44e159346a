"""Say what a plain scalar means in the core schema of YAML 1.2 (chapter 10.3).

Takes:   the text of a scalar without quotes.
Gives:   `resolve`: null, a boolean, an exact integer, a finite float, or the text itself.
Ignores: tags, quotes and places; `yaml_text` knows those.
"""

from __future__ import annotations

import re

from penstock_findings._parsers.numbers import integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock_findings.finding import JSON

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_BEYOND = frozenset(
    [sign + word for word in (".inf", ".Inf", ".INF") for sign in ("", "-", "+")] + [".nan", ".NaN", ".NAN"]
)
_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_NUMBER_STARTS = frozenset("+-.0123456789")
_DIGITS = {"0o": frozenset("01234567"), "0x": frozenset("0123456789abcdefABCDEF")}
_BASES = {"0o": 8, "0x": 16}


class NotJSONError(ValueError):
    """A scalar that YAML allows and JSON has no number for; the message says why."""


def resolve(text: str) -> JSON:
    """What a plain scalar means in the core schema of YAML 1.2.

    Raises `NotJSONError` for infinities, not-a-number, floats that overflow and integers beyond `MAX_DIGITS` digits.

    >>> [resolve(text) for text in ("no", "0123", "1_000", "0o17", "1e3", "~")]
    ['no', 123, '1_000', 15, 1000.0, None]
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    digits = text[1:] if text[0] in "+-" else text
    if digits.isdigit() and digits.isascii():
        return _exact(text, 10)
    prefix = text[:2]
    if prefix in _DIGITS:
        return _exact(text[2:], _BASES[prefix]) if text[2:] and _DIGITS[prefix].issuperset(text[2:]) else text
    if text in _BEYOND:
        raise NotJSONError("has no counterpart in JSON")
    if re.fullmatch(_FLOAT, text) is None:
        return text
    number = float(text)
    if number - number == 0:  # neither infinite nor nan
        return number
    raise NotJSONError("is too large for a float")


def may_be_other(text: str) -> bool:
    """Whether a plain scalar may mean something else than its text; cheaper than `resolve`."""
    return text in _WORDS or text[0] in _NUMBER_STARTS


def _exact(digits: str, base: int) -> int:
    number = integer(digits, base)
    if number is None:
        raise NotJSONError("has too many digits")
    return number
