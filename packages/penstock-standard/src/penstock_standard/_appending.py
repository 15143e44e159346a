"""Append to a file whose committed length is remembered somewhere else, and committed there.

Takes:   a path, the memory (what the store vouches for), bytes.
Gives:   `AppendedFile`: `check` before a run, `append`, `close`.
Ignores: what the bytes mean, when the memory is committed.

Whatever lies behind the committed length was written by a step that did not come to its end, and is cut off before
the next bytes are written.  While the store vouches for nothing yet, a file beside the file, `.claim`, says that a
first write was begun: without it nothing that is already there is touched.  And should that first write turn out to be
somebody else's, it has only been moved aside.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, BinaryIO

from penstock_standard.errors import CannotWrite, ChangedByOthers, FileCut, FileInUse, NotOurFile

if sys.platform != "win32":
    import fcntl

Memory = MutableMapping[str, Any]  # path -> {"file": how often it was begun anew, "length": committed bytes}

_taken: set[str] = set()  # real paths that sinks of this process have open


class AppendedFile:
    """One file that grows. Between two commits of the memory it may be appended to any number of times."""

    def __init__(self, path: str, *, sync: bool = True) -> None:
        self.path = path
        self._sync = sync
        self._claim = path + ".claim"
        self._file: BinaryIO | None = None
        self._turn = 0  # which beginning of the file we write
        self._left: int | None = None  # length after our last append; None: look at everything afresh
        self._claimed = False
        real = os.path.realpath(path)
        if real in _taken:
            raise FileInUse(path)
        _taken.add(real)
        self._real = real

    def check(self, memory: Memory) -> None:
        """Raise `NotOurFile` or `FileCut` when the file, as it stands, must not be written; the file is not changed."""
        while True:
            # in this order, because another process may be writing: its claim goes when the memory is committed, and
            # the file is never shorter than what was committed before one looked
            try:
                claim = self._claimed_turn()
                known = memory.get(self.path)
                length = os.stat(self.path).st_size
            except FileNotFoundError:
                return
            except OSError as error:
                raise CannotWrite(self.path, error.strerror or str(error)) from error
            try:
                vouched = self._vouched(length, claim, known)
            except (FileCut, NotOurFile):
                if (self._claimed_turn(), memory.get(self.path)) != (claim, known):
                    continue  # somebody has begun to write meanwhile
                raise
            if vouched:
                _remove(self._claim)  # of a process that was killed after its first commit
            return

    def append(self, data: bytes, memory: Memory) -> None:
        """Write `data` behind the committed length, wait until it is on the disk, and note the new length."""
        if self._left is None:
            self._begin(memory)
        assert self._file is not None  # _begin has seen to it
        known = memory.get(self.path)
        committed = known["length"] if known and known["file"] == self._turn else 0
        with _alone(self._file):
            length = _length(self._file)
            if length != self._left:
                self._left = None
                raise ChangedByOthers(self.path)
            self._left = None  # should we fail from here on, we look again
            if length > committed:
                self._file.truncate(committed)
            self._file.seek(committed)
            self._file.write(data)
            self._file.flush()
            if self._sync:
                os.fsync(self._file.fileno())
        memory[self.path] = {"file": self._turn, "length": committed + len(data)}
        self._left = committed + len(data)

    def close(self, memory: Memory) -> None:
        """Close the file. A claim is given back when something was committed: whoever stops in good order has seen to it."""
        _taken.discard(self._real)
        if self._file is not None:
            self._file.close()
        known = memory.get(self.path)
        if self._claimed and known is not None and known["file"] == self._turn:
            _remove(self._claim)

    def _begin(self, memory: Memory) -> None:
        """Find out where we stand: going on with the file, or beginning it (anew)."""
        known = memory.get(self.path)
        try:
            if not self._is_ours(known):
                self._open(known)
            self._left = _length(self._file)  # type: ignore[arg-type]  # open by now
        except OSError as error:
            raise CannotWrite(self.path, error.strerror or str(error)) from error

    def _is_ours(self, known: Any) -> bool:
        """Whether we have the file open already, and nobody has put another one in its place or begun it anew."""
        if self._file is None or (known is not None and known["file"] != self._turn):
            return False
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), os.stat(self.path))
        except FileNotFoundError:
            return False

    def _open(self, known: Any) -> None:
        if self._file is not None:
            self._file.close()
        self._file = _opened(self.path, make_directory=known is None)
        length = _length(self._file)
        if self._vouched(length, self._claimed_turn(), known):
            self._turn = known["file"]
            _remove(self._claim)
            return
        if length:
            self._file.close()
            _move_aside(self.path)
            self._file = _opened(self.path, make_directory=False)
        self._turn = _next(known)
        with open(self._claim, "wb") as claim:
            claim.write(b"%d" % self._turn)
            claim.flush()
            os.fsync(claim.fileno())
        self._claimed = True
        _sync_directory(self.path)

    def _claimed_turn(self) -> int | None:
        """Which beginning of the file somebody has claimed and perhaps not committed; -1 when the claim is torn."""
        try:
            with open(self._claim, "rb") as claim:
                text = claim.read(20)
        except FileNotFoundError:
            return None
        return int(text) if text.isdigit() else -1

    def _vouched(self, length: int, claim: int | None, known: Any) -> bool:
        """Whether the store vouches for what is in the file; raises when nobody does."""
        if claim == _next(known) or (claim == -1 and length == 0):
            return False
        if known is not None and length >= known["length"]:
            return True
        if length == 0:
            return False
        raise FileCut(self.path, length, known["length"]) if known else NotOurFile(self.path)


def _next(known: Any) -> int:
    return known["file"] + 1 if known else 0


def _opened(path: str, *, make_directory: bool) -> BinaryIO:
    """The file, made when it is not there; its directory is made only for a path that is used for the first time.

    Later a missing directory is more likely a disk that is not mounted.
    """
    if make_directory:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+b")


def _sync_directory(path: str) -> None:
    """Make the names beside a path as durable as their contents."""
    if os.name == "posix":
        handle = os.open(os.path.dirname(path) or ".", os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _move_aside(path: str) -> None:
    number = 1
    while os.path.exists(f"{path}.aside-{number}"):
        number += 1
    os.rename(path, f"{path}.aside-{number}")


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def _length(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


@contextmanager
def _alone(file: BinaryIO) -> Iterator[None]:
    """Keep others from writing at the same moment; on Windows only a lost lease keeps them."""
    if sys.platform != "win32":
        fcntl.flock(file.fileno(), fcntl.LOCK_EX)
    try:
        yield
    finally:
        if sys.platform != "win32":
            fcntl.flock(file.fileno(), fcntl.LOCK_UN)
