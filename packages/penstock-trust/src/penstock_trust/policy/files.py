"""Read a small regular file, and nothing else: no device, no pipe, nothing without end.

Takes:   a path and the most bytes it may have.
Gives:   `read_small`.
Ignores: what the bytes mean.
"""

from __future__ import annotations

import os
import stat

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def read_small(path: str | os.PathLike[str], limit: int) -> bytes:
    """All bytes of the file.

    Raises `OSError` when it cannot be read, is not a regular file or has more than `limit` bytes, and `ValueError` for
    a name that no file can have.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("it is not a regular file")
        data = b""
        while len(data) <= limit and (more := os.read(descriptor, limit + 1 - len(data))):
            data += more
        if len(data) > limit:
            raise OSError(f"it has more than {limit} bytes")
        return data
    finally:
        os.close(descriptor)
