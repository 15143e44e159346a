"""Carry a store elsewhere as text: one JSON object a line, that any version of SQLite and any machine can read.

Takes:   an attached `SqliteStore`; such a text and an empty directory.
Gives:   `lines`, `carried_in`.
Ignores: who holds what: leases and claims are given back on the way, as after a kill.

The first line says what it is, the last one how many rows there are and their digest. Bytes are base64 in `{"b": ...}`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from reprlib import repr as short
from typing import Any

from penstock._store.interface import StoreError
from penstock._store.sqlite import SqliteStore
from penstock._store.sqlite_file import FILE
from penstock._store.sqlite_file import FORMAT as STORE_FORMAT
from penstock._tending.books import COUNTED, Books
from penstock._tending.verify import verify
from penstock_findings import Finding, Location, PenstockError

FORMAT = 1
_STORES = (3, STORE_FORMAT)  # formats of stores with the same tables: 4 only compresses in another way
KIND = "penstock-store"
LONGEST = 256 << 20  # characters of one line; a block of records is one row
_WORK = ".import-"  # how the names of unfinished stores begin
_MOST = 20  # findings before reading on is of no use

# table -> columns, in the order of their primary key; what is held by somebody is carried as held by nobody
TABLES: Mapping[str, tuple[str, ...]] = {
    "meta": ("name", "value"),
    "runs": ("run", "digest", "began", "ended", "outcome", "commits"),
    "channels": ("name", "next", "kept"),
    "blocks": ("channel", "seq", "count", "time", "crc", "broken", "ids", "roots", "parents", "body"),
    "cursors": ("channel", "cursor", "next"),
    "leases": ("channel", "cursor", "start", "stop"),
    "parked": ("id", "node", "port", "subject", "lane", "attempts", "first", "due", "causes", "body", "delay"),
    "timers": ("node", "key", "due", "payload", "parent", "correlation"),
    "state": ("node", "key", "value"),
    "positions": ("source", "position", "count"),
    "seen": ("key", "rest", "digest", "until"),
    "seen_new": ("id", "until", "entries"),
    "dead": (
        "id",
        "node",
        "port",
        "subject",
        "record",
        "correlation",
        "reason",
        "class",
        "attempts",
        "causes",
        "time",
        "encoding",
        "body",
    ),
    "steps": ("id", "stage", "intake", "start", "inputs", "time", "ids", "outcomes"),
    "totals": ("subject", "measure", "reason", "n"),
    "orders": ("id", "kind", "body", "who", "time"),
    "notes": ("id", "run", "time", "kind", "facts"),
    "sqlite_sequence": ("name", "seq"),  # ids that were given once are not given again
}
_FILLED = {"leases": {"owner": "", "fence": 0, "until": 0}}  # columns that are not carried
_KEYS = {
    "blocks": 2, "cursors": 2, "leases": 3, "timers": 2, "state": 2, "totals": 3,
}  # fmt: skip  # columns of a primary key that has more than one
_OWN_META = "name NOT IN ('flushes')"
_MARKED = {"meta", "sqlite_sequence", "seen_new"}  # tables that say together how far dedup has come


class BadCarriage(PenstockError):
    """A text that is no store, or is one that was cut, changed, or made by a version to come."""

    code = "S210"
    exit_code = 1


def lines(store: SqliteStore) -> Iterator[str]:
    """The store as lines of text, as of one moment; the same store gives the same lines."""
    with store.moment():
        yield _line({"kind": KIND, "format": FORMAT, "store": STORE_FORMAT, "graph": store.graph()})
        digest, rows = hashlib.sha256(), 0
        for table, columns in TABLES.items():
            key = ", ".join(columns[: _KEYS.get(table, 1)])
            where = f" WHERE {_OWN_META}" if table == "meta" else ""
            for row in store.db.execute(f"SELECT {', '.join(columns)} FROM {table}{where} ORDER BY {key}"):
                text = _line({"t": table, "r": [_plain(value) for value in row]})
                digest.update(text.encode())
                rows += 1
                yield text
        yield _line({"end": rows, "sha256": digest.hexdigest()})


def carried_in(
    text: Iterable[str],
    directory: str,
    path: str | None = None,
    *,
    longest: int = LONGEST,
    connection: type[sqlite3.Connection] = sqlite3.Connection,
) -> int:
    """Make a store of such lines, each of `longest` characters at the most, in an empty or new directory; the number of rows.

    Raises `BadCarriage` with everything that is wrong, and `StoreError` where no store can be made; the directory is then
    as it was.
    """
    is_new = not os.path.isdir(directory)
    if not is_new and _has_something(directory):
        raise _taken(directory)
    try:
        os.makedirs(directory, exist_ok=True)
        work = tempfile.mkdtemp(prefix=_WORK, dir=directory)  # inside: it may be a mount, or the only place to write to
    except OSError as error:
        raise _unmade(directory, error) from error
    try:
        rows = _filled(SqliteStore(work, ack="power", connection=connection), text, path, longest)
        _put(os.path.join(work, FILE), directory)
    except BaseException as error:
        shutil.rmtree(work, ignore_errors=True)
        if is_new:
            with suppress(OSError):
                os.rmdir(directory)
        if isinstance(error, (OSError, sqlite3.Error)):
            raise _unmade(directory, error) from error
        raise
    for name in os.listdir(directory):  # ours, and those of imports that were killed
        if name.startswith(_WORK):
            shutil.rmtree(os.path.join(directory, name), ignore_errors=True)
    return rows


def _has_something(directory: str) -> bool:
    return any(not name.startswith(_WORK) for name in os.listdir(directory))


def _put(file: str, directory: str) -> None:
    """Put a finished file where it is to be; the directory keeps its owner and mode."""
    if _has_something(directory):
        raise _taken(directory)
    target = os.path.join(directory, FILE)
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))  # nobody else's, from here on
    except FileExistsError:  # since it was looked at
        raise _taken(directory) from None
    os.replace(file, target)


def _taken(directory: str) -> BadCarriage:
    return BadCarriage(f"`{directory}` is not empty", hint="name a directory that is new or empty", code="S211")


def _unmade(directory: str, error: OSError | sqlite3.Error) -> StoreError:
    why = error.strerror if isinstance(error, OSError) else error
    return StoreError(f"cannot make `{directory}`: {why}", at=Location(path=directory), code="S101")


def _filled(store: SqliteStore, text: Iterable[str], path: str | None, longest: int) -> int:
    reader = _Reader(path, longest)
    header: Mapping[str, Any] | None = None
    try:
        for number, line in enumerate(reader.readable(text), 1):
            value = reader.value(number, line)
            if header is None:
                header = reader.header(number, value)
                store.open(str(header["graph"]), ())
                store.db.execute("BEGIN")
                for table in TABLES:
                    store.db.execute(f"DELETE FROM {table}")
            else:
                reader.row(store.db, number, line, value)
            if len(reader.findings) >= _MOST:
                break
        reader.finish(store.db if header is not None else None)
        store.db.execute("COMMIT")
        wrong = [Finding(f.code, f.message, Location(path=path), hint=f.hint) for f in verify(store)]
        if wrong:
            raise BadCarriage("what was carried is no sound store", findings=wrong)
        store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return reader.rows
    finally:
        store.close()


class _Reader:
    """Reads line by line, and remembers what is wrong."""

    def __init__(self, path: str | None, longest: int) -> None:
        self.findings: list[Finding] = []
        self._longest = longest
        self.rows = 0
        self._path = path
        self._digest = hashlib.sha256()
        self._unfit: set[str] = set()  # tables of which a row is wrong
        self._books: Books | None = None
        self._end: Mapping[str, Any] | None = None

    def complain(self, number: int, what: str, hint: str | None = None) -> None:
        """Something is wrong in a line."""
        self.findings.append(Finding("S210", what, Location(path=self._path, line=number), hint=hint))

    def refuse(self) -> BadCarriage:
        """The error for everything that was found."""
        return BadCarriage("this cannot be made a store", findings=self.findings)

    def readable(self, text: Iterable[str]) -> Iterator[str]:
        """The lines, up to one that is no text, or that has no end; of a file no more than that is read at once."""
        readline = getattr(text, "readline", None)
        if readline is not None:
            text = iter(partial(readline, self._longest + 1), "")
        try:
            for line in text:
                yield line
                if len(line) > self._longest:
                    break
        except UnicodeDecodeError:
            self.complain(
                self.rows + 1, "from about here on this is no UTF-8 text", "the file was changed, or is compressed"
            )

    def value(self, number: int, line: str) -> Any:
        """What a line says; None, with a finding, when it says nothing."""
        if len(line) > self._longest:
            self.complain(number, f"the line has more than {self._longest:,} characters")
            return None
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            self.complain(number, "the line is no JSON", "the file was cut or changed")
            return None

    def header(self, number: int, value: Any) -> Mapping[str, Any]:
        """The first line; raises when nothing else can be read because of it."""
        if not isinstance(value, dict) or value.get("kind") != KIND or not isinstance(value.get("graph"), str):
            self.complain(number, "this is no exported store", "one is written by `penstock store export`")
        elif value.get("format") != FORMAT or value.get("store") not in _STORES:
            what = f"format {value.get('format')} of stores of format {value.get('store')}"
            self.complain(number, f"this is {what}; this Penstock reads {FORMAT} of {STORE_FORMAT}")
        elif not value["graph"] or not value["graph"].isprintable():
            self.complain(number, f"no graph has the name {short(value['graph'])}", "export the store again")
        if self.findings:
            raise self.refuse()
        self._books = Books(value)
        return value  # type: ignore[no-any-return]  # looked at above

    def row(self, db: sqlite3.Connection, number: int, line: str, value: Any) -> None:
        """One row, put into its table; or the last line."""
        if value is None or self._books is None:
            return
        if self._end is not None:
            self.complain(number, "there is something after the end")
            return
        if isinstance(value, dict) and value.keys() == {"end", "sha256"}:
            self._end = value
            return
        table = value.get("t") if isinstance(value, dict) and value.keys() == {"t", "r"} else None
        columns = TABLES.get(table) if isinstance(table, str) else None
        if columns is None or not isinstance(value["r"], list) or len(value["r"]) != len(columns):
            self.complain(number, "this is no row of a store")
            return
        self._digest.update((line.rstrip("\n") + "\n").encode("utf-8", "surrogatepass"))
        self.rows += 1
        if table in COUNTED and (wrong := self._books.wrong(str(table), value["r"], number)):
            self._misfit(str(table), number, *wrong)
            return
        more = _FILLED.get(str(table), {})
        names = ", ".join([*columns, *more])
        marks = ", ".join("?" * (len(columns) + len(more)))
        try:
            if table == "sqlite_sequence":  # the rows before have begun to count anew
                db.execute("DELETE FROM sqlite_sequence WHERE name=?", (value["r"][0],))
            db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", [*map(_value, value["r"]), *more.values()])
        except sqlite3.OperationalError:  # which the row cannot help: the disk is full
            raise
        except (sqlite3.Error, ValueError, TypeError, OverflowError) as error:
            self._misfit(str(table), number, f"this row does not fit into `{table}`: {error}")

    def _misfit(self, table: str, number: int, what: str, hint: str | None = None) -> None:
        self._unfit.add(table)
        self.complain(number, what, hint)

    def finish(self, db: sqlite3.Connection | None) -> None:
        """After the last line; raises with everything that is wrong. There is no `db` when there was no first line."""
        if db is None and not self.findings:
            self.complain(1, "the file is empty", "one is written by `penstock store export`")
        elif self._end is None and not self.findings:
            self.complain(self.rows + 2, "the end is missing", "the file was cut")
        elif self._end is not None and self._end != {"end": self.rows, "sha256": self._digest.hexdigest()}:
            self.complain(self.rows + 2, "the rows are not those that were written", "the file was changed")
        if self._end is not None and db is not None and self._books is not None:
            for what, hint in self._books.missing():
                self.complain(self.rows + 2, what, hint)
            if not self._unfit & _MARKED and (misplaced := self._books.misplaced(db)):
                at, (what, hint) = misplaced
                self.complain(at or self.rows + 2, what, hint)
        if self.findings:
            raise self.refuse()


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _plain(value: Any) -> Any:
    return {"b": base64.b64encode(value).decode("ascii")} if isinstance(value, bytes) else value


def _value(value: Any) -> Any:
    """A value of SQLite; `ValueError` for anything else."""
    if isinstance(value, dict):
        if value.keys() != {"b"} or not isinstance(value["b"], str):
            raise ValueError("there are bytes that are no base64")
        try:
            return base64.b64decode(value["b"], validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("there are bytes that are no base64") from None
    if value is None or isinstance(value, (str, float)) or type(value) is int:
        return value
    raise ValueError(f"a row has no {type(value).__name__}")
