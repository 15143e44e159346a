"""Change bytes at random, by the byte and by the structure, the same way for the same seed.

Takes:   a seeded `random.Random` and texts to begin with.
Gives:   `mutated`: one text more or less broken; it knows JSON, base64 inside of JSON, lines, and plain bytes.
Ignores: who reads it (`fuzz`).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

BYTES = (b"\0", b"\xff", b"\n", b"\r\n", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"=", b"PK\x03\x04", b"PK\x05\x06",
         b"\xef\xbb\xbf", "\u202e".encode(), b"..", b"/", b"0", b"-1", b"1e999", b"null", b"true", b"NaN", b"\\ud800")  # fmt: skip  # as they come
NUMBERS = (0, 1, -1, 255, 256, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**53 + 1, 2**63, 2**64, 2**64 - 1, 10**30)
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, "", " ", "0", "-1", "18446744073709551616", "\x00", "\ud7ff\uffff", "a" * 300, [], {}, [[]], [{}], {"": ""},
    "AAAA", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "sha256", "https://",
    *NUMBERS,
)  # fmt: skip  # as they come


def _spot(draw: Random, data: bytes) -> int:
    return draw.randrange(len(data) + 1)


def flip(draw: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    """Turn some bits over."""
    made = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 8))):
        if made:
            made[draw.randrange(len(made))] ^= 1 << draw.randrange(8)
    return bytes(made)


def insert(draw: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    """Put something in."""
    at = _spot(draw, data)
    return data[:at] + draw.choice(BYTES) * draw.choice((1, 1, 2, 50)) + data[at:]


def cut(draw: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    """Take something out."""
    at = _spot(draw, data)
    return data[:at] + data[at + draw.choice((1, 2, 4, 16, 100)) :]


def short(draw: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    """End early."""
    return data[: _spot(draw, data)]


def repeat(draw: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    """Say a piece again."""
    at = _spot(draw, data)
    piece = data[at : at + draw.choice((4, 20, 100, 1000))]
    return data[:at] + piece * draw.choice((2, 3, 20)) + data[at:]


def splice(draw: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    """Go on as another text does."""
    other = draw.choice(pool)
    return data[: _spot(draw, data)] + other[_spot(draw, other) :]


def number(draw: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    """Write a number of two, four or eight bytes over what is there."""
    size = draw.choice((2, 4, 8))
    at = _spot(draw, data)
    value = draw.choice(NUMBERS) % (1 << (8 * size))
    return data[:at] + value.to_bytes(size, "little") + data[at + size :]


def lines(draw: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    """Move, double or drop a line."""
    made = data.split(b"\n")
    line = made.pop(draw.randrange(len(made)))
    for _ in range(draw.choice((0, 1, 1, 2))):
        made.insert(draw.randrange(len(made) + 1), line)
    return b"\n".join(made)


def word(draw: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    """Exchange a word for another one of the same text."""
    words = data.split(b" ")
    if len(words) > 1:
        words[draw.randrange(len(words))] = draw.choice(words)
    return b" ".join(words)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a JSON value, with each of its keys."""
    found: list[tuple[Any, Any]] = []
    todo = [value]
    while todo:
        one = todo.pop()
        items = one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ()
        for key, inner in items:
            found.append((one, key))
            todo.append(inner)
    return found


def structure(draw: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    """Change one value of a JSON text: another value, none, a copy, the bytes inside of base64."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return flip(draw, data, pool)
    found = places(value)
    if not found:
        return insert(draw, data, pool)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        holder, key = draw.choice(found)
        if isinstance(holder, list) and key >= len(holder):
            continue
        if isinstance(holder, dict) and key not in holder:
            continue
        _change(draw, holder, key, found, pool)
    try:
        return json.dumps(value).encode()
    except (ValueError, RecursionError):  # a value that holds itself
        return flip(draw, data, pool)


def _change(draw: Random, holder: Any, key: Any, found: list[tuple[Any, Any]], pool: Sequence[bytes]) -> None:
    kind = draw.randrange(6)
    if kind == 0:
        holder[key] = draw.choice(VALUES)
    elif kind == 1:
        del holder[key]
    elif kind == 2:
        other, place = draw.choice(found)
        try:
            holder[key] = json.loads(json.dumps(other[place]))
        except (KeyError, IndexError, ValueError, RecursionError):
            holder[key] = None
    elif kind == 3 and isinstance(holder, list):
        holder.extend([holder[key]] * draw.choice((1, 2, 40)))
    elif kind == 3:
        holder[str(key) + draw.choice(("", "_", "2", "\u200b"))] = holder[key]
    else:
        holder[key] = _text(draw, holder[key], pool)


def _text(draw: Random, value: Any, pool: Sequence[bytes]) -> Any:
    """A text, or the bytes that it spells in base64 or in hexadecimal, a little different."""
    if not isinstance(value, str):
        return draw.choice(VALUES)
    try:
        inner = base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        inner = b""
    if len(inner) > 8 and draw.random() < 0.8:
        return base64.b64encode(draw.choice(PLAIN if draw.random() < 0.5 else ANY)(draw, inner, pool)).decode()
    return draw.choice(PLAIN)(draw, value.encode("utf-8", "surrogatepass"), pool).decode("utf-8", "replace")


Mutation = Callable[[Random, bytes, Sequence[bytes]], bytes]
PLAIN: tuple[Mutation, ...] = (flip, insert, cut, short, repeat, splice, number, lines, word)
ANY: tuple[Mutation, ...] = (*PLAIN, structure, structure, structure, structure)


def mutated(draw: Random, pool: Sequence[bytes]) -> bytes:
    """One of the texts, changed once or a few times."""
    data = draw.choice(pool)
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        data = draw.choice(ANY)(draw, data, pool)
    return data[: 1 << 20]
