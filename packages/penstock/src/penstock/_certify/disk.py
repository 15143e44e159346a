"""A disk that writes down what it was asked to do, so that power cuts can be played afterwards.

Takes:   a directory in which SQLite works, through a file system layer of our own (apsw's VFS).
Gives:   `RecordingDisk`: `connection`, what a `SqliteStore` is opened with; `operations`, in order; `mark`.
Ignores: which states a cut may leave (`states.py`), and what must hold in them (`workload.py`).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import apsw

CHECKPOINT = 40  # pages in the log before they are moved, instead of thousands: cuts are to hit many such moves


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the disk was asked to do, or a `mark` of what had been acknowledged by then."""

    kind: str  # write, truncate, sync, delete, mark
    file: str = ""  # name inside the directory
    at: int = 0  # offset of a write, new size of a truncate
    data: bytes = b""
    facts: Any = None  # of a mark


class RecordingDisk:
    """Passes everything on to the real disk, and remembers it."""

    def __init__(self, name: str = "penstock-recording") -> None:
        self.operations: list[Operation] = []
        self._layer = _Layer(name, self.operations)
        self._name = name

    def mark(self, facts: Any) -> None:
        """Something was acknowledged; what came before is what it rests on."""
        self.operations.append(Operation("mark", facts=facts))

    @property
    def connection(self) -> type[sqlite3.Connection]:
        """A class that opens databases on this disk, and behaves like the one of the standard library."""
        return connection_over(self._name)

    def close(self) -> None:
        """Take the layer away again; call it when every connection is closed."""
        self._layer.unregister()


def connection_over(layer: str) -> type[sqlite3.Connection]:
    """A class that opens databases through a layer of this name, and behaves like the one of the standard library."""

    class Through(_Connection):
        vfs = layer

    return Through  # type: ignore[return-value]  # it has what a store uses of a connection, and no more


class _Layer(apsw.VFS):
    def __init__(self, name: str, operations: list[Operation]) -> None:
        super().__init__(name, "")
        self._operations = operations

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return _File(name, flags, self._operations)

    def xDelete(self, name: str, syncdir: bool) -> None:
        super().xDelete(name, syncdir)
        self._operations.append(Operation("delete", os.path.basename(name)))


class _File(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], operations: list[Operation]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._file = os.path.basename(path or "")
        self._operations = operations
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._operations.append(Operation("write", self._file, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._operations.append(Operation("truncate", self._file, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._operations.append(Operation("sync", self._file))


class _Cursor:
    def __init__(self, rows: Iterator[Any], db: apsw.Connection) -> None:
        self._rows = rows
        self.rowcount = db.changes()
        self.lastrowid = db.last_insert_rowid()

    def __iter__(self) -> Iterator[Any]:
        return self._rows

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int) -> list[Any]:
        return list(islice(self._rows, size))

    def fetchall(self) -> list[Any]:
        return list(self._rows)


class _Connection:
    """What a store uses of `sqlite3.Connection`, over apsw."""

    vfs = ""

    def __init__(self, path: str, timeout: float = 5.0, **_: Any) -> None:
        try:
            self._db = apsw.Connection(path, vfs=self.vfs)
            self._db.set_busy_timeout(int(timeout * 1000))
        except apsw.Error as error:
            raise _as_known(error) from error

    def execute(self, sql: str, values: Sequence[Any] = ()) -> _Cursor:
        if sql.startswith("PRAGMA wal_autocheckpoint"):
            sql = f"PRAGMA wal_autocheckpoint={CHECKPOINT}"
        try:
            return _Cursor(self._db.execute(sql, tuple(values)), self._db)
        except apsw.Error as error:
            raise _as_known(error) from error

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> _Cursor:
        try:
            return _Cursor(self._db.executemany(sql, list(rows)), self._db)
        except apsw.Error as error:
            raise _as_known(error) from error

    def executescript(self, sql: str) -> _Cursor:
        return self.execute(sql)

    @property
    def in_transaction(self) -> bool:
        return self._db.in_transaction

    def close(self) -> None:
        self._db.close()


def _as_known(error: apsw.Error) -> sqlite3.Error:
    if isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
        return sqlite3.DatabaseError(str(error))
    return sqlite3.OperationalError(str(error))
