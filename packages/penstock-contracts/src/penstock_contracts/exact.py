"""Read and write JSON without losing a digit.

Takes:   text, or values of plain JSON types where numbers are integers, decimals or floats.
Gives:   `parse`, `text_of`, `digest_of`, `is_deep`; `Shapes`, which tells equal values by number.
Ignores: places; `Source` has those.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_DEPTH = 128  # as everywhere in Penstock: lists and objects within each other
_WHOLE = 100  # decimals with no more digits than this that are whole numbers are read as integers


class NotPlain(ValueError):
    """JSON that a hasty parser would read and that is none: a key twice, NaN, no end to the nesting."""


def parse(text: str) -> Any:
    """The value; numbers with a point or an exponent become integers when they are whole, else `Decimal`.

    Raises `NotPlain`, or `ValueError` for what is no JSON at all.

    >>> parse('[1.0, 0.1, 1e400]')[:2]
    [1, Decimal('0.1')]
    """
    try:
        value = _DECODER.decode(text)
    except RecursionError as error:
        raise NotPlain("too deep") from error
    if is_deep(value):
        raise NotPlain("too deep")
    return value


def parse_released(text: str) -> Any:
    """The same, where a key that stands there twice has its last value, as nearly every parser has it."""
    value = _LENIENT.decode(text)
    if is_deep(value):
        raise NotPlain("too deep")
    return value


def exactly(value: Any) -> Any:
    """The value with floats as the decimals that they were most likely written as."""
    if isinstance(value, dict):
        return {key: exactly(member) for key, member in value.items()}
    if isinstance(value, list):
        return [exactly(member) for member in value]
    return _number(repr(value)) if isinstance(value, float) else value


def text_of(value: Any, *, indent: int | None = None, sort_keys: bool = False) -> str:
    """The value as JSON; decimals with all their digits.

    >>> text_of({"a": [Decimal("0.10"), True, None]})
    '{"a": [0.10, true, null]}'
    """
    exotic: dict[str, str] = {}
    text = json.dumps(_marked(value, exotic), ensure_ascii=False, indent=indent, sort_keys=sort_keys)
    for mark, number in exotic.items():
        text = text.replace(f'"{mark}"', number)
    return text


def digest_of(value: Any) -> str:
    """`sha256:` and 64 hex digits over the value as JSON with sorted keys and no blanks."""
    from hashlib import sha256

    exotic: dict[str, str] = {}
    text = json.dumps(_marked(value, exotic), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for mark, number in exotic.items():
        text = text.replace(f'"{mark}"', number)
    return "sha256:" + sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal as JSON: 1 is 1.0 and is not true.

    >>> same([1], [True]), same({"a": 1}, {"a": Decimal("1.0")})
    (False, True)
    """
    shapes = Shapes()
    return shapes.of(one) == shapes.of(other)


class Shapes:
    """Number values so that two have one number exactly when they are equal as JSON. Keeps what it was asked about."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self._known: dict[int, tuple[Any, int]] = {}

    def of(self, value: Any) -> int:
        """The number of the value; each list and object is looked at once, however often it is asked about."""
        if not isinstance(value, (dict, list)):
            return self._numbered(_leaf(value))
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        if isinstance(value, dict):
            number = self._numbered(("o", frozenset((key, self.of(member)) for key, member in value.items())))
        else:
            number = self._numbered(("a", tuple(self.of(member) for member in value)))
        self._known[id(value)] = (value, number)  # the value as well, so that its id stays its own
        return number

    def _numbered(self, key: Any) -> int:
        return self._numbers.setdefault(key, len(self._numbers))


def _leaf(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return ("w", value)
    if isinstance(value, (int, Decimal)):
        return ("n", value)  # Python hashes and compares these by their worth
    return ("n", _number(repr(value))) if isinstance(value, float) else ("s", value)


def _marked(value: Any, exotic: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _marked(member, exotic) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_marked(member, exotic) for member in value]
    if isinstance(value, Decimal):
        mark = f"\ue000{len(exotic)}\ue001{id(exotic)}"
        exotic[mark] = str(value)
        return mark
    return value


def _members(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotPlain("a key is there twice")
    return members


def _constant(name: str) -> Any:
    raise NotPlain(name)


def _number(text: str) -> Any:
    number = Decimal(text)
    if number.is_finite() and 0 <= number.adjusted() < _WHOLE and number == number.to_integral_value():
        return int(number)
    return 0 if number == 0 else number


_LENIENT = json.JSONDecoder(parse_float=_number, parse_constant=_constant)
_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_float=_number, parse_constant=_constant)


def is_deep(value: Any) -> bool:
    """Whether lists and objects are nested more than `MAX_DEPTH` levels deep."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        inside = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer)]
        level = [inner for inner in inside if isinstance(inner, (dict, list))]
    return bool(level)
