"""Make wheels with one thing wrong about them, in a line each.

Gives:   `WHEELS`, which the modules `wheel_*` fill; `made`, a wheel with edits; `row`, an edit of RECORD; things to bring.
Ignores: what is an attack.
"""

from __future__ import annotations

from hostile.archive import (
    PACKAGE,
    Rows,
    Wheel,
)
from hostile.attack import Collection

WHEELS = Collection("wheel")
NODES = f"{PACKAGE}/nodes.py"
EVIL = b"raise SystemExit('owned')\n"
ELF = b"\x7fELF\x02\x01\x01" + bytes(57)
MACHO = b"\xcf\xfa\xed\xfe" + bytes(60)
DLL = b"MZ" + bytes(62)


def made(**words: object) -> bytes:
    """The bytes of a wheel with these edits."""
    return Wheel(**words).packed()  # type: ignore[arg-type]  # the words of `Wheel`, handed through


def row(path: str, digest: str | None = None, size: str | None = None):  # type: ignore[no-untyped-def]  # an edit
    """Say something else in the row of this path."""

    def edit(rows: Rows) -> None:
        rows[path] = (rows[path][0] if digest is None else digest, rows[path][1] if size is None else size)

    return edit
