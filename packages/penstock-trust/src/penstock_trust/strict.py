"""Read what strangers wrote so that it can only be read in one way, and write so that there is only one way.

Takes:   bytes of JSON or base64.
Gives:   `json_of`, `canonical`, `base64_of`, `base64_text`; whatever could be read in two ways is a `Refusal`.
Ignores: what the values mean.
"""

from __future__ import annotations

import binascii
import json

from penstock_trust.refusal import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, NoReturn

LIMIT = 1 << 20  # bytes
DEPTH = 40  # levels of lists and objects
BRACKETS = 20_000  # lists and objects, at most
COMMAS = 100_000  # between items, at most; a mebibyte of small numbers takes 100 ms to read
DIGITS = 20  # a whole number has no more; u64 fits


def json_of(data: bytes, what: str, *, limit: int = LIMIT, code: str = "T102", floats: bool = True) -> Any:
    """The JSON value in `data`; `what` names it in messages, such as "the bundle `x`".

    Refuses: more than `limit` bytes (T101), and with `code`: text that is not UTF-8, a byte order mark, a key written
    twice, NaN and Infinity, huge numbers, lone surrogates, nesting deeper than `DEPTH`.
    """
    if len(data) > limit:
        raise Refusal("T101", f"{what} has more than {limit} bytes")
    if data.count(b"[") + data.count(b"{") > BRACKETS:
        raise Refusal(code, f"{what} has more than {BRACKETS} lists and objects")
    if data.count(b",") > COMMAS:
        raise Refusal(code, f"{what} has more than {COMMAS} items")

    def refuse(why: str) -> NoReturn:
        raise Refusal(code, f"{what} is not JSON that can be read in one way only: {why}")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                refuse(f"the key {key[:60]!r} is written twice")
            found[key] = value
        return found

    def whole(digits: str) -> int:
        return int(digits) if len(digits) <= DIGITS else refuse(f"the number {digits[:20]}... is too long")

    def real(digits: str) -> float:
        return float(digits) if floats and len(digits) <= 40 else refuse(f"{digits[:20]} is no whole number")

    try:
        text = data.decode("utf-8")
        value = json.loads(
            text, object_pairs_hook=once, parse_int=whole, parse_float=real, parse_constant=lambda word: refuse(word)
        )
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate cannot be encoded
    except UnicodeError:
        refuse("it is not UTF-8")
    except (ValueError, RecursionError) as error:
        refuse(str(error)[:100])
    if _depth(value) > DEPTH:
        refuse(f"it is nested deeper than {DEPTH} levels")
    return value


def _depth(value: Any) -> int:
    """How deep lists and objects nest."""
    depth, level = 0, [value]
    while level := [item for one in level for item in _inside(one)]:
        depth += 1
    return depth


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values() or (None,)
    return (value or (None,)) if isinstance(value, list) else ()


def canonical(value: Any) -> bytes:
    """The one way in which we write a JSON value: keys sorted, no spaces, UTF-8, no floats.

    >>> canonical({"b": 1, "a": [True, None, "é"]}).decode()
    '{"a":[true,null,"é"],"b":1}'
    """
    return json.dumps(
        _without_floats(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode("utf-8")


def _without_floats(value: Any) -> Any:
    if isinstance(value, float):
        raise TypeError("a float has more than one spelling, so canonical JSON has none")
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("keys of canonical JSON are text")
        for item in value.values():
            _without_floats(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _without_floats(item)
    return value


def base64_of(text: object, what: str, *, code: str = "T103") -> bytes:
    """The bytes that `text` spells in base64: standard alphabet, padded, no other bits, no white space."""
    if not isinstance(text, str):
        raise Refusal(code, f"{what} is not base64")
    try:
        data = binascii.a2b_base64(text.encode("ascii"))  # what it lets pass is not the canonical spelling
    except (ValueError, UnicodeError) as error:
        raise Refusal(code, f"{what} is not base64: {str(error)[:80]}") from error
    if base64_text(data) != text:
        raise Refusal(code, f"{what} is base64 that is not spelled in the one canonical way")
    return data


def base64_text(data: bytes) -> str:
    """The canonical base64 spelling of `data`."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")
