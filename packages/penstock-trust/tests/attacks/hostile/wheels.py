"""Wheels that pip installs, or might install, and that have to be refused before anybody installs them.

Gives:   `WHEELS`: each attack makes the bytes of a wheel named `archive.FILENAME`; `DECENT`: wheels that look odd and are not.
Ignores: signatures; every one of these could be signed.
"""

from __future__ import annotations

from hostile import wheel_archives as wheel_archives
from hostile import wheel_contents as wheel_contents
from hostile import wheel_names as wheel_names
from hostile import wheel_records as wheel_records
from hostile.archive import (
    FILE,
    INFO,
    PACKAGE,
    STORED,
    Member,
    Wheel,
    archive,
    digest_of,
    files_of,
    wheel_of,
)
from hostile.wheeling import NODES, made, row
from hostile.wheeling import WHEELS as WHEELS


def _stored() -> bytes:
    wheel = Wheel()
    wheel.packing = {path: {"method": STORED} for path in wheel.files}
    return wheel.packed()


DECENT = {
    "a plain wheel": wheel_of,
    "a wheel that is not packed": _stored,
    "a wheel made on MS-DOS": lambda: archive(
        [Member(one.name, one.data, mode=0, system=0) for one in Wheel().members()]
    ),
    "a wheel with executable files": lambda: made(packing={NODES: {"mode": FILE | 0o755}}),
    "a wheel with SHA-512": lambda: made(rows=row(NODES, digest_of(files_of()[NODES], "sha512"))),
    "a wheel with licences": lambda: wheel_of({f"{INFO}/licenses/LICENSE": b"Do as you like.\n"}),
    "a wheel with a path that needs quoting": lambda: wheel_of({f"{PACKAGE}/a, b.txt": b"text\n"}),
    "a wheel with an accent": lambda: wheel_of({f"{PACKAGE}/caf\u00e9.txt": b"text\n"}),
    "a wheel with an empty file": lambda: wheel_of({f"{PACKAGE}/py.typed": b""}),
    "a wheel with a folder deep down": lambda: wheel_of({f"{PACKAGE}/a/b/c/d/e.py": b""}),
}
