"""Write the files that a user has asked for: whole, or not at all.

Takes:   a path from the command line, what is to stand there.
Gives:   `look_ahead`, which complains before the work is done; `write_whole`; `CannotWriteFile`.
Ignores: stores, which write their own files.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress

from penstock_findings import Location, PenstockError


class CannotWriteFile(PenstockError):
    """A file that was asked for cannot be written where it was asked for."""

    code = "R405"
    exit_code = 2


def look_ahead(path: str | None) -> None:
    """Raise `CannotWriteFile` when it is plain already that the file cannot be written; nothing is made or changed."""
    if path is None:
        return
    if not path:
        raise _refusal(path, "it has no name")
    folder = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise _refusal(path, "its folder is not there")
    written = [path] if os.path.exists(path) else []
    if _is_ordinary(path):  # what is new is written beside it, and takes its place
        written.append(folder)
    if not all(os.access(place, os.W_OK) for place in written):
        raise _refusal(path, "permission denied")


def write_whole(path: str, pieces: Iterable[bytes]) -> None:
    """Put the pieces into the file, on the disk; until that is done, what was there before stays.

    Raises `CannotWriteFile`. What stands for no ordinary file, such as /dev/stdout, is written as it comes.
    """
    ordinary = _is_ordinary(path)
    work = f"{path}.{os.getpid()}.part" if ordinary else path  # another command may be writing the same file
    try:
        with open(work, "wb") as file:
            file.writelines(pieces)
            file.flush()
            if ordinary:
                os.fsync(file.fileno())
        if ordinary:
            os.replace(work, path)
    except BaseException as error:  # an interrupted command leaves nothing either
        if ordinary:
            with suppress(OSError):
                os.unlink(work)
        if isinstance(error, OSError):
            raise _refusal(path, (error.strerror or str(error)).lower()) from error
        raise


def _is_ordinary(path: str) -> bool:
    """Whether it is a file, or may become one; /dev/stdout is none."""
    return not os.path.exists(path) or os.path.isfile(path)


def _refusal(path: str, why: str) -> CannotWriteFile:
    return CannotWriteFile(
        f"cannot write `{path}`: {why}", at=Location(path=path), hint="name a file in a folder that is there"
    )
