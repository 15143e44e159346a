"""Certification finds what is wrong with a store, and gives a sound one the grade that it has earned."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections import Counter
from contextlib import closing
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock._certify.disk import Operation, RecordingDisk
from penstock._certify.grade import CUTS, KILLS, SOFT, certify
from penstock._certify.kills import POSSIBLE, storm
from penstock._certify.states import SECTOR, Files, crash_states
from penstock._store.facts import Work
from penstock._store.memory import MemoryStore
from penstock._store.sqlite import SqliteStore
from penstock.cli import main

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed by their parent"),
    # forking a process that has threads is told from Python 3.12 on; those of a test run do nothing that a child needs
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


# -- what a cut leaves ------------------------------------------------------------------------------------------------

writes = st.builds(
    Operation, st.just("write"), st.sampled_from(["a", "b"]), st.integers(0, 3000), st.binary(min_size=1, max_size=1500)
)
others = st.builds(Operation, st.sampled_from(["sync", "truncate"]), st.sampled_from(["a", "b"]), st.integers(0, 3000))
stories = st.lists(writes | others | writes, max_size=12)


def plain(operations):
    """Files after everything was done, by a plain replay."""
    files = {}
    for each in operations:
        if each.kind == "write":
            content = files.setdefault(each.file, bytearray())
            content.extend(bytes(max(0, each.at - len(content))))
            content[each.at : each.at + len(each.data)] = each.data
        elif each.kind == "truncate":
            content = files.setdefault(each.file, bytearray())
            del content[each.at :]
            content.extend(bytes(each.at - len(content)))
    return {name: bytes(content) for name, content in files.items()}


@given(stories)
def test_what_was_synced_is_in_every_state(story):
    story = [*story, Operation("sync", "a"), Operation("sync", "b")]
    want = plain(story)
    last = [*story, Operation("write", "c", 0, b"x")]
    for state in crash_states(last, len(last) * 6, Random(1)):
        if state.cut == len(story):
            assert {name: state.files.get(name, b"") for name in want} == want


@given(stories, st.integers(0, 100))
def test_everything_or_nothing_of_what_is_pending_are_among_the_states(story, seed):
    story = [*story, Operation("sync", "a")]
    for state in crash_states(story, len(story) * 6, Random(seed)):
        before = story[: state.cut] + ([story[state.cut]] if story[state.cut].kind != "sync" else [])
        if state.how == "everything":
            assert state.files == plain(before)
        if state.how == "nothing":
            files = Files()
            for operation in story[: state.cut]:
                files.take(operation)
            assert state.files == {name: bytes(content) for name, content in files.synced.items()}


def test_a_torn_write_ends_where_a_sector_ends():
    story = [Operation("write", "a", 100, b"x" * 3000), Operation("sync", "a")]
    lengths = {len(s.files.get("a", b"")) for s in crash_states(story, 400, Random(0)) if s.how == "torn"}
    assert lengths > {SECTOR, 2 * SECTOR}
    assert all(length % SECTOR == 0 or length in (0, 100, 3100) for length in lengths)


def test_what_was_deleted_may_come_back_until_the_next_sync():
    story = [Operation("write", "old", 0, b"x"), Operation("sync", "old"), Operation("delete", "old"),
             Operation("write", "new", 0, b"y"), Operation("sync", "new"), Operation("write", "new", 1, b"z")]  # fmt: skip
    there = {(s.cut, "old" in s.files) for s in crash_states(story, 600, Random(0))}
    assert {(3, True), (3, False)} <= there
    assert (5, True) not in there


# -- what is wrong with a store -------------------------------------------------------------------------------------------


class Unconfirmed(SqliteStore):
    """Says that the disk has it, and has not asked."""

    def commit(self, work, owner, now, *, safe=True):
        return super().commit(work, owner, now, safe=False)

    def flush(self):
        self._write(lambda db: None, lasting=False)


class Hasty(SqliteStore):
    """Never waits for the disk at all."""

    def _connect(self):
        super()._connect()
        self.db.execute("PRAGMA synchronous=OFF")

    def _begin(self, *, lasting=True):
        self.db.execute("BEGIN IMMEDIATE")


class SettlesFirst(SqliteStore):
    """Settles in a transaction of its own."""

    def commit(self, work, owner, now, *, safe=True):
        if work.settle and work.append:
            super().commit(Work(settle=work.settle), owner, now, safe=safe)
            work.settle = []
        return super().commit(work, owner, now, safe=safe)


class AppendsFirst(SqliteStore):
    """Appends in a transaction of its own."""

    def commit(self, work, owner, now, *, safe=True):
        if work.append and work.settle:
            super().commit(Work(append=work.append), owner, now, safe=safe)
            work.append = []
        return super().commit(work, owner, now, safe=safe)


def making(kind):
    def make(directory, level, connection):
        return kind(directory, ack=level, connection=connection or sqlite3.Connection)

    return make


@pytest.mark.parametrize(
    ("kind", "grade", "trial", "wrong"),
    [
        (SqliteStore, "power", SOFT, "lost"),
        (Unconfirmed, "process", CUTS, "lost"),
        (Hasty, "none", CUTS, "corrupt"),
        (SettlesFirst, "none", CUTS, "torn"),
        (AppendsFirst, "none", CUTS, "doubled"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_store_gets_the_grade_that_it_has_earned(tmp_path, kind, grade, trial, wrong):
    card = certify(tmp_path, states=240, kills=5, seed=1, open_store=making(kind))
    assert card.grade == grade, card.as_json()
    assert card.trials[trial].wrong[wrong], card.as_json()
    assert not list(tmp_path.iterdir())


def test_a_sound_store_has_no_fault_but_those_that_its_level_allows(tmp_path):
    card = certify(tmp_path, states=240, kills=10, seed=2)
    assert {name: +trial.wrong for name, trial in card.trials.items() if name != SOFT} == {
        CUTS: Counter(),
        KILLS: Counter(),
    }
    assert set(card.trials[SOFT].wrong) == {"lost"}
    assert card.trials[CUTS].resumed > 0


def test_a_store_in_memory_promises_nothing(tmp_path):
    card = certify(tmp_path, "memory", kills=10, open_store=lambda *_: MemoryStore())
    assert (card.grade, set(card.trials)) == ("none", {KILLS})


def test_the_recording_disk_changes_nothing_and_forgets_nothing(tmp_path):
    disk = RecordingDisk("recording-test")
    db = disk.connection(str(tmp_path / "a.db"))
    db.execute("CREATE TABLE t (x)")
    assert db.execute("INSERT INTO t VALUES (1)").rowcount == 1
    with pytest.raises(sqlite3.OperationalError):
        db.execute("SELECT nothing FROM nowhere")
    db.close()
    disk.close()
    with closing(sqlite3.connect(tmp_path / "a.db")) as db:
        assert db.execute("SELECT x FROM t").fetchall() == [(1,)]
    assert plain(disk.operations)["a.db"] == (tmp_path / "a.db").read_bytes()


# -- from the shell -------------------------------------------------------------------------------------------------------


def test_the_card_is_printed_and_the_exit_code_says_whether_it_is_enough(capsys):
    assert main(["store", "certify", "memory", "--kills", "4"]) == 1
    assert "grade: none" in capsys.readouterr().out
    assert main(["store", "certify", "memory", "--kills", "4", "--at-least", "none", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert (card["grade"], card["trials"]["kills"]["tried"]) == ("none", 4)


def test_a_place_that_is_not_there_is_told(capsys):
    assert main(["store", "certify", "/no/such/place"]) == 2
    assert "S110" in capsys.readouterr().err


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="there is no directory that nobody can write to")
def test_a_place_where_nothing_can_be_written_is_told(capsys):
    assert main(["store", "certify", "/proc/self", "--states", "1", "--kills", "1"]) == 2
    assert "S110: cannot work in the directory `/proc/self`" in capsys.readouterr().err.replace("error ", "")


def test_a_kind_that_is_nearly_one_is_told(capsys):
    assert main(["store", "certify", "sqlit"]) == 2
    assert "write `sqlite`" in capsys.readouterr().err


class Hangs(SqliteStore):
    """Never comes back from a commit."""

    def commit(self, work, owner, now, *, safe=True):
        threading.Event().wait()


@pytest.mark.skipif(not POSSIBLE, reason="nobody is killed there")
def test_a_store_that_hangs_has_a_fault_and_is_not_waited_for_again_and_again(tmp_path):
    looks = list(storm(tmp_path, 50, Random(0), lambda at: Hangs(at), patience=0.5))
    assert [fault.kind for found in looks for fault in found] == ["failed"]
    assert len(looks) < 50
