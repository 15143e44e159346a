"""Read a file line by line from a byte position, plain or gzip, without ever holding more than one line.

Takes:   a path, the position that was committed last, the longest line to hand over.
Gives:   `read_lines`: each line with the position behind it; `see_file`.
Ignores: what the lines mean.

The file is known again by its first line: a position carries a digest of it, so that a rotated or replaced file is
noticed instead of being read from the middle.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from typing import IO, Any, NamedTuple

from penstock_standard.errors import BrokenCompression, CannotRead, OtherInput

_BUFFER = 1 << 18
_HEAD = 1024  # bytes of the first line that count for its digest
_MAGIC = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"

Position = Mapping[str, Any]  # offset (bytes of the content), line (how many), head (digest of the first line)


class Line(NamedTuple):
    """One line without its newline, and the position behind it; `cut` when only its beginning is in `data`."""

    data: bytes
    position: dict[str, Any]
    cut: bool


def read_lines(path: str, start: Position | None, *, limit: int, unfinished: bool = True) -> Iterator[Line]:
    """Lines of a file behind the position `start`; from the beginning when that is None.

    With gzip, offsets count decompressed bytes.  `unfinished` says whether a last line without newline is handed over.
    Raises `CannotRead`, `OtherInput` or `BrokenCompression`.
    """
    with _opened(path) as file:
        head, offset, number = _find(file, path, start)
        longest = limit + 2  # with \r\n
        readline = file.readline
        try:
            while line := readline(longest):
                size = len(line)
                if line[-1] == 10:
                    data = line[:-2] if line[-2:-1] == b"\r" else line[:-1]
                else:
                    rest, ended = _skip_line(file) if size == longest else (0, False)
                    if not (ended or unfinished):
                        return
                    data = line
                    size += rest
                cut = len(data) > limit
                if cut:
                    data = data[:limit]
                if offset == 0 and data.startswith(_BOM):
                    data = data[3:]
                offset += size
                number += 1
                yield Line(data, {"offset": offset, "line": number, "head": head}, cut)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BrokenCompression(path, offset, str(error)) from error


def see_file(path: str) -> None:
    """Raise `CannotRead` now rather than at the first line."""
    with _opened(path):
        pass


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    try:
        file = io.BufferedReader(io.FileIO(path), _BUFFER)
    except OSError as error:
        raise CannotRead(path, error.strerror or str(error)) from error
    with file:
        try:
            packed = file.peek(2)[:2] == _MAGIC
        except OSError as error:  # a directory can be opened, but not read
            raise CannotRead(path, error.strerror or str(error)) from error
        yield io.BufferedReader(_Unpacked(file), _BUFFER) if packed else file


class _Unpacked(io.RawIOBase):
    """The content of a gzip file. `GzipFile` itself would lose what it had unpacked when the stream breaks off."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = gzip.GzipFile(fileobj=file)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: Any) -> int:
        data = self._file.read1(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _find(file: IO[bytes], path: str, start: Position | None) -> tuple[str, int, int]:
    """Go behind `start`: the digest of the first line, the offset and the number of lines before it."""
    try:
        first = file.readline(_HEAD)
        head = blake2b(first.rstrip(b"\r\n"), digest_size=8).hexdigest()
        if start is None or start["offset"] == 0:
            file.seek(0)
            return head, 0, 0
        if start["head"] != head:
            raise OtherInput(path, "its first line is another one")
        offset, number = int(start["offset"]), int(start["line"])
        if file.seek(offset - 1) != offset - 1 or not (before := file.read(1)):
            raise OtherInput(path, f"it ends before byte {offset}, up to which it has been read")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BrokenCompression(path, 0, str(error)) from error
    if before != b"\n":  # the last line had no newline then; it may have got one since
        offset += _newline(file)
    return head, offset, number


def _newline(file: IO[bytes]) -> int:
    """Step over a newline, if one comes next; how long it is."""
    here = file.tell()
    following = file.read(2)
    length = 1 if following[:1] == b"\n" else 2 if following == b"\r\n" else 0
    file.seek(here + length)
    return length


def _skip_line(file: IO[bytes]) -> tuple[int, bool]:
    """Pass over the rest of a line, piece by piece; its length, and whether it ended with a newline."""
    skipped = 0
    while piece := file.readline(_BUFFER):
        if piece.endswith(b"\n"):
            return skipped + len(piece), True
        skipped += len(piece)
    return skipped, False
