"""Change the fields of a payload.

Takes:   what to rename, copy, set, cast, remove and keep, by JSON Pointer.
Gives:   `Map`.
Ignores: computation; whoever needs an expression writes a transform of five lines.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import field
from typing import Any, Literal, TypeVar

from penstock import Context, Record, node
from penstock_standard._pointers import MISSING, Pointer, PointerText, as_text
from penstock_standard.errors import CannotCast, Missing

T = TypeVar("T", int, float)
Wanted = Literal["integer", "number", "string", "boolean"]
Change = Callable[[Any], Any]  # payload -> payload; neither is changed in place


@node("map")
class Map:
    """Rename, copy, set, cast, remove and keep fields of a record; in this order, whatever the order in the file.

    Ports:   in -> out, 1 record out for each one in, order kept.
    State:   none.
    Effects: none, so replay may run it again.
    Errors:  N203 when a value cannot be cast, or cannot be put where it should go; N201 when `missing` is `reject`
             and a field to rename, copy or cast, or the one for `key`, is not there.
    """

    rename: dict[PointerText, PointerText] = field(default_factory=dict)  # pointer -> new pointer
    copy: dict[PointerText, PointerText] = field(default_factory=dict)  # pointer -> further pointer
    set: dict[PointerText, Any] = field(default_factory=dict)  # pointer -> value
    cast: dict[PointerText, Wanted] = field(default_factory=dict)  # pointer -> type
    remove: list[PointerText] = field(default_factory=list)  # pointers
    keep: list[PointerText] | None = None  # pointers; everything else goes
    key: PointerText | None = None  # pointer into the changed payload: the record's new key
    missing: Literal["skip", "reject"] = "skip"  # what to do about a field that is not there

    def __post_init__(self) -> None:
        strict = self.missing == "reject"
        self._changes: list[Change] = [
            *(_move(Pointer(old), Pointer(new), strict, keep=False) for old, new in self.rename.items()),
            *(_move(Pointer(old), Pointer(new), strict, keep=True) for old, new in self.copy.items()),
            *(_set(Pointer(pointer), value) for pointer, value in self.set.items()),
            *(_cast(Pointer(pointer), wanted, strict) for pointer, wanted in self.cast.items()),
            *(Pointer(pointer).without for pointer in self.remove),
        ]
        if self.keep is not None:
            self._changes.append(_keep([Pointer(pointer) for pointer in self.keep]))
        self._key = Pointer(self.key) if self.key is not None else None

    def process(self, record: Record, ctx: Context) -> Record:
        """Make the changed record."""
        payload = record.payload
        for change in self._changes:
            payload = change(payload)
        if self._key is None:
            return record.derive(payload)
        key = as_text(self._key.find(payload))
        if key is None and self.missing == "reject":
            raise Missing(self._key.text)
        return record.derive(payload, key=key)


def _put(payload: Any, pointer: Pointer, value: Any) -> Any:
    changed = pointer.put(payload, value)
    if changed is MISSING:
        raise CannotCast(pointer.text, payload, "a place for a value")
    return changed


def _move(old: Pointer, new: Pointer, strict: bool, *, keep: bool) -> Change:
    def change(payload: Any) -> Any:
        value = old.find(payload)
        if value is MISSING:
            if strict:
                raise Missing(old.text)
            return payload
        return _put(payload if keep else old.without(payload), new, value)

    return change


def _set(pointer: Pointer, value: Any) -> Change:
    return lambda payload: _put(payload, pointer, value)


def _keep(pointers: list[Pointer]) -> Change:
    def change(payload: Any) -> Any:
        kept: Any = {}
        for pointer in pointers:
            value = pointer.find(payload)
            if value is not MISSING:
                kept = _put(kept, pointer, value)
        return kept

    return change


def _cast(pointer: Pointer, wanted: Wanted, strict: bool) -> Change:
    convert = _CASTS[wanted]

    def change(payload: Any) -> Any:
        value = pointer.find(payload)
        if value is MISSING:
            if strict:
                raise Missing(pointer.text)
            return payload
        try:
            return pointer.put(payload, convert(value))
        except (TypeError, ValueError, OverflowError):
            raise CannotCast(pointer.text, value, wanted) from None

    return change


def _parse(number: Callable[[str], T], text: str) -> T:
    if "_" in text:  # Python's own spelling
        raise ValueError("it is not a number")
    return number(text)


def _integer(value: Any) -> int:
    if isinstance(value, str):
        return _parse(int, value)
    if isinstance(value, float) and not value.is_integer():
        raise ValueError("it has a fraction")
    if not isinstance(value, (int, float)):
        raise TypeError("it is not a number")
    return int(value)


def _number(value: Any) -> int | float:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        return value
    if not isinstance(value, str):
        raise TypeError("it is not a number")
    try:
        return _parse(int, value)
    except ValueError:
        made = _parse(float, value)
    if not math.isfinite(made):
        raise ValueError("it is not finite")
    return made


def _string(value: Any) -> str:
    text = as_text(value)
    if text is None:
        raise TypeError("it is not a scalar")
    return text


def _boolean(value: Any) -> bool:
    words = {"true": True, "false": False, "1": True, "0": False}
    text = as_text(value)
    if text is None or text.lower() not in words:
        raise ValueError("it is neither true nor false")
    return words[text.lower()]


_CASTS: dict[str, Callable[[Any], Any]] = {
    "integer": _integer,
    "number": _number,
    "string": _string,
    "boolean": _boolean,
}
