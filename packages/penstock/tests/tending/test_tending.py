"""Looking after stores: what is told of them is so, what is wrong is found, and what is carried arrives whole."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock._engine.failure import RetryThenDeadLetter
from penstock._store.codec import portable
from penstock._store.facts import Append, ChannelSpec, Work
from penstock._store.interface import StoreError
from penstock._store.seen import Seen
from penstock._store.sqlite import FILE, SqliteStore
from penstock._store.sqlite_file import FORMAT as STORE_FORMAT
from penstock._tending.books import COUNTED
from penstock._tending.carry import BadCarriage, carried_in, lines
from penstock._tending.compact import compact
from penstock._tending.stats import stats
from penstock._tending.verify import verify
from penstock.cli import main
from penstock.cli.files import write_whole
from penstock.decisions import Reject, Transient
from penstock.graph.model import Channel, Group
from penstock.record import Reading, Record, Undecodable
from penstock.running import run
from penstock.sdk import node
from penstock.testing import Collect, graph_of, one_policy


@node("numbers")
class Numbers:
    count: int

    def read(self, ctx):
        for n in range(ctx.position or 0, self.count):
            yield (
                Undecodable(b"\xff", "no text", n + 1)
                if n % 11 == 10
                else Reading({"n": n, "é": "ü" * n}, n + 1, f"k{n % 3}")
            )


@node("odd", stateful=True)
class Odd:
    def process(self, record, ctx):
        n = record.payload["n"]
        ctx.state[record.key] = n
        if n % 7 == 3:
            raise Reject("no")
        if n % 7 == 5:
            raise Transient("later")
        if n % 7 == 6:
            ctx.timers.set(record.key, 4e9)
        return record


def made(directory: Path, count: int = 60) -> Path:
    """A store with something in each of its tables; some deliveries wait, because the run is told to stop early.

    Of each sixty readings five cannot be decoded, so 55 records are what a run has to see.
    """
    channels = [Channel("events", "sqlite", groups={"odd": Group("odd")}, dedup_window=1e6, retention=1e9)]
    graph, build = graph_of(
        {"read": Numbers(count), "odd": Odd(), "end": Collect()},
        ["read -> events", "events@odd -> odd", "odd -> end"], channels, batch=8,
    )  # fmt: skip  # what runs in one line, each side of it in another
    policies = one_policy(RetryThenDeadLetter(attempts=2, first=3600.0), graph)
    seen = []

    class Stop:
        def committed(self, counts):
            if counts.get(("odd", "in", ""), 0) >= 55 and not seen:
                seen.append(True)
                drivers[0].stop()

        def ended(self, report):
            pass

    drivers: list = []
    store = SqliteStore(directory)
    run(graph, build, store, policies=policies, observers=[Stop()], on_start=drivers.append)
    store.give_order("policies", "{}", "somebody", 1.0)
    store.close()
    return directory


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return made(tmp_path_factory.mktemp("whole") / "store")


def attached(directory):
    store = SqliteStore(directory, ack="process")
    store.attach()
    return store


def text_of(directory):
    store = attached(directory)
    try:
        return list(lines(store))
    finally:
        store.close()


def sealed(text):
    """The same lines with an end that fits them, as somebody writes it who knows how."""
    rows = text[1:-1]
    digest = hashlib.sha256("".join(rows).encode()).hexdigest()
    return [text[0], *rows, json.dumps({"end": len(rows), "sha256": digest}) + "\n"]


def row(table, *values):
    return json.dumps({"t": table, "r": values}, ensure_ascii=False, separators=(",", ":")) + "\n"


def copy_of(directory, target):
    target.mkdir()
    with sqlite3.connect(directory / FILE) as old, sqlite3.connect(target / FILE) as new:
        old.backup(new)
    old.close()
    new.close()
    return target


# -- stats -------------------------------------------------------------------------------------------------------------------


def test_stats_say_what_a_count_would_say(whole):
    store = attached(whole)
    found = stats(store)
    ask = lambda sql: store.db.execute(sql).fetchone()[0]  # noqa: E731 - a name for a question
    assert found["channels"]["events"]["appended"] == ask("SELECT sum(count) FROM blocks")
    assert found["history"] == ask("SELECT count(*) FROM steps")
    assert found["dead"] == ask("SELECT count(*) FROM dead") > 0
    assert sum(found["parked"].values()) == ask("SELECT count(*) FROM parked") > 0
    assert found["state"] == {"odd": 3}
    assert (found["timers"], found["dedup"]) == (
        ask("SELECT count(*) FROM timers"),
        ask("SELECT sum(count) FROM blocks"),
    )
    assert found["bytes"]["file"] > 0
    store.close()


def test_the_commands_tell_the_same_and_end_with_the_right_code(whole, capsys):
    assert main(["store", "stats", str(whole), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["channels"]["events"]["groups"]["odd"]["waiting"] == 0
    assert main(["store", "stats", str(whole)]) == 0
    assert "CHANNEL" in capsys.readouterr().out
    assert main(["store", "verify", str(whole)]) == 0
    assert capsys.readouterr().out == "nothing is wrong\n"
    assert main(["store", "stats", str(whole / "nowhere")]) == 3


# -- verify --------------------------------------------------------------------------------------------------------------------


def codes(directory):
    store = attached(directory)
    try:
        return [finding.code for finding in verify(store)]
    finally:
        store.close()


def test_nothing_is_wrong_with_what_runs_leave(whole):
    assert codes(whole) == []


@pytest.mark.parametrize(
    ("code", "spoilt"),
    [
        ("S202", "UPDATE blocks SET body=zeroblob(10) WHERE seq=(SELECT min(seq) FROM blocks)"),
        ("S202", "UPDATE blocks SET crc=crc+1 WHERE seq=(SELECT max(seq) FROM blocks)"),
        ("S203", "DELETE FROM blocks WHERE seq=(SELECT seq FROM blocks ORDER BY seq LIMIT 1 OFFSET 1)"),
        ("S203", "UPDATE channels SET next=next+5"),
        ("S204", "UPDATE cursors SET next=next+500"),
        ("S204", "INSERT INTO leases VALUES ('events', 'odd', 900, 910, '', 0, 0)"),
        ("S204", "INSERT INTO leases VALUES ('events', 'odd', 0, 4, '', 0, 0), ('events', 'odd', 2, 6, '', 0, 0)"),
        ("S205", "UPDATE parked SET body=x'00' WHERE id=(SELECT min(id) FROM parked)"),
        ("S205", "UPDATE dead SET body=x'00' WHERE id=(SELECT min(id) FROM dead WHERE encoding='record')"),
        ("S205", "UPDATE state SET value=x'7b'"),
        ("S205", "UPDATE blocks SET body='text' WHERE seq=(SELECT min(seq) FROM blocks)"),
        ("S205", "UPDATE blocks SET count='many' WHERE seq=(SELECT max(seq) FROM blocks)"),
        ("S205", "UPDATE steps SET id=9223372036854775807 WHERE id=(SELECT max(id) FROM steps)"),
        ("S205", "UPDATE channels SET next=-9223372036854775808"),
        ("S205", "UPDATE steps SET outcomes=x'28b52ffd00' WHERE id=(SELECT max(id) FROM steps)"),
        ("S205", "UPDATE steps SET outcomes=x'7b226122203a20317d' WHERE id=(SELECT max(id) FROM steps)"),
        ("S202", "UPDATE blocks SET broken=1 WHERE seq=(SELECT max(seq) FROM blocks); UPDATE cursors SET next=next-1"),
        ("S205", "UPDATE dead SET record=CAST(x'35c3' AS TEXT) WHERE id=(SELECT max(id) FROM dead)"),
        ("S205", "UPDATE steps SET intake=CAST(x'f0' AS TEXT) WHERE id=(SELECT max(id) FROM steps)"),
        ("S205", """UPDATE dead SET causes='["' WHERE id=(SELECT max(id) FROM dead)"""),
        ("S205", "UPDATE dead SET causes='5' WHERE id=(SELECT max(id) FROM dead)"),
        ("S205", "UPDATE dead SET encoding='recore' WHERE id=(SELECT max(id) FROM dead)"),
        ("S205", "UPDATE dead SET time=9e300 WHERE id=(SELECT max(id) FROM dead)"),
        ("S205", "UPDATE parked SET causes='{}' WHERE id=(SELECT max(id) FROM parked)"),
        ("S205", "UPDATE positions SET position=x'7b'"),
        ("S205", "UPDATE timers SET payload=x'7b'"),
        ("S205", "INSERT INTO notes (run, time, kind, facts) VALUES ('r', 1.0, 'taken', x'7b')"),
        ("S205", "UPDATE meta SET value='x' WHERE name='fence'"),
        ("S205", "DELETE FROM meta WHERE name='fence'"),
        ("S205", "INSERT INTO meta VALUES ('seen_left', 'x') ON CONFLICT DO UPDATE SET value='x'"),
        ("S205", "UPDATE meta SET value=x'ff' WHERE name='graph'"),
        ("S206", "UPDATE totals SET n=n+1 WHERE subject='events@odd' AND measure='handled'"),
        ("S206", "DELETE FROM parked WHERE id=(SELECT min(id) FROM parked)"),
    ],
)
def test_each_wrong_thing_is_found(whole, tmp_path, code, spoilt):
    directory = copy_of(whole, tmp_path / "store")
    with sqlite3.connect(directory / FILE) as db:
        assert all(db.execute(statement).rowcount for statement in spoilt.split("; "))
    db.close()
    assert code in codes(directory)
    asked = (["stats"], ["export", "--to", str(tmp_path / "text")])
    for words in [["store", *rest, str(directory)] for rest in asked] + [
        ["dlq", "list", "--store", str(directory)],
        ["dlq", "export", "--store", str(directory)],
        ["records", "show", "ff", "--store", str(directory)],
    ]:
        assert main(words) in (0, 3), words


def test_a_dead_letter_that_was_damaged_is_told_by_its_bytes_and_hides_no_other(whole, tmp_path, capsys):
    directory = copy_of(whole, tmp_path / "store")
    with sqlite3.connect(directory / FILE) as db:
        (spoilt,) = db.execute("SELECT min(id) FROM dead WHERE encoding='record'").fetchone()
        (count,) = db.execute("SELECT count(*) FROM dead").fetchone()
        db.execute("UPDATE dead SET body=x'00' WHERE id=?", (spoilt,))
    db.close()
    assert main(["dlq", "export", "--store", str(directory)]) == 0
    letters = {letter["id"]: letter for letter in map(json.loads, capsys.readouterr().out.splitlines())}
    assert len(letters) == count
    assert (letters[spoilt]["encoding"], letters[spoilt]["bytes"]) == ("raw", "AA==")
    assert main(["dlq", "show", str(spoilt), "--store", str(directory)]) == 0
    assert capsys.readouterr().out.endswith("1 bytes: b'\\x00'\n")


def test_a_damaged_file_is_told_and_is_no_traceback(whole, tmp_path, capsys):
    directory = copy_of(whole, tmp_path / "store")
    content = bytearray((directory / FILE).read_bytes())
    draw = random.Random(1)
    for _ in range(200):
        at = draw.randrange(8192, len(content))
        content[at] ^= 1 << draw.randrange(8)
    (directory / FILE).write_bytes(content)
    assert main(["store", "verify", str(directory)]) in (1, 3)
    said = capsys.readouterr()
    assert "S2" in said.out + said.err or "S10" in said.out + said.err


# -- compact -------------------------------------------------------------------------------------------------------------------


def aged(directory):
    """The same store with a group that has settled half, and nothing that has to be kept by its age."""
    with sqlite3.connect(directory / FILE) as db:
        db.execute("UPDATE channels SET kept=0")
        db.execute("UPDATE cursors SET next=(SELECT seq FROM blocks ORDER BY seq LIMIT 1 OFFSET 3)")
        db.execute("DELETE FROM leases")
    db.close()


def test_what_is_settled_goes_and_what_is_not_stays(whole, tmp_path):
    directory = copy_of(whole, tmp_path / "store")
    aged(directory)
    store = attached(directory)
    (before,) = store.db.execute("SELECT sum(count) + (SELECT count(*) FROM steps) FROM blocks").fetchone()
    waiting = store.depth("events", "odd").total
    assert sum(much for what, much in compact(store, 9e9, 0.0) if what == "rows") == before - waiting
    assert store.depth("events", "odd").total == waiting
    assert (
        store.db.execute("SELECT min(seq) FROM blocks").fetchone()
        == store.db.execute("SELECT next FROM cursors").fetchone()
    )
    store.close()


def test_free_pages_go_back_to_the_disk_in_small_steps(tmp_path):
    store = SqliteStore(tmp_path)
    store.open("g", [])
    store.db.execute("CREATE TABLE big (x)")
    store.db.executemany("INSERT INTO big VALUES (zeroblob(4000))", [()] * 3000)
    store.db.execute("DROP TABLE big")
    steps = [much for what, much in compact(store, 0.0, 1e9) if what == "pages"]
    assert store.db.execute("PRAGMA freelist_count").fetchone() == (0,)
    assert len(steps) >= 5
    assert max(steps) <= 500
    assert (tmp_path / FILE).stat().st_size < 400_000
    store.close()


def test_retention_gives_pages_back_when_many_are_free(tmp_path):
    store = SqliteStore(tmp_path)
    store.open("g", [])
    store.db.execute("CREATE TABLE big (x)")
    store.db.executemany("INSERT INTO big VALUES (zeroblob(4000))", [()] * 3000)
    store.db.execute("DROP TABLE big")
    free = [store.db.execute("PRAGMA freelist_count").fetchone()[0] for _ in range(4) if store.retain(0.0, 1e9) == 0]
    assert free[0] <= 2600
    assert free[-1] <= 2000, "what a busy store needs again soon is kept"
    assert free[-1] > 1000
    store.close()


def test_compacting_holds_up_nobody_who_writes_while_somebody_reads(whole, tmp_path):
    directory = copy_of(whole, tmp_path / "store")

    def compacted():
        store = attached(directory)
        list(compact(store, 0.0, 1e9))
        store.close()

    reader, writer = attached(directory), SqliteStore(directory, ack="process", patience=1.0)
    writer.attach()
    with reader.moment():
        before = len(reader.orders())
        writer.give_order("policies", "{}", "somebody", 2.0)
        at_work = threading.Thread(target=compacted)
        at_work.start()
        while at_work.is_alive():  # each raises when it has to wait for longer than its patience
            writer.give_order("policies", "{}", "somebody", 3.0)
        assert len(reader.orders()) == before
    assert len(reader.orders()) > before
    reader.close()
    writer.close()


class Full(sqlite3.Connection):
    """Gives nothing back, as where another process has the lock for too long, or the disk fails."""

    def executescript(self, script):
        raise sqlite3.OperationalError("planted")


def test_retention_that_cannot_give_pages_back_is_a_store_that_cannot_be_written(tmp_path):
    store = SqliteStore(tmp_path, connection=Full)
    store.open("g", [])
    store.db.execute("CREATE TABLE big (x)")
    store.db.executemany("INSERT INTO big VALUES (zeroblob(4000))", [()] * 3000)
    store.db.execute("DROP TABLE big")
    with pytest.raises(StoreError, match="planted"):
        store.retain(0.0, 1e9)
    store.close()


def test_a_store_from_before_gives_back_its_pages_too(tmp_path):
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("CREATE TABLE ballast (x)")
        db.executemany("INSERT INTO ballast VALUES (zeroblob(4000))", [()] * 500)
        db.execute("DROP TABLE ballast")
    db.close()
    store = SqliteStore(tmp_path)
    store.open("g", [])
    list(compact(store, 0.0, 1e9))
    assert store.db.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    assert (tmp_path / FILE).stat().st_size < 400_000
    store.close()


def test_compacting_waits_for_nobody_for_ever_and_says_so(whole, tmp_path, capsys):
    directory = copy_of(whole, tmp_path / "store")
    assert main(["store", "compact", str(directory), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 0
    assert main(["store", "compact", str(directory), "--history", "soon"]) == 2


# -- export and import -------------------------------------------------------------------------------------------------------------


def test_what_is_carried_arrives_whole(whole, tmp_path):
    text = text_of(whole)
    rows = carried_in(text, str(tmp_path / "there"))
    assert rows == len(text) - 2
    assert text_of(tmp_path / "there") == text
    assert codes(tmp_path / "there") == []
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_a_directory_that_is_there_stays_what_it_is(whole, tmp_path, monkeypatch):
    text = text_of(whole)
    (tmp_path / "real").mkdir(mode=0o750)
    before = (tmp_path / "real").stat()
    (tmp_path / "link").symlink_to("real")
    carried_in(text, str(tmp_path / "link"))
    after = (tmp_path / "real").stat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    assert text_of(tmp_path / "real") == text
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    carried_in(text, ".")
    assert [path.name for path in Path().iterdir()] == [FILE]


def test_a_new_directory_is_one_like_any_other(whole, tmp_path):
    (tmp_path / "plain").mkdir()
    carried_in(text_of(whole), str(tmp_path / "there"))
    assert (tmp_path / "there").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_what_a_killed_import_has_left_is_no_store_and_is_in_nobodys_way(whole, tmp_path):
    (tmp_path / "there/.import-killed").mkdir(parents=True)
    (tmp_path / "there/.import-killed" / FILE).write_bytes(b"half")
    carried_in(text_of(whole), str(tmp_path / "there"))
    assert [path.name for path in (tmp_path / "there").iterdir()] == [FILE]
    with pytest.raises(BadCarriage) as refused:
        carried_in(text_of(whole), str(tmp_path / "there"))
    assert refused.value.code == "S211"


def test_two_exports_into_one_file_are_one_of_them(tmp_path):
    target = tmp_path / "store.jsonl"
    other = "from penstock.cli.files import write_whole; import sys; write_whole(sys.argv[1], [b'theirs' * 2])"

    def ours():
        yield b"ours, "
        subprocess.run([sys.executable, "-c", other, str(target)], check=True)
        assert target.read_bytes() == b"theirstheirs"
        yield b"whole"

    write_whole(str(target), ours())
    assert target.read_bytes() == b"ours, whole"
    assert [path.name for path in tmp_path.iterdir()] == ["store.jsonl"]


def test_an_interrupted_export_leaves_what_was_there_and_nothing_else(tmp_path):
    target = tmp_path / "store.jsonl"
    target.write_bytes(b"before")

    def interrupted():
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(str(target), interrupted())
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("store.jsonl", b"before")]


class Endless(io.TextIOBase):
    """A line without an end, of which somebody may have as much as they ask for."""

    def readline(self, size=-1):
        assert 0 <= size <= 1001
        return "x" * size


def test_no_more_is_read_of_a_line_than_a_line_may_have(tmp_path):
    with pytest.raises(BadCarriage, match="cannot be made a store") as refused:
        carried_in(Endless(), str(tmp_path / "there"), longest=1000)
    assert refused.value.findings[0].message == "the line has more than 1,000 characters"
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize("statement", ["INSERT INTO state", "COMMIT", "PRAGMA wal_checkpoint"])
def test_a_disk_that_is_full_is_not_the_fault_of_the_text(whole, tmp_path, statement):
    class Full(sqlite3.Connection):
        def execute(self, sql, *values):
            if sql.startswith(statement) and planted:
                raise sqlite3.OperationalError("database or disk is full")
            return super().execute(sql, *values)

    text, planted = text_of(whole), []

    def told():
        yield from text[:2]
        planted.append(True)
        yield from text[2:]

    with pytest.raises(StoreError, match=r"cannot make .*disk is full"):
        carried_in(told(), str(tmp_path / "there"), connection=Full)
    assert not (tmp_path / "there").exists()


def test_whoever_comes_first_keeps_the_directory(whole, tmp_path):
    text = text_of(whole)

    def slow():
        yield from text[:-1]
        carried_in(text, str(tmp_path / "there"))
        yield text[-1]

    with pytest.raises(BadCarriage, match="not empty"):
        carried_in(slow(), str(tmp_path / "there"))
    assert text_of(tmp_path / "there") == text


def test_what_a_store_of_the_format_before_has_carried_out_arrives_too(whole, tmp_path):
    text = text_of(whole)
    assert '"store":4' in text[0]
    older = [
        text[0].replace('"store":4', '"store":3'),
        *(line.replace('["format",4]', '["format",3]') for line in text[1:]),
    ]
    carried_in(sealed(older), str(tmp_path / "there"))
    assert text_of(tmp_path / "there") == text


def test_a_run_goes_on_where_the_carried_store_stands(whole, tmp_path):
    carried_in(text_of(whole), str(tmp_path / "store"))
    made(tmp_path / "store", count=120)
    store = attached(tmp_path / "store")
    assert store.position("read").count == 120
    assert verify(store) == []
    store.close()


def test_the_shell_carries_too(whole, tmp_path, capsys):
    assert main(["store", "export", str(whole), "--to", str(tmp_path / "s.jsonl")]) == 0
    assert main(["store", "import", str(tmp_path / "s.jsonl"), str(tmp_path / "there")]) == 0
    assert main(["store", "export", str(tmp_path / "there")]) == 0
    assert capsys.readouterr().out.partition("\n")[2] == (tmp_path / "s.jsonl").read_text()
    assert main(["store", "import", str(tmp_path / "s.jsonl"), str(tmp_path / "there")]) == 1
    assert "S211" in capsys.readouterr().err


def refused(text, directory):
    with pytest.raises(BadCarriage) as caught:
        carried_in(text, str(directory / "there"))
    assert list(directory.iterdir()) == []
    return [(finding.at.line, finding.message) for finding in caught.value.findings]


def test_text_that_was_cut_anywhere_is_refused_and_nothing_is_there(whole, tmp_path):
    text = text_of(whole)
    for end in {0, 1, 2, len(text) // 2, len(text) - 1}:
        assert refused(text[:end], tmp_path)


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_text_that_was_changed_anywhere_is_refused(whole, tmp_path_factory, data):
    text = text_of(whole)
    at = data.draw(st.integers(0, len(text) - 1))
    change = data.draw(st.sampled_from(["left out", "twice", "bit", "other"]))
    line = text[at]
    if change == "bit":
        column = data.draw(st.integers(0, len(line) - 2))
        swapped = chr(ord(line[column]) ^ 1)
        new = [line[:column] + swapped + line[column + 1 :]]
    else:
        new = {"left out": [], "twice": [line, line], "other": ['{"t":"totals","r":["x","y","z",1]}\n']}[change]
    directory = tmp_path_factory.mktemp("changed")
    assert refused([*text[:at], *new, *text[at + 1 :]], directory)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("3", "no row"),
        ('{"t":"passwords","r":[1]}', "no row"),
        ('{"t":"totals","r":["a","b"]}', "no row"),
        ('{"t":"totals","r":["a","b","c",[1]]}', "does not fit"),
        ('{"t":"totals","r":["a","b","c",null]}', "does not fit"),
        ('{"t":"state","r":["n","k",{"b":"@"}]}', "no base64"),
        ('{"t":"state","r":["n","k",{"c":"@"}]}', "no base64"),
        ('{"t":"cursors","r":["a","b",123456789012345678901234567890]}', "does not fit"),
        ('{"t":"sqlite_master","r":["x"]}', "no row"),
    ],
)
def test_a_line_that_is_no_row_is_told_with_its_number(whole, tmp_path, line, told):
    text = text_of(whole)
    assert any(number == 4 and told in what for number, what in refused([*text[:3], line + "\n", *text[3:]], tmp_path))


@pytest.mark.parametrize(
    "header",
    [
        '{"kind":"something"}',
        '{"kind":"penstock-store","format":2,"store":2,"graph":"g"}',
        '{"kind":"penstock-store","format":1,"store":99,"graph":"g"}',
        "[]",
        "",
    ],
)
def test_a_header_of_something_else_is_refused(tmp_path, header):
    assert refused([header + "\n"], tmp_path)


def test_a_store_that_is_no_sound_one_is_not_made(whole, tmp_path):
    text = text_of(whole)
    for at, value in enumerate(map(json.loads, text)):
        if value.get("t") == "blocks":
            text[at] = row("blocks", *value["r"][:-1], {"b": base64.b64encode(b"spoilt").decode()})
    found = refused(sealed(text), tmp_path)
    assert all("is broken" in what for _, what in found)


# What a store says of itself, each with what is wrong in it; the line is the one that is wrong, or the last one.
FENCE, FORMAT_, GRAPH = '["fence",', '["format",', '["graph",'


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (FENCE, row("meta", "fence", -1), "`fence` in `meta` is -1, and it is to be a whole number from 0 to"),
        (FENCE, row("meta", "fence", 2**62), "`fence` in `meta` is"),
        (FENCE, row("meta", "fence", 2**63 - 1), "`fence` in `meta` is"),
        (FENCE, row("meta", "fence", 10**4000), "`fence` in `meta` is"),
        (FENCE, row("meta", "fence", 1.0), "`fence` in `meta` is 1.0"),
        (FENCE, row("meta", "fence", "7"), "`fence` in `meta` is '7'"),
        (FENCE, row("meta", "fence", True), "`fence` in `meta` is True"),
        (FENCE, row("meta", "fence", None), "`fence` in `meta` is None"),
        (FENCE, row("meta", "fence", {"b": "AA=="}), "`fence` in `meta` is {'b': 'AA=='}"),
        (FENCE, row("meta", "fence", "x" * 100_000), "`fence` in `meta` is 'xxx"),
        (FENCE, row("meta", "fenec", 7), "a carried store has no row 'fenec' in `meta`"),
        (FENCE, row("meta", "flushes", 7), "a carried store has no row 'flushes' in `meta`"),
        (FENCE, row("meta", "x\x1b[2J" * 9999, 7), "a carried store has no row 'x\\x1b[2Jx"),
        (FENCE, row("meta", ["fence"], 7), "a carried store has no row ['fence'] in `meta`"),
        (FENCE, row("meta", {"fence": 1}, 7), "a carried store has no row {'fence': 1} in `meta`"),
        (FENCE, row("meta", None, 7), "a carried store has no row None in `meta`"),
        (FORMAT_, row("meta", "format", 1), "`format` in `meta` is 1, and it is to be"),
        (FORMAT_, row("meta", "format", 99), "`format` in `meta` is 99, and it is to be"),
        (FORMAT_, row("meta", "format", float(STORE_FORMAT)), "`format` in `meta` is"),
        (FORMAT_, row("meta", "format", str(STORE_FORMAT)), "`format` in `meta` is"),
        (GRAPH, row("meta", "graph", "another"), "`graph` in `meta` is 'another', and it is to be"),
        (GRAPH, row("meta", "graph", 5), "`graph` in `meta` is 5, and it is to be"),
        (FENCE, "", "there is no row `fence` in `meta`"),
        (FORMAT_, "", "there is no row `format` in `meta`"),
        (GRAPH, "", "there is no row `graph` in `meta`"),
        (GRAPH, None, "`graph` is there twice in `meta`"),
        (FENCE, None, "`fence` is there twice in `meta`"),
        ('["steps",', row("sqlite_sequence", "steps", 2**63 - 1), "`steps` in `sqlite_sequence` is"),
        ('["steps",', row("sqlite_sequence", "steps", "many"), "`steps` in `sqlite_sequence` is 'many'"),
        ('["steps",', row("sqlite_sequence", "blocks", 7), "a carried store has no row 'blocks' in `sqlite_sequence`"),
        ('["steps",', None, "`steps` is there twice in `sqlite_sequence`"),
    ],
)
def test_what_no_store_says_of_itself_is_told_with_its_line(whole, tmp_path, old, new, told):
    text = text_of(whole)
    (at,) = [number for number, line in enumerate(text) if old in line]
    text[at : at + 1] = [text[at], text[at]] if new is None else [new] if new else []
    found = refused(sealed(text), tmp_path)
    line, what = found[0]
    assert (line, told in what) == (len(text) if new == "" else at + 1 + (new is None), True)
    assert all("there is no row" in what for _, what in found[1:])  # because the wrong one stands in its place


def test_all_that_is_wrong_in_what_a_store_says_of_itself_is_told_at_once(whole, tmp_path, capsys):
    text = [line for line in text_of(whole) if GRAPH not in line]
    text[1:3] = [row("meta", "fence", -1), row("meta", "format", 99)]
    (tmp_path / "s.jsonl").write_text("".join(sealed(text)))
    assert main(["store", "import", str(tmp_path / "s.jsonl"), str(tmp_path / "there")]) == 1
    told = capsys.readouterr().err
    for what in (
        "s.jsonl:2: error S210: `fence`",
        "s.jsonl:3: error S210: `format`",
        "there is no row `graph`",
        "hint: ",
    ):
        assert what in told
    assert [path.name for path in tmp_path.iterdir()] == ["s.jsonl"]


@pytest.mark.parametrize("graph", ["", "\ud800", "a\0b", "a\nb", "\x1b[2J"])
def test_a_name_that_no_graph_can_have_is_told(whole, tmp_path, graph):
    text = text_of(whole)
    header = json.dumps({**json.loads(text[0]), "graph": graph}) + "\n"
    ((line, what),) = refused([header, *text[1:]], tmp_path)
    assert (line, "no graph has the name" in what) == (1, True)


@pytest.fixture(scope="module")
def dedup_under_way(tmp_path_factory):
    """A store of which nine names are being put in order, of seventeen that it remembers: four are through."""
    store = SqliteStore(tmp_path_factory.mktemp("dedup"), ack="process", seen=Seen(9))
    store.open("g", [ChannelSpec("events", ("g",), 1e9)])
    store.begin_run("run", "", 1.0)
    for start, end in ((0, 5), (5, 9), (9, 11)):
        records = [Record({"n": n}, _salt=b"source", _position=n) for n in range(start, end)]
        append = Append("events", "p", "p.out -> events", records, [portable(each.payload) for each in records])
        store.commit(Work(append=[append]), "run", 1.0)
    store.end_run("run", "stopped", 1.0)
    yield list(lines(store))
    store.close()


def with_marks(text, **marks):
    """The same with other marks; those that are None are left out."""
    rest = [line for line in text if not any(f'["{name}",' in line for name in marks)]
    return sealed([rest[0], *(row("meta", *mark) for mark in marks.items() if mark[1] is not None), *rest[1:]])


def test_dedup_that_is_under_way_is_carried(dedup_under_way, tmp_path):
    assert row("meta", "seen_left", 5) in dedup_under_way
    assert row("meta", "seen_upto", 2) in dedup_under_way
    carried_in(dedup_under_way, str(tmp_path / "there"))
    assert text_of(tmp_path / "there") == dedup_under_way


@pytest.mark.parametrize(
    ("marks", "told"),
    [
        ({"seen_left": 10}, "`seen_left` in `meta` is 10, and the rows of `seen_new` up to 2 have 9 names"),
        ({"seen_left": 0}, "`seen_left` in `meta` is 0, and the rows of `seen_new` up to 2 have 9 names"),
        ({"seen_left": None}, "`seen_left` in `meta` is 0, and the rows of `seen_new` up to 2 have 9 names"),
        ({"seen_left": -1}, "`seen_left` in `meta` is -1, and it is to be a whole number"),
        ({"seen_left": "5"}, "`seen_left` in `meta` is '5'"),
        ({"seen_upto": 0}, "`seen_left` in `meta` is 5, and the rows of `seen_new` up to 0 have 0 names"),
        ({"seen_upto": None}, "`seen_left` in `meta` is 5, and the rows of `seen_new` up to 0 have 0 names"),
        ({"seen_upto": 4, "seen_left": 5}, "`seen_upto` in `meta` is 4, and so many rows `seen_new` has never had"),
        ({"seen_upto": 2.0}, "`seen_upto` in `meta` is 2.0"),
        (
            {"seen_upto": None, "seen_left": 1},
            "`seen_left` in `meta` is 1, and the rows of `seen_new` up to 0 have 0 names",
        ),
    ],
)
def test_marks_of_dedup_that_do_not_fit_what_is_there_are_told(dedup_under_way, tmp_path, marks, told):
    text = with_marks(dedup_under_way, **marks)
    ((line, what),) = refused(text, tmp_path)
    assert told in what
    assert "seen_" in text[line - 1]


def test_rows_of_dedup_that_nothing_marks_are_told_at_the_end(dedup_under_way, tmp_path):
    text = with_marks(dedup_under_way, seen_left=None, seen_upto=None)
    at = next(number for number, line in enumerate(text) if '"t":"seen_new"' in line)
    text[at] = row("seen_new", -7, *json.loads(text[at])["r"][1:])
    assert refused(sealed(text), tmp_path) == [
        (len(text), "`seen_left` in `meta` is 0, and the rows of `seen_new` up to 0 have 5 names")
    ]


@pytest.mark.parametrize("entries", [5, "text", {"b": base64.b64encode(b"cut").decode()}])
def test_rows_of_dedup_that_cannot_be_read_are_told_as_what_they_are(dedup_under_way, tmp_path, entries):
    at = next(number for number, line in enumerate(dedup_under_way) if '"t":"seen_new"' in line)
    spoilt = row("seen_new", *json.loads(dedup_under_way[at])["r"][:2], entries)
    found = refused(sealed([*dedup_under_way[:at], spoilt, *dedup_under_way[at + 1 :]]), tmp_path)
    assert all("`seen_new` cannot be read" in what for _, what in found)


def test_the_books_know_every_row_that_stores_keep(whole):
    """A row of a new kind is either carried and judged, or left out on the way."""
    store = attached(whole)
    store.flush()
    said = {name for (name,) in store.db.execute("SELECT name FROM meta")}
    assert said - {"flushes"} <= {"format", "graph", *COUNTED["meta"]}
    tables = store.db.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")
    assert {name for (name,) in tables} == set(COUNTED["sqlite_sequence"])
    assert {name for (name,) in store.db.execute("SELECT name FROM sqlite_sequence")} <= set(COUNTED["sqlite_sequence"])
    store.close()


def test_a_directory_that_is_in_use_is_left_alone(whole, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there/mine").write_text("mine")
    with pytest.raises(BadCarriage, match="not empty"):
        carried_in(text_of(whole), str(tmp_path / "there"))
    assert (tmp_path / "there/mine").read_text() == "mine"


def test_what_is_no_store_cannot_be_looked_after(tmp_path):
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    with pytest.raises(StoreError):
        attached(tmp_path)


def test_a_file_that_is_no_text_is_told_with_a_finding(tmp_path, capsys):
    (tmp_path / "s.jsonl").write_bytes(b"\x96\xff\x00" * 50)
    assert main(["store", "import", str(tmp_path / "s.jsonl"), str(tmp_path / "there")]) == 1
    assert "no UTF-8 text" in capsys.readouterr().err
    assert not (tmp_path / "there").exists()


def test_a_place_where_nothing_can_be_made_is_told(whole, tmp_path, capsys):
    (tmp_path / "s.jsonl").write_text("".join(text_of(whole)))
    assert main(["store", "import", str(tmp_path / "s.jsonl"), str(tmp_path / "s.jsonl" / "there")]) == 3
    assert "S101" in capsys.readouterr().err


def test_a_copy_that_cannot_be_written_is_told_and_leaves_nothing(whole, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["store", "export", str(whole), "--to", "nowhere/s.jsonl"]) == 2
    assert "R405" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_copy_that_does_not_fit_leaves_the_old_one(tmp_path):
    from penstock.cli.files import CannotWriteFile, write_whole

    def pieces():
        yield b"new"
        raise OSError(28, "No space left on device")

    (tmp_path / "s.jsonl").write_text("old")
    with pytest.raises(CannotWriteFile, match="no space left"):
        write_whole(str(tmp_path / "s.jsonl"), pieces())
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("s.jsonl", "old")]
