"""A disk that refuses: what a commit says then, and that the store is whole afterwards and goes on when the disk does."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw
import msgspec
import pytest

from penstock._certify.disk import connection_over
from penstock._store.facts import Append, ChannelSpec, Position, Work
from penstock._store.interface import StoreError
from penstock._store.sqlite import FILE, SqliteStore
from penstock.record import Record

EVENTS = ChannelSpec("events", ("g",))
NOW = 1_700_000_000.0


def opened(directory, run="run", **named):
    store = SqliteStore(directory, **named)
    store.open("g", [EVENTS])
    store.begin_run(run, "", NOW)
    return store


def commit(store, n, size=10, run="run"):
    """One record, and how far its source was read: both are there, or neither."""
    body = {"n": n, "noise": os.urandom(size).hex()}
    record = Record(body, _salt=b"source", _position=n)
    append = Append("events", "p", "p.out -> events", [record], [msgspec.json.encode(body)])
    store.commit(Work(append=[append], positions={"src": Position(n, n + 1)}), run, NOW)


def left(directory):
    """Records in the store, which must be as many as its source was read, and sound."""
    store = SqliteStore(directory)
    store.attach()
    try:
        assert store.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = store.depth("events", "g").total
        assert store.position("src").count == found
        return found
    finally:
        store.close()


# -- the disk raises errors -------------------------------------------------------------------------------------------------


class Failing(apsw.VFS):
    """Passes everything on, until it is told to fail."""

    def __init__(self):
        super().__init__("failing", "")
        self.error = {}  # method -> exception

    def xOpen(self, name, flags):
        return FailingFile(self, name, flags)


class FailingFile(apsw.VFSFile):
    def __init__(self, layer, name, flags):
        self._layer = layer
        super().__init__("", name, flags)

    def xSync(self, flags):
        if "sync" in self._layer.error:
            raise self._layer.error["sync"]
        super().xSync(flags)

    def xWrite(self, data, offset):
        if "write" in self._layer.error:
            raise self._layer.error["write"]
        super().xWrite(data, offset)


@pytest.fixture
def layer():
    made = Failing()
    yield made
    made.unregister()


def extended(kind, code):
    error = kind("planted")
    error.extendedresult = code
    return error


@pytest.mark.parametrize(
    ("method", "error"),
    [
        ("sync", extended(apsw.IOError, apsw.SQLITE_IOERR_FSYNC)),
        ("write", extended(apsw.IOError, apsw.SQLITE_IOERR_WRITE)),
        ("write", extended(apsw.FullError, apsw.SQLITE_FULL)),
        ("write", extended(apsw.ReadOnlyError, apsw.SQLITE_READONLY)),
    ],
    ids=["EIO-on-fsync", "EIO-on-write", "ENOSPC", "EROFS"],
)
def test_a_commit_that_the_disk_refuses_is_told_and_there_as_a_whole_or_not_at_all(tmp_path, layer, method, error):
    store = opened(tmp_path, connection=connection_over("failing"))
    for n in range(3):
        commit(store, n)
    layer.error[method] = error
    with pytest.raises(StoreError) as caught:
        commit(store, 3)
    assert caught.value.code in ("S105", "S106")
    layer.error.clear()
    store.close()
    kept = left(tmp_path)
    assert kept in (
        3,
        4,
    )  # whoever was told that it failed may find it there: it is unknown, and done again under its id
    with opened_again(tmp_path) as again:
        commit(again, kept, run="again")
    assert left(tmp_path) == kept + 1


def fill(store, numbers):
    for n in numbers:
        commit(store, n, size=20_000)


@contextmanager
def opened_again(directory):
    store = opened(directory, "again")
    try:
        yield store
    finally:
        store.close()


# -- a real file system that is full, or read-only ---------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path):
    """A file system of two megabytes."""
    if os.geteuid() != 0 or not sys.platform.startswith("linux"):
        pytest.skip("only root mounts file systems")
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], check=False, capture_output=True
    )
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_file_system_loses_nothing_that_was_there(small):
    store = opened(small / "store")
    numbers = iter(range(1000))
    with pytest.raises(StoreError) as caught:
        fill(store, numbers)
    assert caught.value.code in ("S105", "S106")
    n = next(numbers) - 1
    with suppress(StoreError):
        store.close()
    assert 5 < n < 999
    subprocess.run(["mount", "-o", "remount,size=16m", str(small)], check=True)
    assert left(small / "store") == n
    with opened_again(small / "store") as again:
        commit(again, n, run="again")
    assert left(small / "store") == n + 1


def test_a_store_on_a_read_only_file_system_is_refused(small):
    opened(small / "store").close()
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    with pytest.raises(StoreError, match="cannot open") as caught:
        opened(small / "store", "again")
    assert caught.value.code == "S101"


# -- somebody holds the lock ---------------------------------------------------------------------------------------------------


def test_a_lock_that_somebody_holds_too_long_is_told_and_nothing_of_the_commit_is_there(tmp_path):
    store = opened(tmp_path, patience=0.05)
    commit(store, 0)
    other = sqlite3.connect(Path(tmp_path) / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked") as caught:
        commit(store, 1)
    assert caught.value.code == "S105", "that is no commit whose outcome is unknown"
    other.execute("ROLLBACK")
    other.close()
    commit(store, 1)
    store.close()
    assert left(tmp_path) == 2


def test_whoever_waits_for_the_lock_looks_again_until_it_is_free_and_reads_with_patience_as_before(tmp_path):
    others: list[sqlite3.Connection] = []
    looks = []

    class Looks(sqlite3.Connection):
        """Counts attempts to begin; after the fifth, whoever holds the lock lets go."""

        def execute(self, sql, *values):
            if sql != "BEGIN IMMEDIATE" or not others:
                return super().execute(sql, *values)
            looks.append(sqlite3.Connection.execute(self, "PRAGMA busy_timeout").fetchone())
            try:
                return super().execute(sql, *values)
            finally:
                if len(looks) == 5:
                    others.pop().execute("ROLLBACK")

    store = opened(tmp_path, connection=Looks)
    other = sqlite3.connect(Path(tmp_path) / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    others.append(other)
    commit(store, 0)
    assert looks == [(0,)] * 5, "SQLite does not wait on its own, which it would do for a millisecond at least"
    assert store.db.execute("PRAGMA busy_timeout").fetchone() == (15_000,)
    store.close()
    other.close()
    assert left(tmp_path) == 1
