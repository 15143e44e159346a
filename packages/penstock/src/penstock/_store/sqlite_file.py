"""The file of a store: open it, check that it is ours, write to it in transactions.

Takes:   a directory, an acknowledgement level.
Gives:   `SqliteFile`; `reading` and `listing`, for whatever asks it something.
Ignores: what is in the tables (`sqlite_reading.py`, `sqlite.py`).
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from penstock._store.alive import Alive
from penstock._store.facts import ChannelSpec, Subject
from penstock._store.interface import StoreError, foreign
from penstock._store.seen import remembered_again
from penstock.record import Record
from penstock_findings import Location

FORMAT = 4
FILE = "store.sqlite3"
BUSY = 15.0  # seconds to wait for another process's transaction
_SOON, _LATER = 0.0001, 0.005  # seconds between looks whether it is over, at first and in the end
_SYNCHRONOUS = {"power": "FULL", "process": "NORMAL"}

# What makes a file of an older format one of the next; step by step, in one transaction.
_UPGRADES: dict[int, tuple[str | Callable[[sqlite3.Connection], None], ...]] = {
    1: (
        "ALTER TABLE parked ADD COLUMN delay REAL NOT NULL DEFAULT 0",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, body TEXT NOT NULL,"
        " who TEXT NOT NULL, time REAL NOT NULL)",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, time REAL NOT NULL,"
        " kind TEXT NOT NULL, facts BLOB NOT NULL)",
    ),
    2: (
        "ALTER TABLE blocks ADD COLUMN parents BLOB",
        "CREATE TABLE seen (key INTEGER PRIMARY KEY, rest INTEGER NOT NULL, digest INTEGER NOT NULL, until REAL NOT NULL)",
        "CREATE TABLE seen_new (id INTEGER PRIMARY KEY AUTOINCREMENT, until REAL NOT NULL, entries BLOB NOT NULL)",
        remembered_again,
        "DROP TABLE dedup",
    ),
    3: (),  # what is written from now on is compressed in another way
}

# what reading says that has been damaged: the file, or a value in it
UNREADABLE = (sqlite3.Error, msgspec.MsgspecError, RecursionError)

P = ParamSpec("P")
S = TypeVar("S", bound="SqliteFile")
T = TypeVar("T")


def unreadable(path: str, error: BaseException) -> StoreError:
    """The error for a question that the file cannot answer."""
    hint = "`penstock store verify` says what is wrong in it"
    return StoreError(f"cannot read the store: {error}", at=Location(path=path), code="S108", hint=hint)


def reading(ask: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """A question to the file: when it, or what stands in it, cannot be read, that is told as a `StoreError` too."""

    @wraps(ask)
    def asked(self: S, /, *arguments: P.args, **named: P.kwargs) -> T:
        try:
            return ask(self, *arguments, **named)
        except UNREADABLE as error:
            raise unreadable(self.path, error) from error

    return asked


def listing(
    ask: Callable[Concatenate[S, P], Iterator[T]],
) -> Callable[Concatenate[S, P], Iterator[T]]:
    """The same for answers that are read one by one."""

    @wraps(ask)
    def asked(self: S, /, *arguments: P.args, **named: P.kwargs) -> Iterator[T]:
        try:
            yield from ask(self, *arguments, **named)
        except UNREADABLE as error:
            raise unreadable(self.path, error) from error

    return asked


class SqliteFile:
    """One directory, one file, one graph, opened by one thread."""

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        ack: str = "power",
        connection: type[sqlite3.Connection] = sqlite3.Connection,
        patience: float = BUSY,
    ) -> None:
        self.directory = os.fspath(directory)
        self.path = os.path.join(self.directory, FILE)
        self.ack = ack
        self._connection = connection
        self._patience = patience
        self._db: sqlite3.Connection | None = None
        self._channels: dict[str, ChannelSpec] = {}
        self._synchronous = _SYNCHRONOUS[ack]  # what the connection is set to
        self._thread = 0
        self._reader: sqlite3.Connection | None = None
        self._reading = threading.Lock()
        self._rest: dict[tuple[str, str], tuple[int, list[Record]]] = {}  # cursor -> unread tail of its block

    # -- opening and closing ------------------------------------------------------------------------------------

    @property
    def _at(self) -> Location:
        return Location(path=self.path)

    @property
    def db(self) -> sqlite3.Connection:
        """The open connection; `StoreError` when there is none."""
        if self._db is None:
            raise StoreError("the store is not open", at=self._at, code="S101")
        return self._db

    def open(self, graph: str, channels: Sequence[ChannelSpec]) -> None:
        """Create or open the file for `graph` and register its channels and cursors."""
        try:
            os.makedirs(self.directory, exist_ok=True)
            self._connect()
            self._begin()
            self._create_or_check(graph)
            for channel in channels:
                self._register(channel)
            self.db.execute("COMMIT")
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise StoreError(f"cannot open the store: {error}", at=self._at, code="S101") from error
        except StoreError:
            self.close()
            raise

    def attach(self) -> None:
        """Open an existing store to read it, whatever graph it belongs to."""
        if not os.path.isfile(self.path):
            raise StoreError(
                "there is no store here", at=self._at, code="S102", hint="name the directory that `penstock run` used"
            )
        try:
            self._connect()
            self._begin(lasting=False)
            self._check_format()
            self.db.execute("COMMIT")
            for name, kept in self.db.execute("SELECT name, kept FROM channels").fetchall():
                cursors = self.db.execute("SELECT cursor FROM cursors WHERE channel=?", (name,)).fetchall()
                self._channels[name] = ChannelSpec(name, tuple(c for (c,) in cursors), 0.0, kept)
        except sqlite3.Error as error:
            self.close()
            raise StoreError(f"cannot read the store: {error}", at=self._at, code="S101") from error
        except StoreError:
            self.close()
            raise

    def _connect(self) -> None:
        self._thread = threading.get_ident()
        self._synchronous = _SYNCHRONOUS[self.ack]
        if self._db is not None:  # opened a second time
            self._db.close()
        self._db = sqlite3.connect(self.path, timeout=self._patience, isolation_level=None, factory=self._connection)
        tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_master")}
        if tables and "meta" not in tables:  # what is set below would stay in the file
            raise StoreError("this is a database of something else", at=self._at, code="S104")
        for pragma in (
            "auto_vacuum=INCREMENTAL",  # of a new file; one that was made without it stays as it is until it is compacted
            "journal_mode=WAL",
            f"synchronous={self._synchronous}",
            "wal_autocheckpoint=2000",
            "cache_size=-8000",
            "temp_store=MEMORY",
        ):
            self._db.execute(f"PRAGMA {pragma}").fetchall()

    def _create_or_check(self, graph: str) -> None:
        tables = {name for (name,) in self.db.execute("SELECT name FROM sqlite_master")}
        if not tables:
            from importlib.resources import files  # not imported by whoever only reads a store

            script = files("penstock._store").joinpath("schema.sql").read_text("utf-8")
            for statement in script.split(";"):
                self.db.execute(statement)
            self.db.executemany("INSERT INTO meta VALUES (?, ?)", [("format", FORMAT), ("graph", graph), ("fence", 0)])
        self._check_format()
        if (owner := self.graph()) != graph:
            raise foreign(owner, graph, self._at)

    def graph(self) -> str:
        """The name of the graph that the file belongs to."""
        found = self.db.execute("SELECT value FROM meta WHERE name='graph'").fetchone()
        if found is None or not isinstance(found[0], str):
            raise StoreError("this is not a store: it does not say to which graph it belongs", at=self._at, code="S104")
        return found[0]

    def _check_format(self) -> None:
        try:
            (found,) = self.db.execute("SELECT value FROM meta WHERE name='format'").fetchone()
        except (sqlite3.DatabaseError, TypeError) as error:
            raise StoreError(f"this is not a store: {error}", at=self._at, code="S104") from error
        if found in _UPGRADES:
            self._refuse_company(found)
        while found in _UPGRADES:
            for step in _UPGRADES[found]:
                if isinstance(step, str):
                    self.db.execute(step)
                else:
                    step(self.db)
            found += 1
            self.db.execute("UPDATE meta SET value=? WHERE name='format'", (found,))
        if found != FORMAT:
            raise StoreError(f"the store has format {found}, this Penstock reads {FORMAT}", at=self._at, code="S104")

    def _refuse_company(self, found: int) -> None:
        """Raise `StoreError` while runs are at work that began with an older format: they would not know what is written now."""
        for (run,) in self.db.execute("SELECT run FROM runs WHERE ended IS NULL ORDER BY run"):
            if Alive.held(self.directory, run):
                raise StoreError(
                    f"run `{run}` of an older Penstock is at work on the store, which has format {found}; this one writes {FORMAT}",
                    at=self._at, code="S116", hint="let it end first; what it has not done by then goes on with this version",
                )  # fmt: skip  # what is wrong in one line, what to do in another

    def _register(self, channel: ChannelSpec) -> None:
        self._channels[channel.name] = channel
        db = self.db
        db.execute("INSERT OR IGNORE INTO channels (name) VALUES (?)", (channel.name,))
        db.execute("UPDATE channels SET kept=? WHERE name=?", (channel.retention, channel.name))
        (end,) = db.execute("SELECT next FROM channels WHERE name=?", (channel.name,)).fetchone()
        (start,) = db.execute("SELECT ifnull(min(seq), ?) FROM blocks WHERE channel=?", (end, channel.name)).fetchone()
        for cursor in channel.cursors:
            made = db.execute("INSERT OR IGNORE INTO cursors VALUES (?, ?, ?)", (channel.name, cursor, start)).rowcount
            if made and end > start:  # a group that came later is offered what is still kept
                self._count(Counter({(f"{channel.name}@{cursor}", "offered", ""): end - start}))

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._disconnect()

    def _disconnect(self) -> None:
        with self._reading:
            if self._reader is not None:
                self._reader.close()
            self._reader = None
        if self._db is not None:
            self._db.close()
        self._db = None
        self._rest.clear()

    # -- transactions -------------------------------------------------------------------------------------------

    def _begin(self, *, lasting: bool = True) -> None:
        """Begin to write. What is not `lasting` may be lost in a power cut, and is then lost with whom it was for.

        Who holds what concerns living processes only, and waiting for the disk is most of what a transaction costs.
        """
        wanted = _SYNCHRONOUS[self.ack if lasting else "process"]
        if wanted != self._synchronous:
            self.db.execute(f"PRAGMA synchronous={wanted}")
            self._synchronous = wanted
        self._lock()

    def _lock(self) -> None:
        """Begin a transaction once nobody else writes.

        SQLite itself would look again after 1, 2, 5, 10, ... ms; a step of another process takes less than the first of these.
        """
        db, pause, deadline = self.db, _SOON, 0.0
        db.execute("PRAGMA busy_timeout=0")
        try:
            while True:
                try:
                    db.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError as error:
                    now = time.monotonic()
                    deadline = deadline or now + self._patience
                    if "locked" not in str(error) or now >= deadline:
                        raise
                    time.sleep(pause)
                    pause = min(1.5 * pause, _LATER)
                else:
                    return
        finally:
            db.execute(f"PRAGMA busy_timeout={round(1000 * min(self._patience, BUSY))}")

    def _rollback(self) -> None:
        with suppress(sqlite3.Error):
            if self._db is not None and self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _write(self, change: Any, *, lasting: bool = True) -> Any:
        """One small transaction outside a step."""
        try:
            self._begin(lasting=lasting)
            answer = change(self.db)
            self.db.execute("COMMIT")
        except sqlite3.Error as error:
            self._rollback()
            raise StoreError(f"cannot write the store: {error}", at=self._at, code="S105") from error
        except BaseException:  # whatever it is, the lock must not stay
            self._rollback()
            raise
        return answer

    def give_back(self, pages: int) -> int:
        """Give free pages back to the disk, so many at the most; how many went."""
        try:
            (free,) = self.db.execute("PRAGMA freelist_count").fetchone()
            # `execute` of Python 3.11 stops after one page
            self.db.executescript(f"PRAGMA incremental_vacuum({pages})")
            (left,) = self.db.execute("PRAGMA freelist_count").fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"cannot write the store: {error}", at=self._at, code="S105") from error
        return int(free - left)

    def _fence(self) -> int:
        self.db.execute("UPDATE meta SET value=value+1 WHERE name='fence'")
        (fence,) = self.db.execute("SELECT value FROM meta WHERE name='fence'").fetchone()
        return int(fence)

    def _count(self, counts: Counter[Subject]) -> None:
        self.db.executemany(
            "INSERT INTO totals VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
            [(*subject, n) for subject, n in sorted(counts.items()) if n],
        )
