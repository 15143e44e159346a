"""Read a small regular file, and nothing else: no device, no pipe, nothing without end.

Takes:   a path and the most bytes it may have.
Gives:   `read_small`.
Ignores: what the bytes mean.
"""

from __future__ import annotations

import os
import stat

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


class TooLarge(OSError):
    """The file has more bytes than a file of its kind needs."""


def read_small(path: str, limit: int) -> bytes:
    """All bytes of the file; `OSError` when it cannot be read, `TooLarge` when it has more than `limit`.

    A named pipe does not block: it is no regular file, and says so.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(f"`{path}` is not a regular file")
        if facts.st_size > limit:
            raise TooLarge(f"`{path}` has {facts.st_size} bytes, the limit is {limit}")
        data = os.read(descriptor, facts.st_size + 1)
        if len(data) == facts.st_size:
            return data  # a short answer is the end, for a regular file
        while len(data) <= limit and (more := os.read(descriptor, limit + 1 - len(data))):
            data += more
        if len(data) > limit:  # it grew while we were reading
            raise TooLarge(f"`{path}` has more than {limit} bytes")
        return data
    finally:
        os.close(descriptor)
