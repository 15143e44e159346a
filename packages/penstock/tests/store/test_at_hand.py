"""What a process has just written it reads from memory: the same records, each for one reader, and only what is committed."""

from __future__ import annotations

import sqlite3

import pytest

from penstock._store.at_hand import AtHand
from penstock._store.codec import storable
from penstock._store.facts import Ahead, Append, ChannelSpec, Work
from penstock._store.interface import StoreError
from penstock._store.sqlite import SqliteStore
from penstock.record import Record

START = 1_700_000_000.0


def record(n, payload=None):
    return Record({"n": n} if payload is None else payload, _salt=b"source", _position=n)


def handing_on(records):
    texts, copies = zip(*(storable(each) for each in records), strict=True)
    return Append("events", "p", "p.out -> events", list(records), list(texts), list(copies))


class Counting(sqlite3.Connection):
    """Counts how often a block is read."""

    blocks = 0

    def execute(self, sql, *arguments):
        type(self).blocks += "FROM blocks WHERE channel=? AND seq <" in sql
        return super().execute(sql, *arguments)


@pytest.fixture
def counting(tmp_path):
    Counting.blocks = 0
    store = SqliteStore(tmp_path, connection=Counting)
    store.open("g", [ChannelSpec("events", ("one", "two"))])
    store.begin_run("run", "", START)
    yield store
    store.close()


def take(store, cursor="one", limit=10):
    return store.lease("events", cursor, limit, "run", START, START + 60)


def test_the_next_reader_reads_no_row_and_the_one_after_does(counting):
    made = [record(n, {"n": [n]}) for n in range(5)]
    counting.commit(Work(append=[handing_on(made)]), "run", START)
    one = take(counting)
    assert ([each.payload for each in one.records], Counting.blocks) == ([each.payload for each in made], 0)
    two = take(counting, "two")
    assert (two.records, Counting.blocks) == (one.records, 1)


def test_what_is_leased_with_its_own_commit_is_at_hand_too(counting):
    def leased(append, limit):
        work = Work(append=[append], ahead=[Ahead("events", "one", limit, START + 60)])
        counting.commit(work, "run", START)
        return [each.payload["n"] for lease in work.leased for each in lease.records]

    made = [record(n) for n in range(6)]
    assert (leased(handing_on(made[:4]), 3), leased(handing_on(made[4:]), 9)) == ([0, 1, 2], [3, 4, 5])
    assert Counting.blocks == 0
    counting.commit(Work(append=[handing_on([record(6)])]), "run", START)
    assert [each.payload["n"] for each in take(counting).records] == [6]
    assert Counting.blocks == 0


def test_nobody_shares_an_object_with_the_producer_or_with_another_reader(counting):
    made = record(1, {"list": [1]})
    counting.commit(Work(append=[handing_on([made])]), "run", START)
    (one,), (two,) = take(counting).records, take(counting, "two").records
    one.payload["list"].append(2)
    assert (made.payload, two.payload) == ({"list": [1]}, {"list": [1]})


def test_blocks_are_joined_and_cut_like_those_on_the_disk(counting):
    for start in (0, 3, 6):
        counting.commit(Work(append=[handing_on([record(n) for n in range(start, start + 3)])]), "run", START)
    found = [take(counting, limit=limit) for limit in (4, 1, 10)]
    assert [[each.payload["n"] for each in lease.records] for lease in found] == [[0, 1, 2, 3], [4], [5, 6, 7, 8]]
    assert Counting.blocks == 0


def test_what_was_not_committed_is_not_at_hand(tmp_path):
    class Refusing(sqlite3.Connection):
        refuse = False

        def execute(self, sql, *arguments):
            if sql == "COMMIT" and self.refuse:
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(sql, *arguments)

    store = SqliteStore(tmp_path, connection=Refusing)
    store.open("g", [ChannelSpec("events", ("g",))])
    store.begin_run("run", "", START)
    store.db.refuse = True
    work = Work(append=[handing_on([record(n, "lost") for n in (1, 2)])], ahead=[Ahead("events", "g", 1, START + 60)])
    with pytest.raises(StoreError):
        store.commit(work, "run", START)
    assert work.leased == []
    store.commit(Work(append=[handing_on([record(n, "kept") for n in (3, 4)])]), "run", START)
    leases = [store.lease("events", "g", 1, "run", START, START + 60) for _ in range(2)]
    assert [each.payload for lease in leases for each in lease.records] == ["kept", "kept"]
    store.close()


def test_what_nobody_reads_does_not_pile_up():
    hand = AtHand()
    for n in range(100):
        hand.add("events", n, [record(n)], 1 << 16)
        hand.keep_new()
    kept = [n for n in range(100) if hand.take("events", n)]
    assert kept == list(range(100 - len(kept), 100))
    assert 0 < len(kept) <= 32
