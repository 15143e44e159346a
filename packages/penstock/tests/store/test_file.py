"""The file of a store: what is refused, what a broken disk may do to it, and how several processes share it."""

from __future__ import annotations

import os
import random
import resource
import sqlite3
import tempfile
from pathlib import Path

import pytest

from penstock._store.blocks import Block, checksum
from penstock._store.facts import ChannelSpec, Depth, Position
from penstock._store.interface import LeaseLost, StoreError
from penstock._store.sqlite import FILE, SqliteStore
from penstock._store.sqlite_file import FORMAT
from penstock._store.sqlite_reading import BLOCK
from penstock._tending.carry import lines

EVENTS = ChannelSpec("events", ("g",))


def sql(place, *statements):
    """Somebody else's hand in the file."""
    with sqlite3.connect(place.directory / FILE) as db:
        found = [db.execute(*statement).fetchall() for statement in statements]
    db.close()
    return found[-1]


def flip(place, seq, *, part="body", keep_sum=False):
    """Turn one bit of a part of a block."""
    (kept,) = sql(place, (f"SELECT {BLOCK} FROM blocks WHERE seq=?", (seq,)))
    block = Block(*kept)
    whole = getattr(block, part)
    broken = block._replace(**{part: bytes([*whole[:-3], whole[-3] ^ 1, *whole[-2:]])})
    sql(place, (f"UPDATE blocks SET {part}=? WHERE seq=?", (getattr(broken, part), seq)))
    if keep_sum:
        sql(place, ("UPDATE blocks SET crc=? WHERE seq=?", (checksum(broken), seq)))


# -- what is no store of ours ---------------------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_refused_and_left_alone(disk):
    content = b"this is a shopping list, and it is longer than a header " * 40
    disk.directory.mkdir()
    (disk.directory / FILE).write_bytes(content)
    with pytest.raises(StoreError) as caught:
        disk.process()
    assert caught.value.code == "S101"
    assert caught.value.findings[0].at.path == str(disk.directory / FILE)
    assert (disk.directory / FILE).read_bytes() == content


def test_an_empty_file_becomes_a_store(disk):
    """A process that was killed while it created the store leaves one."""
    disk.directory.mkdir()
    (disk.directory / FILE).touch()
    one = disk.process()
    one.append(0)
    assert one.drain() == [0]


def test_a_database_of_somebody_else_is_refused_and_left_alone(disk):
    disk.directory.mkdir()
    sql(disk, ("CREATE TABLE meta (name TEXT, value TEXT)",))
    for attempt in (lambda: disk.process(), lambda: disk.store().attach()):
        with pytest.raises(StoreError) as caught:
            attempt()
        assert caught.value.code == "S104"
    assert sql(disk, ("SELECT name FROM sqlite_master",)) == [("meta",)]


def test_another_database_without_a_meta_table_is_refused_and_left_alone(disk):
    disk.directory.mkdir()
    sql(disk, ("CREATE TABLE customers (name TEXT)",))
    with pytest.raises(StoreError) as caught:
        disk.process()
    assert caught.value.code == "S104"
    assert sql(disk, ("SELECT name FROM sqlite_master",)) == [("customers",)]


@pytest.mark.parametrize("found", [0, FORMAT + 1, 99, "1.5", None])
def test_another_format_is_refused(disk, found):
    disk.process().end()
    sql(disk, ("UPDATE meta SET value=? WHERE name='format'", (found,)))
    for attempt in (lambda: disk.process(), lambda: disk.store().attach()):
        with pytest.raises(StoreError) as caught:
            attempt()
        assert caught.value.code == "S104"


@pytest.mark.parametrize(
    "change", ["DELETE FROM meta WHERE name='graph'", "UPDATE meta SET value=7 WHERE name='graph'"]
)
def test_a_file_that_does_not_say_whose_it_is_is_refused(disk, change):
    disk.process().end()
    sql(disk, (change,))
    for attempt in (lambda: disk.process(), lambda: list(lines_of(disk.store()))):
        with pytest.raises(StoreError, match="to which graph it belongs") as caught:
            attempt()
        assert caught.value.code == "S104"


def lines_of(store):
    store.attach()
    return lines(store)


def test_a_directory_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError) as caught:
        SqliteStore(tmp_path / "file" / "store").open("here", [])
    assert caught.value.code == "S101"


def test_attaching_where_nothing_is_is_told_and_makes_nothing(disk):
    with pytest.raises(StoreError) as caught:
        disk.store().attach()
    assert caught.value.code == "S102"
    assert not disk.directory.exists()


def test_a_store_that_is_not_open_says_so(disk):
    store = disk.store()
    for ask in (lambda: store.totals(), lambda: store.claim("r", "o", 0.0, 1.0), lambda: store.parked()):
        with pytest.raises(StoreError) as caught:
            ask()
        assert caught.value.code == "S101"


def test_attaching_reads_a_store_while_another_process_writes_it(disk):
    one = disk.process()
    one.append(0, 1)
    looker = disk.store()
    looker.attach()
    one.append(2)
    assert looker.depth("events", "g") == Depth(3, 0)
    assert looker.totals()["events@g", "offered", ""] == 3
    assert [run["run"] for run in looker.runs()] == [one.run]


def test_whoever_may_only_read_is_told(disk):
    """As root everything may be written, so this one becomes nobody for a while."""
    directory = Path(tempfile.mkdtemp())
    try:
        writer = SqliteStore(directory)
        writer.open("here", [EVENTS])
        writer.close()
        for path in (*directory.iterdir(), directory):
            path.chmod(0o555)
        nobody = os.geteuid() == 0
        if nobody:
            os.seteuid(65534)
        try:
            store = SqliteStore(directory)
            with pytest.raises(StoreError) as caught:
                store.open("here", [EVENTS])
            assert caught.value.code == "S101"
        finally:
            if nobody:
                os.seteuid(0)
    finally:
        directory.chmod(0o700)
        for path in directory.iterdir():
            path.unlink()
        directory.rmdir()


# -- two processes --------------------------------------------------------------------------------------------------


def test_two_processes_get_every_record_once(disk):
    one, two = disk.process(), disk.process()
    for start in range(0, 60, 5):
        one.append(*range(start, start + 5))
    seen = []
    for turn in range(100):
        process = (one, two)[turn % 2]
        lease = process.lease(3 + turn % 4)
        if lease:
            seen += [each.payload["n"] for each in lease.records]
            process.commit(settle=[lease])
    assert seen == list(range(60))


def test_a_transaction_waits_for_another_process(disk):
    """It is held for a moment by a thread, which waits until we are about to begin."""
    import threading

    one = disk.process()
    held, go = threading.Event(), threading.Event()

    def hold():
        db = sqlite3.connect(disk.directory / FILE, isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        held.set()
        go.wait(10)
        db.execute("ROLLBACK")
        db.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    threading.Timer(0.05, go.set).start()
    one.append(0)
    thread.join()
    assert one.drain() == [0]


def test_what_a_killed_process_held_is_free_as_soon_as_another_looks(disk):
    one = disk.process()
    one.append(0, 1)
    one.commit(park=[disk.parked(7)])
    one.leased(lasts=1e9)
    one.claim(lasts=1e9)
    one.due(lasts=1e9)
    after = disk.killed()
    two = after.process()
    assert [run["outcome"] for run in two.store.runs()] == ["killed", None]
    assert two.drain() == [0, 1]
    assert two.claim() is not None
    assert len(two.due()) == 1
    assert sorted(path.name for path in after.directory.glob("*.lock")) == [f"run-{two.run}.lock"]


def test_what_a_living_process_holds_is_not_buried(disk):
    one = disk.process()
    one.append(0)
    lease = one.leased(lasts=100)
    two = disk.process()
    assert two.store.bury(disk.now) == []
    assert two.lease() is None
    one.commit(settle=[lease])


def test_a_process_that_let_go_without_an_end_is_buried_by_a_living_one(disk):
    one, two = disk.process(), disk.process()
    one.append(0)
    one.leased(lasts=1e9)
    one.store.close()
    assert two.store.bury(disk.now) == [one.run]
    assert two.store.bury(disk.now) == []
    assert two.drain() == [0]


def test_a_run_name_is_of_one_living_process(disk):
    """Two of one name would keep each other's leases alive for ever."""
    one = disk.process()
    one.append(0)
    one.leased(lasts=1e9)
    two = disk.store()
    two.open("here", disk.channels)
    with pytest.raises(StoreError) as caught:
        two.begin_run(one.run, "digest", disk.now)
    assert caught.value.code == "S107"
    assert two.runs()[0]["ended"] is None
    two.begin_run("another", "digest", disk.now)


@pytest.mark.parametrize("how", ["end", "kill"])
def test_a_run_name_may_be_used_again_after_its_end(disk, how):
    one = disk.process()
    one.append(0)
    old = one.leased(lasts=1e9)
    if how == "end":
        one.end()
    after = disk.killed()
    store = after.store()
    store.open("here", disk.channels)
    store.begin_run(one.run, "digest", disk.now)
    new = store.lease("events", "g", 9, one.run, disk.now, disk.now + 9)
    assert new is not None
    assert (new.start, new.fence != old.fence) == (0, True)
    assert [run["ended"] for run in store.runs()] == [None]


def test_a_lock_file_that_somebody_took_away_buries_the_run_and_its_successor_lives(disk):
    one, two = disk.process(), disk.process()
    (disk.directory / f"run-{one.run}.lock").unlink()
    assert two.store.bury(disk.now) == [one.run]
    store = disk.store()
    store.open("here", disk.channels)
    store.begin_run(one.run, "digest", disk.now)
    assert two.store.bury(disk.now) == []


# -- broken blocks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep_sum", [False, True])
def test_a_broken_block_is_passed_over_and_counted(disk, keep_sum):
    one = disk.process()
    for start in (0, 3, 6):
        one.append(*range(start, start + 3))
    flip(disk, 3, keep_sum=keep_sum)
    good, lost, rest = one.leased(), one.leased(), one.leased()
    assert [(x.start, x.end, x.lost, len(x.records)) for x in (good, lost, rest)] == [
        (0, 3, 0, 3),
        (3, 6, 3, 0),
        (6, 9, 0, 3),
    ]
    one.commit(settle=[good, lost, rest])
    assert one.lease() is None
    assert sql(disk, ("SELECT broken FROM blocks ORDER BY seq",)) == [(0,), (1,), (0,)]
    assert list(one.store.find(disk.record(4).id)) == []
    assert one.store.retain(disk.now, 0.0) == 9


@pytest.mark.parametrize("part", ["ids", "roots", "body"])
def test_a_broken_block_is_lost_in_pieces_to_whoever_takes_pieces(disk, part):
    one = disk.process()
    one.append(*range(5))
    one.append(5)
    flip(disk, 0, part=part)
    taken = []
    while lease := one.lease(2):
        taken.append((lease.start, lease.end, lease.lost))
        one.commit(settle=[lease])
    assert taken == [(0, 2, 2), (2, 4, 2), (4, 5, 1), (5, 6, 0)]


@pytest.mark.parametrize("part", ["ids", "roots", "parents", "body"])
def test_a_block_of_which_one_bit_made_text_is_broken_too(disk, part):
    one = disk.process()
    one.append(0, 1)
    sql(disk, (f"UPDATE blocks SET {part}='bytes of a block differ from text in one bit of the row'",))
    lease = one.leased()
    assert (lease.start, lease.end, lease.lost) == (0, 2, 2)


def test_a_range_that_broke_after_it_was_leased_is_cut_when_it_comes_again(disk):
    one = disk.process()
    for start in (0, 2, 4):
        one.append(start, start + 1)
    one.leased(lasts=10)
    flip(disk, 2)
    disk.wait(10)
    again = [one.leased() for _ in range(3)]
    assert [(x.start, x.end, x.lost) for x in again] == [(0, 2, 0), (2, 4, 2), (4, 6, 0)]
    assert one.lease() is None
    one.commit(settle=again)
    assert one.store.depth("events", "g") == Depth(0, 0)


def test_a_block_that_somebody_took_away_counts_as_broken(disk):
    one = disk.process()
    for start in (0, 2, 4):
        one.append(start, start + 1)
    sql(disk, ("DELETE FROM blocks WHERE seq=2",))
    taken = []
    while lease := one.lease():
        taken.append((lease.start, lease.end, lease.lost))
        one.commit(settle=[lease])
    assert taken == [(0, 2, 0), (2, 4, 2), (4, 6, 0)]


def test_blocks_at_the_end_that_somebody_took_away_count_as_broken(disk):
    one = disk.process()
    one.append(0, 1)
    one.append(2)
    sql(disk, ("DELETE FROM blocks",))
    lease = one.leased()
    assert (lease.start, lease.end, lease.lost) == (0, 3, 3)
    one.commit(settle=[lease])
    one.append(3)
    assert one.drain() == [3]


def test_a_tail_that_was_read_ahead_is_not_given_to_another_range(disk):
    """Half a block is kept decoded for whoever goes on; a new block behind another cursor must not meet it."""
    one = disk.process(ChannelSpec("events", ("g", "h")))
    one.append(*range(6))
    assert [each.payload["n"] for each in one.leased(2).records] == [0, 1]
    assert [each.payload["n"] for each in one.leased(4, cursor="h").records] == [0, 1, 2, 3]
    two = disk.process()
    assert [each.payload["n"] for each in two.leased(1).records] == [2]
    assert [each.payload["n"] for each in one.leased(9).records] == [3, 4, 5]
    assert [each.payload["n"] for each in one.leased(9, cursor="h").records] == [4, 5]


# -- commits that go wrong ------------------------------------------------------------------------------------------


class Dying(sqlite3.Connection):
    """A connection whose next COMMIT raises, before or after it was done."""

    when = ""

    def execute(self, statement, *parameters):
        if statement == "COMMIT" and Dying.when:
            moment, Dying.when = Dying.when, ""
            if moment == "after":
                super().execute(statement)
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(statement, *parameters)


@pytest.fixture
def dying(disk):
    """A process on a connection that can be told to fail."""
    one = disk.process()
    one.end()
    store = SqliteStore(disk.directory, connection=Dying)
    store.open("here", disk.channels)
    store.begin_run("dying", "digest", disk.now)
    one.store, one.run = store, "dying"
    yield one
    Dying.when = ""
    store.close()


def test_a_commit_that_raised_but_landed_is_taken_for_done(dying):
    dying.append(0)
    lease = dying.leased()
    Dying.when = "after"
    appended = dying.commit(settle=[lease], append=[dying.place.appending([dying.place.record(1)])])
    assert appended == {"events": 1}
    assert dying.drain() == [1]


def test_a_commit_that_raised_and_did_not_land_is_an_error_and_can_be_done_again(dying):
    dying.append(0)
    lease = dying.leased()
    Dying.when = "before"
    with pytest.raises(StoreError) as caught:
        dying.commit(settle=[lease], append=[dying.place.appending([dying.place.record(1)])])
    assert caught.value.code == "S105"
    assert dying.store.depth("events", "g") == Depth(0, 1)
    dying.commit(settle=[lease], append=[dying.place.appending([dying.place.record(1)])])
    assert dying.drain() == [1]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_that_dies_while_it_ends_holds_nothing_up(dying, moment):
    now = dying.place.now
    assert dying.store.claim("stage:count", "dying", now, now + 60) is not None
    Dying.when = moment
    with pytest.raises(StoreError):
        dying.store.end_run("dying", "idle", now)
    dying.store.close()  # as a kill does
    next_one = dying.place.process()
    assert next_one.store.claim("stage:count", next_one.run, now, now + 60) is not None


def test_a_lost_lease_is_told_apart_from_a_commit_that_landed(dying):
    """What landed counts for this run only: the other process's commits say nothing about ours."""
    two = dying.place.process()
    dying.append(0)
    lease = dying.leased()
    two.append(1)
    Dying.when = "before"
    with pytest.raises(StoreError):
        dying.commit(settle=[lease])
    two.end()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda place: {"positions": {"src": Position(object(), 1)}},
        lambda place: {"append": [place.appending([place.record(0)], channel="nowhere")]},
        lambda place: {"park": [place.parked(0, due=float("nan"))]},
        lambda place: {"state": {("n", "k"): object()}},
    ],
    ids=["a position that is no JSON", "a channel that is not there", "a row that is never due", "state of no bytes"],
)
def test_work_that_cannot_be_written_leaves_nothing_behind_and_no_lock(disk, wrong):
    one, two = disk.process(), disk.process()
    parts = {"append": [], **wrong(disk)}
    before = one.store.totals()
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it is: what counts is what it leaves behind
        one.commit(**{**parts, "append": [disk.appending([disk.record(5)]), *parts["append"]]})
    assert one.store.totals() == before
    two.append(1)  # nobody holds the file
    one.append(2)
    assert one.drain() == [1, 2]


def test_a_full_disk_is_told_and_costs_nothing_that_was_committed(disk):
    one = disk.process()
    one.append(0)
    lease = one.leased()
    ((pages,),) = [one.store.db.execute("PRAGMA page_count").fetchone()]
    one.store.db.execute(f"PRAGMA max_page_count={pages + 2}").fetchall()
    big = disk.record(1, {"n": 1, "noise": os.urandom(100_000).hex()})
    with pytest.raises(StoreError) as caught:
        one.commit(settle=[lease], append=[disk.appending([big])])
    assert caught.value.code == "S105"
    one.commit(settle=[lease], append=[disk.appending([big])])  # the file was opened anew, and there is room again
    assert one.drain() == [1]


def test_a_file_that_may_not_grow_is_told_and_costs_nothing_that_was_committed(disk):
    """The kernel refuses to write beyond a limit, as it does on a full disk or over a quota."""
    one = disk.process()
    for n in range(20):
        one.append(n)
    lease = one.leased(5)
    wal = disk.directory / f"{FILE}-wal"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size + 4096, hard))
    try:
        big = disk.record(99, {"n": 99, "noise": os.urandom(500_000).hex()})
        with pytest.raises(StoreError):
            one.commit(settle=[lease], append=[disk.appending([big])])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    one.store.close()
    two = disk.process()
    assert two.drain() == list(range(20))
    assert sql(disk, ("PRAGMA integrity_check",)) == [("ok",)]


@pytest.mark.parametrize("seed", range(12))
def test_a_file_that_turned_to_noise_is_told_by_every_question(disk, seed):
    """Overwritten under our hands; whatever is asked, the answer is an error that a user can read."""
    noise = random.Random(seed).randbytes
    one = disk.process()
    for n in range(300):
        one.append(n)
    one.end()
    path = disk.directory / FILE
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:4096] + noise(size - 4096))
    store = disk.store()
    questions = {
        "open": lambda: store.open("here", disk.channels),
        "attach": lambda: store.attach(),
        "totals": lambda: store.totals(),
        "depth": lambda: store.depth("events", "g"),
        "lease": lambda: store.lease("events", "g", 9, "o", 0.0, 9.0),
        "due": lambda: store.due(["b"], 9, "o", 0.0, 9.0),
        "next": lambda: store.next_parked(["b"]),
        "state": lambda: store.state("n", "k"),
        "steps": lambda: list(store.steps()),
        "dead": lambda: list(store.dead_letters()),
        "runs": lambda: store.runs(),
        "find": lambda: list(store.find("00" * 16)),
    }
    errors = []
    for ask in questions.values():
        try:
            ask()
        except StoreError as error:
            errors.append(error)
    assert errors


def test_closing_waits_for_nobody_and_a_refused_lease_leaves_no_lock(disk):
    one, two = disk.process(), disk.process()
    one.append(0)
    lease = one.leased()
    two.store.release(one.run)
    with pytest.raises(LeaseLost):
        one.commit(settle=[lease])
    two.append(1)
    assert two.drain() == [0, 1]
