"""What dedup remembers, wherever it is kept just then: young and in memory, on its way, in order, or in another process.

The oracle is the store in memory, which has a dictionary. Here a handful of names is many, so that they move all the time.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from penstock._store.codec import portable
from penstock._store.facts import Append, ChannelSpec, Work
from penstock._store.interface import LeaseLost, StoreError
from penstock._store.memory import MemoryStore
from penstock._store.seen import ENTRY, Seen, named
from penstock._store.sqlite import FILE, SqliteStore
from penstock._tending.carry import carried_in, lines
from penstock._tending.compact import compact
from penstock._tending.stats import stats
from penstock._tending.verify import verify
from penstock.record import Record

START = 1_700_000_000.0
WINDOWS = {"events": 60.0, "more": 25.0}
FORMAT_2 = Path(__file__).with_name("format-2.sql")


def specs():
    return [ChannelSpec(name, ("g",), window) for name, window in WINDOWS.items()]


def made(n, body="a"):
    return Record({"n": n, "body": body}, _salt=b"source", _position=n)


def appending(pairs, channel="events", producer="p"):
    records = [made(*pair) for pair in pairs]
    return Append(
        channel, producer, f"{producer}.out -> {channel}", records, [portable(each.payload) for each in records]
    )


class Disk:
    """Processes on one file, each with a memory in which `size` names are many."""

    def __init__(self, directory, sizes=(4, 7)):
        self.directory, self.sizes, self.homes, self.begun = directory, sizes, 0, 0
        self.left = []
        self.stores = [self.open(which) for which in range(len(sizes))]

    @property
    def home(self):
        return self.directory / str(self.homes)

    def open(self, which):
        store = SqliteStore(self.home, ack="process", seen=Seen(self.sizes[which]))
        store.open("here", specs())
        self.begun += 1
        store.begin_run(f"run-{self.begun}", "", START)
        store.run = f"run-{self.begun}"
        return store

    def reopen(self, which):
        self.stores[which].close()
        self.stores[which] = self.open(which)

    def everybody_dies(self):
        before = self.home
        self.homes += 1
        shutil.copytree(before, self.home)
        self.left += self.stores
        self.stores = [self.open(which) for which in range(len(self.sizes))]

    def close(self):
        for store in self.left + self.stores:
            store.close()


@pytest.fixture
def disk(tmp_path):
    made = Disk(tmp_path)
    yield made
    made.close()


def told(store):
    """Everything that dedup has decided, as the store tells it."""
    letters = [(each.subject, each.record_id, each.reason) for each in store.dead_letters()]
    return {name: n for name, n in store.totals().items() if n}, letters


def say(store, *numbers, now=START, body="a", **where):
    return store.commit(Work(append=[appending([(n, body) for n in numbers], **where)]), store.run, now).total()


def appends(chance):
    """What a step may append: some of it in two channels, some twice, some with another body."""
    return [
        (
            [(chance.randrange(24), chance.choice("aaaaab")) for _ in range(chance.choice((1, 2, 3, 8)))],
            chance.choice(("events", "events", "more")),
            chance.choice("ppq"),
        )
        for _ in range(chance.choice((1, 1, 1, 3)))
    ]


# an example is a number from which all follows: what two processes share shows only after dozens of transactions
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 64))
def test_the_file_remembers_what_a_dictionary_would(tmp_path_factory, seed):
    chance = random.Random(seed)
    disk = Disk(tmp_path_factory.mktemp("seen"), (chance.randint(1, 9), chance.randint(1, 30)))
    memory = MemoryStore()
    memory.open("here", specs())
    memory.begin_run("run", "", START)
    now = START
    try:
        for _ in range(100):
            what, which = chance.random(), chance.choice((0, 0, 1))
            if what < 0.02:
                disk.everybody_dies()
            elif what < 0.05:
                disk.reopen(which)
            elif what < 0.10:
                disk.stores[which].retain(now, 1e9)
            elif what < 0.30:
                now += chance.choice((1.0, 2.0, 4.0, 25.0))
            else:
                work = appends(chance)
                if what < 0.40:
                    failing(disk.stores[which], [appending(*each) for each in work], now)
                store = disk.stores[which]
                appended = store.commit(Work(append=[appending(*each) for each in work]), store.run, now)
                wanted = memory.commit(Work(append=[appending(*each) for each in work]), "run", now)
                assert +appended == +wanted
        assert all(told(store) == told(memory) for store in disk.stores)
    finally:
        disk.close()


def failing(store, appends, now):
    """A transaction that fails after it has remembered, because a value of its state is nothing that can be kept."""
    with pytest.raises(StoreError):
        store.commit(Work(append=appends, state={("node", "key"): object()}), store.run, now)


def test_a_refused_transaction_leaves_nothing_in_memory(disk):
    one, _ = disk.stores
    with pytest.raises(LeaseLost):
        one.commit(Work(append=[appending([(1, "a")])], claims={"nobody's": 1}), one.run, START)
    failing(one, [appending([(n, "b") for n in range(20)])], START)
    assert say(one, *range(20)) == 20
    assert not list(one.dead_letters())


def test_what_is_many_is_put_in_order_in_small_pieces(disk):
    one, _ = disk.stores
    ask = lambda: one.db.execute("SELECT (SELECT count(*) FROM seen), (SELECT count(*) FROM seen_new)").fetchone()  # noqa: E731 - a name for a question
    found = []
    for n in range(7):
        say(one, n)
        found.append(ask())
    # four names are many; then each new one takes two of them along, and the rows of the four go when all have arrived
    assert found == [(0, 1), (0, 2), (0, 3), (0, 4), (2, 5), (4, 2), (4, 3)]
    assert say(one, *range(7)) == 0


def test_a_commit_asks_once_for_all_its_keys(tmp_path):
    asked = []

    class Counting(sqlite3.Connection):
        def execute(self, sql, *arguments):
            asked.append(sql)
            return super().execute(sql, *arguments)

    store = SqliteStore(tmp_path, ack="process", connection=Counting)
    store.open("here", specs())
    store.begin_run("run", "", START)
    store.run = "run"
    say(store, 0)
    asked.clear()
    say(store, *range(400))
    assert sum("FROM seen " in sql for sql in asked) == 1
    assert sum("INTO seen" in sql for sql in asked) == 1
    say(store, *range(1500))  # more keys than one question may have
    assert stats(store)["dedup"] == 1500
    store.close()


def test_what_another_process_has_put_in_order_is_let_go_from_memory(disk):
    one, two = disk.stores
    say(two, 100)
    for n in range(50):
        say(one, n)
    assert say(two, 101) == 1
    young = two._seen
    assert len(young._young.places) + len(young._old.places) <= 2 * disk.sizes[0]
    assert say(two, *range(50), 100, 101) == 0


def test_two_that_share_the_first_half_of_a_name_are_two(tmp_path):
    db = sqlite3.connect(tmp_path / "db")
    db.executescript(
        "CREATE TABLE meta (name PRIMARY KEY, value);"
        "CREATE TABLE seen (key INTEGER PRIMARY KEY, rest, digest, until);"
        "CREATE TABLE seen_new (id INTEGER PRIMARY KEY AUTOINCREMENT, until, entries)"
    )
    seen = Seen(3)
    one, other, body = b"x" * 16, b"x" * 8 + b"y" * 8, b"digest.."
    assert seen.admit(db, one, [body], 10.0, 0.0) == {}
    assert seen.admit(db, other + one, [body, body], 10.0, 0.0) == {}  # the later one of the two is remembered
    assert seen.admit(db, one, [body], 10.0, 0.0) == {0: True}
    assert seen.admit(db, one, [b"another."], 10.0, 0.0) == {0: False}
    db.close()


def test_names_differ_by_channel_and_producer():
    ids = bytes(range(32))
    names = {named(channel, producer, ids) for channel in ("a", "ab") for producer in ("c", "bc")}
    assert len(names) == 4
    assert named("a", "c", ids) == named("a", "c", ids[:16]) + named("a", "c", ids[16:])


@pytest.mark.parametrize("shift", [0, 56, 64, 120])
def test_keys_of_ids_that_somebody_has_counted_differ(shift):
    ids = b"".join((n << shift).to_bytes(16, "big") for n in range(256))
    names = named("a", "c", ids)
    assert len({names[at : at + 8] for at in range(0, len(names), 16)}) == 256


def test_housekeeping_looks_at_a_piece_of_the_keys_and_comes_round(disk):
    one, _ = disk.stores
    for n in range(40):
        say(one, n, channel=("events", "more")[n % 2])
    remembered = lambda: one.db.execute("SELECT count(*) FROM seen").fetchone()[0]  # noqa: E731 - a name for a question
    before, seen = remembered(), one._seen
    while not seen.sweep(one.db, START, 5):  # to the end, so that what follows begins with the first key
        pass
    assert not seen.sweep(one.db, START, 5)
    assert remembered() == before
    while not seen.sweep(one.db, START + 30, 5):  # the windows of one channel are over
        pass
    assert not seen.sweep(one.db, START + 30, 5)
    while not seen.sweep(one.db, START + 30, 5):
        pass
    assert 0 < remembered() < before
    assert say(one, *range(0, 40, 2), now=START + 30) == 0
    assert say(one, *range(1, 40, 2), channel="more", now=START + 30) == 20


def test_what_is_over_does_not_pile_up(disk):
    one, _ = disk.stores
    for n in range(2000):  # 25 names are within the window of `more`
        say(one, n, channel="more", now=START + n)
    assert stats(one)["dedup"] < 4 * 25
    assert len(one._seen._young.places) + len(one._seen._old.places) <= 2 * disk.sizes[0]


def test_compacting_lets_go_of_all_that_is_over(disk):
    one, two = disk.stores
    for n in range(50):
        say(one, n)
    assert two.db.execute("SELECT count(*) FROM seen").fetchone()[0] > 40
    for _ in compact(two, START + 60, 1e9):
        pass
    assert two.db.execute("SELECT count(*) FROM seen").fetchone() == (0,)
    assert say(one, *range(50), now=START + 60) == 50


def test_a_copy_knows_what_the_store_knew_wherever_it_was_just_then(disk, tmp_path):
    one, _ = disk.stores
    for n in range(13):  # some are in order, some on their way, some young
        say(one, n)
        assert stats(one)["dedup"] == n + 1
    assert verify(one) == []
    text = list(lines(one))
    carried_in(text, str(tmp_path / "copy"))
    copy = SqliteStore(tmp_path / "copy", ack="process", seen=Seen(4))
    copy.attach()
    assert list(lines(copy)) == text
    copy.open("here", specs())
    copy.begin_run("run", "", START)
    copy.run = "run"
    assert say(copy, *range(14)) == 1
    copy.close()


def test_a_row_that_was_cut_is_found_and_never_passed_over(disk):
    one, two = disk.stores
    say(one, 1, 2)
    with sqlite3.connect(disk.home / FILE) as db:
        db.execute("UPDATE seen_new SET entries = substr(entries, 1, ?)", (ENTRY + 1,))
    db.close()
    assert [(each.code, "seen_new" in each.message) for each in verify(two)] == [("S205", True)]
    with pytest.raises(StoreError) as caught:
        say(two, 3)
    assert "seen_new" in str(caught.value)


def test_a_file_of_format_2_keeps_what_it_remembers(tmp_path):
    db = sqlite3.connect(tmp_path / FILE)
    db.executescript(FORMAT_2.read_text("utf-8"))  # written by a store of format 2
    db.close()
    store = SqliteStore(tmp_path, ack="process", seen=Seen(4))
    store.open("here", [ChannelSpec("events", ("g",), 3600.0), ChannelSpec("more", ("g",), 60.0)])
    store.begin_run("new", "", START + 1)

    def append(*numbers, now=START + 1, body=None, **where):
        records = [Record({"n": n} if body is None else body, _salt=b"source", _position=n) for n in numbers]
        made = appending([], **where)
        made.records += records
        made.payloads += [portable(each.payload) for each in records]
        return store.commit(Work(append=[made]), "new", now).total()

    assert stats(store)["dedup"] == 5
    assert store.db.execute("SELECT name FROM sqlite_master WHERE name='dedup'").fetchone() is None
    assert append(0, 1, 2) == append(3, producer="q") == append(0, channel="more") == 0
    assert append(3) == append(1, producer="q") == append(1, channel="more") == 1
    assert append(1, body="another") == 0
    assert [each.reason for each in store.dead_letters()] == ["conflict"]
    assert append(0, channel="more", now=START + 60) == 1
    assert append(0, 1, 2, now=START + 3599) == 0
    assert append(0, 1, 2, now=START + 3600) == 3
    assert verify(store) == []
    store.close()
