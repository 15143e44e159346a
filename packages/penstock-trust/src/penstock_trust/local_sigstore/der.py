"""Write the little DER that a timestamp needs, and read the little that a request for one holds.

Takes:   Python values.
Gives:   `sequence`, `set_of`, `integer`, `oid`, `octets`, `utf8`, `moment`, `tagged`; `parts`, which takes a value apart.
Ignores: everything else of X.690; certificates are the business of `cryptography`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

NULL = b"\x05\x00"


def tagged(tag: int, content: bytes) -> bytes:
    """A value with this tag byte."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*values: bytes) -> bytes:
    """The values, in order."""
    return tagged(0x30, b"".join(values))


def set_of(*values: bytes) -> bytes:
    """The values, in the order that DER wants."""
    return tagged(0x31, b"".join(sorted(values)))


def integer(value: int) -> bytes:
    """A whole number, not negative.

    >>> integer(128).hex()
    '02020080'
    """
    return tagged(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(value: bytes) -> bytes:
    """Plain bytes."""
    return tagged(0x04, value)


def utf8(text: str) -> bytes:
    """A UTF8String."""
    return tagged(0x0C, text.encode("utf-8"))


def oid(dotted: str) -> bytes:
    """An object identifier.

    >>> oid("1.2.840.113549").hex()
    '06062a864886f70d'
    """
    first, second, *rest = (int(part) for part in dotted.split("."))
    return tagged(0x06, b"".join(_base128(arc) for arc in (first * 40 + second, *rest)))


def _base128(arc: int) -> bytes:
    out = [arc & 0x7F]
    while arc := arc >> 7:
        out.append(0x80 | (arc & 0x7F))
    return bytes(reversed(out))


def moment(time: datetime) -> bytes:
    """A GeneralizedTime in UTC, whole seconds."""
    return tagged(0x18, time.strftime("%Y%m%d%H%M%SZ").encode("ascii"))


def parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """`(tag, content)` of each value in `data`, one after the other. Raises `ValueError` where it ends too soon."""
    at = 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            many = size & 0x7F
            size, at = int.from_bytes(data[at : at + many], "big"), at + many
        if at + size > len(data):
            raise ValueError("the value ends too soon")
        yield tag, data[at : at + size]
        at += size
