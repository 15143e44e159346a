"""Look up, put in and take out values of a JSON payload by JSON Pointer (RFC 6901).

Takes:   a pointer as text, read once; payloads of dicts, lists and scalars.
Gives:   `Pointer`, `PointerText` for config fields; `MISSING` for what is not there.
Ignores: records. Nothing here changes a payload: `put` and `without` answer with a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec

from penstock_standard.errors import BadPointer

Getter = Callable[[Any], Any]

# The text of a pointer in a config: its schema lets `penstock check` see what is none.
PointerText = Annotated[str, msgspec.Meta(pattern="^(/([^/~]|~[01])*)*$", extra_json_schema={"format": "json-pointer"})]


class Missing:
    """The value of what is not there; there is one, `MISSING`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


class Pointer:
    """One JSON Pointer, split; `find` is made for being called often."""

    __slots__ = ("find", "text", "tokens")

    text: str
    tokens: tuple[str, ...]
    find: Getter  # payload -> the value there, or MISSING

    def __init__(self, text: str) -> None:
        if text and not text.startswith("/"):
            raise BadPointer(text, "it neither is empty nor starts with `/`")
        if text.replace("~0", "").replace("~1", "").count("~"):
            raise BadPointer(text, "`~` stands only in `~0` and `~1`")
        self.text = text
        self.tokens = tuple(token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:])
        self.find = _getter(self.tokens)

    def put(self, payload: Any, value: Any) -> Any:
        """The payload with `value` there; objects on the way are made, `-` appends to a list.

        MISSING when the way leads through a scalar or past the end of a list.
        """
        return _put(payload, self.tokens, value)

    def without(self, payload: Any) -> Any:
        """The payload with nothing there; the payload itself when there was nothing."""
        return payload if self.find(payload) is MISSING else _without(payload, self.tokens)


def as_text(value: Any) -> str | None:
    """A value as a key: text stays, other scalars as JSON; None for nothing, null, lists and objects.

    >>> as_text("gate-1"), as_text(7), as_text(None)
    ('gate-1', '7', None)
    """
    if type(value) is str:
        return value
    if value is None or value is MISSING or isinstance(value, (dict, list)):
        return None
    return msgspec.json.encode(value).decode()


def _index(token: str, length: int) -> int | None:
    if not (token.isascii() and token.isdigit()) or (token[0] == "0" and token != "0"):
        return None
    index = int(token)
    return index if index < length else None


def _getter(tokens: tuple[str, ...]) -> Getter:
    if len(tokens) == 1:
        return _member(tokens[0])
    steps = [_member(token) for token in tokens]

    def find(payload: Any) -> Any:
        for step in steps:
            payload = step(payload)
        return payload

    return find


def _member(token: str) -> Getter:
    def find(value: Any) -> Any:
        if type(value) is dict:
            return value.get(token, MISSING)
        if type(value) is list:
            index = _index(token, len(value))
            return MISSING if index is None else value[index]
        return MISSING

    return find


def _put(payload: Any, tokens: tuple[str, ...], value: Any) -> Any:
    if not tokens:
        return value
    first, rest = tokens[0], tokens[1:]
    if payload is MISSING:
        payload = {}
    if isinstance(payload, dict):
        inner = _put(payload.get(first, MISSING), rest, value)
        return MISSING if inner is MISSING else {**payload, first: inner}
    if not isinstance(payload, list):
        return MISSING
    if first == "-":
        inner = _put(MISSING, rest, value)
        return MISSING if inner is MISSING else [*payload, inner]
    index = _index(first, len(payload))
    if index is None:
        return MISSING
    inner = _put(payload[index], rest, value)
    return MISSING if inner is MISSING else [*payload[:index], inner, *payload[index + 1 :]]


def _without(payload: Any, tokens: tuple[str, ...]) -> Any:
    if not tokens:
        return None
    first, rest = tokens[0], tokens[1:]
    if isinstance(payload, dict):
        if not rest:
            return {name: value for name, value in payload.items() if name != first}
        return {**payload, first: _without(payload[first], rest)}
    index = int(first)
    inner = [_without(payload[index], rest)] if rest else []
    return [*payload[:index], *inner, *payload[index + 1 :]]
