"""Files of older formats: what is in them is read, and an upgrade that is interrupted has happened as a whole or not at all."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import sqlite3
from datetime import datetime, timezone
from pathlib import Path
from random import Random

import pytest

from penstock._certify.disk import Operation, RecordingDisk
from penstock._certify.states import crash_states
from penstock._store.alive import Alive
from penstock._store.codec import portable
from penstock._store.facts import Append, ChannelSpec, Work
from penstock._store.interface import StoreError
from penstock._store.sqlite import FILE, SqliteStore
from penstock._store.sqlite_file import FORMAT
from penstock._tending.verify import verify
from penstock.record import Record

# Made by the version that wrote format 2: two channels of seven records in two blocks, one of them with a memory of keys,
# the first two of `events@g` settled, one step of history.
FORMAT_2 = Path(__file__).parent / "files/format-2.sqlite3.gz"
CHANNELS = [ChannelSpec("events", ("g",), 3600.0, 1e9), ChannelSpec("plain", ("g",), 0.0, 1e9)]
NOW = 1_700_000_100.0


def older(directory, form):
    """A folder with a file of an older format."""
    directory.mkdir()
    (directory / FILE).write_bytes(gzip.decompress(FORMAT_2.read_bytes()))
    if form == 1:
        change(directory, "ALTER TABLE parked DROP COLUMN delay", "DROP TABLE orders", "DROP TABLE notes")
    if form == 3:  # the tables are those of format 4
        opened(directory).close()
    change(directory, f"UPDATE meta SET value={form} WHERE name='format'")
    return directory


def change(directory, *statements):
    db = sqlite3.connect(directory / FILE, isolation_level=None)
    for statement in statements:
        db.execute(statement)
    db.close()


def opened(directory):
    store = SqliteStore(directory, ack="process")
    store.open("old", CHANNELS)
    return store


def begun(directory):
    store = opened(directory)
    store.begin_run("two", "", NOW)
    return store


def test_what_an_older_version_has_written_is_read_and_more_is_appended_behind_it(tmp_path):
    store = begun(older(tmp_path / "old", 2))
    more = [Record({"n": n, "seen": True}, _id=f"{n:032x}") for n in (7, 8)]
    made = Append("events", "mark", "mark.out -> events", more, [portable(record.payload) for record in more])
    store.commit(Work(append=[made]), "two", NOW + 1)
    lease = store.lease("events", "g", 64, "two", NOW + 2, NOW + 32)
    assert (lease.start, [record.payload["n"] for record in lease.records]) == (2, [2, 3, 4, 5, 6, 7, 8])
    two, three = lease.records[:2]
    assert (two.id, two.correlation, two.key) == ("a827a5c0809915ea89e56778775d6702", "mine", "key-0")
    assert two.parents == ("3d3f41b44866ea613578c3225ff2307c",)
    assert (three.attributes, three.event_time) == (
        {"site": "north"},
        datetime(2024, 5, 13, 6, 0, 3, tzinfo=timezone.utc),
    )
    assert (three.source, three.hops, three.admit_time) == ("feed", 2, datetime(2024, 5, 13, 6, tzinfo=timezone.utc))
    assert [offset for _, offset, _ in store.find("mine")] == [2, 2]
    assert {finding.code for finding in verify(store)} <= {"S206"}  # nobody has counted what was handled
    store.close()


def test_a_file_of_format_1_is_taken_all_the_way(tmp_path):
    old = older(tmp_path / "old", 1)
    reader = SqliteStore(old, ack="process")
    reader.attach()
    assert reader.orders() == list(reader.notes()) == list(reader.parked_rows()) == []
    reader.close()
    store = begun(old)
    lease = store.lease("plain", "g", 64, "two", NOW + 2, NOW + 32)
    assert [record.payload["n"] for record in lease.records] == list(range(7))
    store.close()


@pytest.mark.parametrize("how", ["open", "attach"])
def test_a_database_of_something_else_stays_byte_for_byte(tmp_path, how):
    db = sqlite3.connect(tmp_path / FILE)
    db.execute("CREATE TABLE theirs (x)")
    db.commit()
    db.close()
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(StoreError, match="of something else"):
        look(tmp_path, how, sqlite3.Connection)
    assert (tmp_path / FILE).read_bytes() == before


# -- upgrades while somebody works --------------------------------------------------------------------------------------------


def at_work(directory, run):
    """Let a run of the older version be at work on the file, as that version says so; ended by `end`."""
    change(directory, f"INSERT INTO runs (run, digest, began) VALUES ('{run}', '', {NOW})")
    return Alive(str(directory), run)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="where locks do not exist, nobody can tell who lives")
@pytest.mark.parametrize("how", ["open", "attach"])
@pytest.mark.parametrize("form", range(1, FORMAT))
def test_a_file_stays_as_it_is_while_an_older_version_works_on_it(tmp_path, form, how):
    old = older(tmp_path / "old", form)
    alive = at_work(old, "elder")
    before = dump(old)
    with pytest.raises(StoreError, match="`elder` of an older Penstock is at work") as refused:
        look(old, how, sqlite3.Connection)
    assert refused.value.code == "S116"
    assert dump(old) == before
    alive.end()
    worked_on(old)


@pytest.mark.parametrize("form", [3, FORMAT])
def test_a_run_whose_name_no_file_can_have_is_nobody(tmp_path, form):
    old = older(tmp_path / "old", 3)
    change(old, f"UPDATE meta SET value={form} WHERE name='format'")
    change(old, f"INSERT INTO runs (run, digest, began) VALUES ('a' || char(0) || 'b', '', {NOW})")
    begun(old).close()


@pytest.mark.parametrize("how", ["open", "attach"])
def test_an_older_run_that_was_killed_stops_no_upgrade(tmp_path, how):
    old = older(tmp_path / "old", 3)
    at_work(old, "elder").end()
    look(old, how, sqlite3.Connection).close()
    worked_on(old)


def test_a_run_does_not_begin_on_a_file_that_was_upgraded_since_it_was_opened(tmp_path):
    store = opened(older(tmp_path / "old", 3))
    change(tmp_path / "old", f"UPDATE meta SET value={FORMAT + 1} WHERE name='format'")
    with pytest.raises(StoreError, match=f"has format {FORMAT + 1}"):
        store.begin_run("two", "", NOW)
    store.close()


# -- upgrades that are interrupted ------------------------------------------------------------------------------------------


class Watched(sqlite3.Connection):
    """Counts the statements of its class that are done, and calls `passed` after each."""

    done = 0

    def execute(self, *statement):
        return self._after(super().execute(*statement))

    def executemany(self, *statement):
        return self._after(super().executemany(*statement))

    def _after(self, cursor):
        type(self).done += 1
        self.passed()
        return cursor

    def passed(self):
        """One statement is done."""


def dying_after(number):
    """A connection that kills its process when so many statements are done, whatever it is in the middle of."""

    class Dying(Watched):
        def passed(self):
            if type(self).done == number:
                os.kill(os.getpid(), signal.SIGKILL)

    return Dying


def refusing_after(number):
    """A connection that raises when so many statements are done, as on a disk that is full."""

    class Refusing(Watched):
        def passed(self):
            if type(self).done == number:
                raise sqlite3.OperationalError("planted")

    return Refusing


def look(directory, how, connection, ack="process"):
    """What upgrades a file: a run that opens it, or a command that only wants to read."""
    store = SqliteStore(directory, ack=ack, connection=connection)
    store.attach() if how == "attach" else store.open("old", CHANNELS)
    return store


def killed(work):
    """Do some work in a process of its own; whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(1)  # nothing of the parent's may run here
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def dump(directory):
    """Everything in a file, as the next who opens it finds it; the file is left as it lies."""
    copy = directory.with_name("copy")
    shutil.copytree(directory, copy)
    db = sqlite3.connect(copy / FILE)
    text = "\n".join(db.iterdump())
    db.close()
    shutil.rmtree(copy)
    return text


def copied(directory, name):
    target = directory.with_name(name)
    shutil.rmtree(target, ignore_errors=True)
    return Path(shutil.copytree(directory, target))


def taken(store, channel):
    lease = store.lease(channel, "g", 64, "two", NOW, NOW + 30)
    return [record.payload["n"] for record in lease.records]


def worked_on(directory):
    """What the file has when the next run has found everything, in a sound store, and has come to its end."""
    store = begun(directory)
    assert {finding.code for finding in verify(store)} <= {"S206"}
    assert (taken(store, "events"), taken(store, "plain")) == ([2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 5, 6])
    store.end_run("two", "stopped", NOW)
    store.close()
    return dump(directory)


@pytest.mark.crash
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the process that is killed is a child of this one")
# forking a process that has threads is told from Python 3.12 on; those of a test run do nothing that a child needs
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("how", ["open", "attach"])
@pytest.mark.parametrize("form", range(1, FORMAT))
def test_a_kill_after_any_statement_of_an_upgrade_leaves_the_old_file_or_the_new_one(tmp_path, form, how):
    old = older(tmp_path / "old", form)
    new = copied(old, "new")
    counted = type("Counted", (Watched,), {})
    look(new, how, counted).close()
    before, after, whole = dump(old), dump(new), worked_on(copied(old, "whole"))
    found = []
    for number in range(1, counted.done + 1):
        here = copied(old, "here")
        assert killed(lambda here=here, number=number: look(here, how, dying_after(number)))
        found.append({before: "old", after: "new"}.get(dump(here), f"neither, after statement {number}"))
        assert worked_on(here) == whole, f"after statement {number}"
    assert set(found) == {"old", "new"}
    assert found == sorted(found, reverse=True), "what was new is old again"


@pytest.mark.parametrize("how", ["open", "attach"])
def test_an_upgrade_that_is_refused_at_any_statement_is_told_and_can_be_done_later(tmp_path, how):
    old = older(tmp_path / "old", 1)
    new = copied(old, "new")
    counted = type("Counted", (Watched,), {})
    look(new, how, counted).close()
    before, after, whole = dump(old), dump(new), worked_on(copied(old, "whole"))
    found = []
    for number in range(1, counted.done + 1):
        here = copied(old, "here")
        with pytest.raises(StoreError, match="planted"):
            look(here, how, refusing_after(number))
        found.append({before: "old", after: "new"}.get(dump(here), f"neither, after statement {number}"))
        assert worked_on(here) == whole, f"after statement {number}"
    assert set(found) == {"old", "new"}


@pytest.mark.parametrize(("form", "how"), [*((form, "open") for form in range(1, FORMAT)), (1, "attach")])
def test_a_power_cut_in_an_upgrade_leaves_the_old_file_or_the_new_one(tmp_path, form, how):
    old = older(tmp_path / "old", form)
    new = copied(old, "new")
    disk = RecordingDisk("penstock-upgrading")
    store = look(new, how, disk.connection, ack="power")
    disk.mark(how)
    store.close()
    disk.close()
    before, after, whole = dump(old), dump(new), worked_on(copied(old, "whole"))
    there = [Operation("write", FILE, 0, (old / FILE).read_bytes()), Operation("sync", FILE)]
    found = set()
    for state in crash_states([*there, *disk.operations], 150, Random(form)):
        if state.cut < len(there):
            continue
        here = tmp_path / "here"
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir()
        for name, content in state.files.items():
            (here / name).write_bytes(content)
        what = {before: "old", after: "new"}.get(dump(here), f"neither, cut in operation {state.cut} ({state.how})")
        assert what == "new" or state.acknowledged != "open"  # who only reads may have to upgrade it once more
        assert worked_on(here) == whole, what
        found.add(what)
    assert found == {"old", "new"}
