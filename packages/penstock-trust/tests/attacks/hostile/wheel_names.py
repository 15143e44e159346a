"""Wheels with paths that lead out, collide, or are more than files.

Gives:   more of `WHEELS`, each of which makes the bytes of a wheel.
Ignores: what the files hold (`wheel_contents`).
"""

from __future__ import annotations

import sys

from hostile.archive import (
    FIFO,
    FILE,
    LINK,
    PACKAGE,
    Member,
    Wheel,
    digest_of,
    files_of,
    wheel_of,
)
from hostile.wheeling import EVIL, NODES, WHEELS, made


def _named(path: str | bytes, **words: object) -> bytes:
    """A member with this name, listed in RECORD as that, if it can be written there."""
    wheel = Wheel()
    text = path.decode("utf-8", "replace") if isinstance(path, bytes) else path
    wheel.rows = lambda rows: rows.update({text: (digest_of(EVIL), str(len(EVIL)))})
    wheel.further.append(Member(path, EVIL, **words))  # type: ignore[arg-type]  # the words of `Member`, handed through
    return wheel.packed()


_CSV = "record" if sys.version_info < (3, 11) else ""  # whose `csv` reads no NUL
_OUTSIDE = {  # besides, nobody declared what they are the top level of, or RECORD cannot say them
    "a path begins by climbing out": "toplevels",
    "a path is absolute": "toplevels",
    "a path has a NUL": _CSV,
    "a path has a drive": "toplevels",
    "a path has a backslash": "toplevels",
}
for _name, _path in {
    "a path climbs out": f"{PACKAGE}/../../evil.py",
    "a path begins by climbing out": "../evil.py",
    "a path is absolute": "/etc/cron.d/evil",
    "a path has a backslash": f"{PACKAGE}\\evil.py",
    "a path has a drive": "C:/evil.py",
    "a path has an empty part": f"{PACKAGE}//evil.py",
    "a path has a dot for a part": f"{PACKAGE}/./evil.py",
    "a path has a NUL": f"{PACKAGE}/evil.py\0.txt",
    "a path has a line break": f"{PACKAGE}/evil\n.py",
    "a path has an escape for the terminal": f"{PACKAGE}/\x1b[2Kevil.py",
    "a path is a device of Windows": f"{PACKAGE}/CON.py",
    "a path ends with a dot": f"{PACKAGE}/evil.py.",
    "a path ends with a space": f"{PACKAGE}/evil.py ",
    "a path names a stream of NTFS": f"{PACKAGE}/nodes.py:evil",
    "a path is a million characters long": f"{PACKAGE}/{'e' * 60_000}.py",
}.items():
    WHEELS.add(_name, f"paths {_OUTSIDE.get(_name, '')}", "T206", lambda path=_path: _named(path))


for _name, _path in {
    "a path turns the reading direction": f"{PACKAGE}/\u202eyp.live.py",
    "a path has a character that nobody sees": f"{PACKAGE}/ev\u200bil.py",
}.items():
    WHEELS.add(_name, "collisions", "T207", lambda path=_path: _named(path))


@WHEELS.by("paths reading", "T206")
def a_path_is_no_UTF8() -> bytes:
    return _named(f"{PACKAGE}/".encode() + b"ev\xffil.py", flags=0x800)


@WHEELS.by("collisions", "T207")
def two_paths_differ_in_case_only() -> bytes:
    return wheel_of({f"{PACKAGE}/Nodes.py": EVIL})


@WHEELS.by("collisions paths", "T207")
def two_paths_look_alike_to_a_filesystem() -> bytes:
    return wheel_of({f"{PACKAGE}/caf\u00e9.py": b"", f"{PACKAGE}/cafe\u0301.py": EVIL})


@WHEELS.by("collisions", "T207")
def two_paths_fold_to_one() -> bytes:
    return wheel_of({f"{PACKAGE}/stra\u00dfe.py": b"", f"{PACKAGE}/strasse.py": EVIL})


@WHEELS.by("collisions", "T207")
def a_path_is_a_file_and_a_folder() -> bytes:
    return wheel_of({f"{PACKAGE}/nodes.py/evil.py": EVIL})


@WHEELS.by("links", "T208")
def a_member_is_a_symbolic_link() -> bytes:
    wheel = Wheel(files={**files_of(), f"{PACKAGE}/link.py": b"/etc/passwd"})
    wheel.packing[f"{PACKAGE}/link.py"] = {"mode": LINK | 0o777}
    return wheel.packed()


@WHEELS.by("links", "T208")
def a_member_is_a_pipe() -> bytes:
    wheel = Wheel(files={**files_of(), f"{PACKAGE}/pipe": b""})
    wheel.packing[f"{PACKAGE}/pipe"] = {"mode": FIFO | 0o644}
    return wheel.packed()


@WHEELS.by("links", "T208")
def a_member_runs_as_its_owner() -> bytes:
    return made(packing={NODES: {"mode": FILE | 0o4755}})


@WHEELS.by("links absent", "T208")
def a_folder_has_contents() -> bytes:
    return _named(f"{PACKAGE}/folder/")
