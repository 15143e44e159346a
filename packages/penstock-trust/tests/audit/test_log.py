"""What is written to an audit log is there, and whatever is done to it afterwards is seen."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_trust.audit import AuditError, AuditLog, keep, sign_checkpoint, verify
from penstock_trust.audit.entry import BEGIN, entry_of, line_of
from penstock_trust.audit.examine import CHECKS, _read, anchor, verify_bytes
from penstock_trust.audit.tree import Tree
from penstock_trust.keys import PrivateKey
from penstock_trust.refusal import Refusal

KEY = PrivateKey.from_seed(b"a" * 32)
STRANGER = PrivateKey.from_seed(b"s" * 32)
NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)


def ticking():
    """A clock that goes on by a second each time that somebody looks."""
    now = NOON
    while True:
        now += timedelta(seconds=1)
        yield now


@pytest.fixture
def log(tmp_path):
    clock = ticking()
    return AuditLog(tmp_path / "audit.jsonl", who="ana (1000)", clock=lambda: next(clock))


@pytest.fixture
def filled(log, tmp_path):
    """Seven entries of ours, of which the first five (with the first line) are anchored."""
    for number in range(4):
        log.append("sign", {"wheel": f"w{number}"})
    keep(sign_checkpoint(log.path, KEY, now=NOON), str(tmp_path / "anchors.jsonl"))
    for number in range(4, 7):
        log.append("install", {"wheel": f"w{number}"})
    return log


def look(log, key=KEY, **how):
    return verify(log.path, [key.public], checkpoints=[os.path.join(os.path.dirname(log.path), "anchors.jsonl")], **how)


def codes(report):
    return [finding.code for finding in report.findings]


def lines(log):
    with open(log.path, "rb") as file:
        return file.read().splitlines()


def rewrite(log, new):
    with open(log.path, "wb") as file:
        file.write(b"".join(line + b"\n" for line in new))


def rechained(new):
    """The same lines as if they had always stood there: numbered and chained anew."""
    tree, made = Tree(), []
    for seq, line in enumerate(new):
        value = json.loads(line)
        value["seq"], value["root"] = seq, tree.root().hex()
        fresh = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        tree.add(fresh)
        made.append(fresh)
    return made


# -- what is written


def test_the_first_line_names_the_log_and_each_speaks_for_those_before_it(filled):
    first, *rest = [entry_of(line) for line in lines(filled)]
    assert (first.action, first.seq, len(first.facts["origin"])) == (BEGIN, 0, 32)
    assert [entry.facts["wheel"] for entry in rest] == [f"w{number}" for number in range(7)]
    assert rest[0].root == hashlib.sha256(b"\0" + lines(filled)[0]).hexdigest()


def test_an_honest_log_is_whole_and_says_how_far_it_is_anchored(filled):
    report = look(filled)
    assert (report.whole, report.entries, report.anchored, report.checkpoints) == (True, 8, 5, 1)
    assert codes(report) == ["T509"]
    assert report.findings[0].message == "no checkpoint speaks for the last 3 of 8 entries"


def test_an_honest_log_is_anchored_again_and_again(filled, tmp_path):
    anchors = str(tmp_path / "anchors.jsonl")
    anchor(filled.path, KEY, anchors, now=NOON)
    filled.append("sign", {})
    anchor(filled.path, STRANGER, anchors, now=NOON)  # the next key of the same owner
    report = verify(filled.path, [KEY.public, STRANGER.public], checkpoints=[anchors])
    assert (report.whole, report.anchored, report.checkpoints) == (True, 9, 3)


def test_a_log_that_was_changed_is_not_signed_for(filled, tmp_path):
    honest = lines(filled)
    anchors = tmp_path / "anchors.jsonl"
    before = anchors.read_bytes()
    cases = [(lines_after(attack, honest), code) for attack, code in CHANGED]
    cases.append((rechained(honest[:4]), "T505"))  # cut off below what was signed for
    cases.append((rechained([honest[0], honest[2], *honest[2:]]), "T506"))  # written a second way
    for new, code in cases:
        rewrite(filled, new)
        with pytest.raises(Refusal) as raised:
            anchor(filled.path, KEY, str(anchors), now=NOON)
        assert (raised.value.findings[0].code, anchors.read_bytes()) == (code, before)
    rewrite(filled, honest)
    anchor(filled.path, KEY, str(anchors), now=NOON)
    assert look(filled).anchored == 8


def test_a_log_without_checkpoints_is_warned_about(filled):
    report = verify(filled.path)
    assert (report.whole, report.anchored, codes(report)) == (True, 0, ["T509"])
    assert str(report.findings[0].severity) == "warning"


def test_an_appended_line_costs_no_reading_of_those_before(filled):
    with open(filled.path + ".head") as file:
        head = json.load(file)
    assert (head["size"], head["bytes"]) == (8, os.path.getsize(filled.path))


@pytest.mark.parametrize("damage", ["", "{}", "[]", '{"bytes": 1, "size": 9, "peaks": []}', "\0"])
def test_a_spoilt_head_is_made_anew(filled, damage):
    with open(filled.path + ".head", "w") as file:
        file.write(damage)
    filled.append("sign", {})
    assert look(filled).whole


def test_a_line_that_was_never_finished_is_cut_off_and_told(filled):
    with open(filled.path, "ab") as file:
        file.write(b'{"action":"inst')
    assert codes(look(filled)) == ["T510", "T509"]
    filled.append("sign", {})
    assert look(filled).whole
    assert [entry_of(line).action for line in lines(filled)][-2:] == ["log.repaired", "sign"]


def _append_many(path):
    for _ in range(25):
        AuditLog(path, who="x").append("sign", {})


def test_writers_at_the_same_time_take_turns(tmp_path):
    path = str(tmp_path / "audit.jsonl")
    workers = [multiprocessing.get_context("spawn").Process(target=_append_many, args=(path,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    report = verify(path)
    assert (report.whole, report.entries) == (True, 76)


@pytest.mark.parametrize("make", ["folder", "no folder", "pipe", "link", "full"])
def test_a_log_that_cannot_be_written_says_so(tmp_path, make):
    path = tmp_path / "audit.jsonl"
    if make == "folder":
        path.mkdir()
    elif make == "no folder":
        (tmp_path / "file").write_text("")
        path = tmp_path / "file" / "audit.jsonl"
    elif make == "pipe":
        os.mkfifo(path)
    elif make == "link":
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path = "/dev/full"
    with pytest.raises(AuditError) as raised:
        AuditLog(path, who="x").append("sign", {})
    assert (raised.value.code, raised.value.exit_code) == ("T501", 1)


@pytest.mark.parametrize("facts", [{"x": 1.5}, {"x": {1: 2}}, {"x": object()}, {"x": "y" * 70_000}])
def test_facts_that_no_line_can_hold_leave_the_log_as_it_was(filled, facts):
    before = lines(filled)
    with pytest.raises(AuditError):
        filled.append("sign", facts)
    assert lines(filled) == before


def test_many_lines_are_each_numbered_and_chained_as_if_they_had_come_alone(filled):
    entries = filled.extend([("admit", {"pack": f"p{number}"}) for number in range(40)])
    assert [(entry.seq, entry.facts["pack"]) for entry in entries] == [(8 + n, f"p{n}") for n in range(40)]
    report = look(filled)
    assert (report.whole, report.entries, report.anchored) == (True, 48, 5)
    filled.append("sign", {})
    assert look(filled).entries == 49


def test_many_lines_that_come_first_stand_behind_the_name_of_the_log(log):
    assert [entry.seq for entry in log.extend([("admit", {"n": 1}), ("admit", {"n": 2})])] == [1, 2]
    assert [entry_of(line).action for line in lines(log)] == [BEGIN, "admit", "admit"]
    assert verify(log.path).whole


def test_no_lines_write_nothing(log):
    assert log.extend([]) == ()
    assert not os.path.exists(log.path)


@pytest.mark.parametrize("fresh", [True, False])
def test_of_many_lines_of_which_one_cannot_be_written_none_is(log, fresh):
    if not fresh:
        log.append("sign", {})
    before = lines(log) if not fresh else []
    with pytest.raises(AuditError):
        log.extend([("admit", {"n": 1}), ("admit", {"n": 0.5}), ("admit", {"n": 3})])
    assert lines(log) == before
    log.append("sign", {})
    assert verify(log.path).whole


def _outgrow(path, limit):
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        AuditLog(path, who="x").extend([("admit", {"n": n}) for n in range(20)])
    except AuditError:
        os._exit(7)


@pytest.mark.skipif(os.name == "nt", reason="files have no such limit there")
def test_a_disk_that_is_full_in_the_middle_of_many_lines_keeps_none_of_them(filled):
    before = lines(filled)
    limit = os.path.getsize(filled.path) + 1500  # some of the twenty lines would fit
    writer = multiprocessing.get_context("spawn").Process(target=_outgrow, args=(filled.path, limit))
    writer.start()
    writer.join()
    assert (writer.exitcode, lines(filled)) == (7, before)
    filled.append("sign", {})
    assert look(filled).whole


@pytest.mark.skipif(not os.path.exists("/proc/locks"), reason="nobody tells who waits for a lock there")
def test_a_log_that_was_replaced_while_we_waited_for_it_is_not_written(filled):
    """Whoever waits for the lock of a file that somebody moved away would write where nobody looks."""
    descriptor = os.open(filled.path, os.O_RDWR)
    fcntl = pytest.importorskip("fcntl")
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(filled.append, "sign", {})
        while not (_is_waited_for(filled.path) or waiting.done()):
            pass
        os.rename(filled.path, filled.path + ".1")
        os.close(descriptor)
        with pytest.raises(AuditError, match=r"another file|no such file"):
            waiting.result()


def _is_waited_for(path):
    """Whether somebody waits for a lock of this file, as the kernel tells."""
    inode = os.stat(path).st_ino
    with open("/proc/locks") as table:
        return any("->" in line and f":{inode} " in line for line in table)


# -- what is done to it afterwards


def edited(new):
    new[6] = new[6].replace(b"w5", b"w9")


def deleted(new):
    del new[6]


def swapped(new):
    new[5], new[6] = new[6], new[5]


def doubled(new):
    new.insert(6, new[6])


def spaced(new):
    new[7] = new[7].replace(b'":', b'": ', 1)


def keyed(new):
    new[7] = new[7].replace(b"{", b'{"more":1,', 1)


def beheaded(new):
    del new[0]


CHANGED = [
    (edited, "T503"),
    (deleted, "T504"),
    (swapped, "T504"),
    (doubled, "T504"),
    (spaced, "T502"),
    (keyed, "T502"),
    (beheaded, "T511"),
]


def lines_after(attack, honest):
    new = list(honest)
    attack(new)
    return new


@pytest.mark.parametrize(("attack", "code"), CHANGED)
def test_every_change_is_seen_even_where_nothing_is_anchored(filled, attack, code):
    new = lines(filled)
    attack(new)
    rewrite(filled, new)
    report = verify(filled.path)
    assert not report.whole
    assert code in codes(report)


@pytest.mark.parametrize("attack", [edited, deleted, swapped, doubled])
def test_who_writes_the_whole_chain_anew_behind_the_checkpoint_is_told_as_unanchored_only(filled, attack):
    new = lines(filled)
    attack(new)
    rewrite(filled, rechained(new))
    report = look(filled)
    assert (report.whole, report.anchored) == (True, 5)
    assert codes(report)[-1:] == ["T509"]  # and a warning where a clock seems to go back


def test_who_writes_the_chain_anew_below_a_checkpoint_made_a_fork(filled):
    new = lines(filled)
    new[2] = new[2].replace(b"w1", b"w9")
    rewrite(filled, rechained(new))
    report = look(filled)
    assert codes(report) == ["T506", "T509"]
    assert (report.whole, report.anchored) == (False, 0)


def test_a_log_cut_off_below_its_checkpoint_is_too_short(filled):
    rewrite(filled, lines(filled)[:4])
    assert codes(look(filled)) == ["T505", "T509"]


def test_another_log_in_its_place_is_another_log(filled, tmp_path):
    os.remove(filled.path)
    os.remove(filled.path + ".head")
    for _ in range(9):
        filled.append("sign", {})
    assert codes(look(filled)) == ["T508", "T506", "T509"]


def test_two_checkpoints_about_one_size_are_two_logs(filled, tmp_path):
    new = lines(filled)
    new[2] = new[2].replace(b"w1", b"w9")
    other = tmp_path / "other.jsonl"
    other.write_bytes(b"".join(line + b"\n" for line in rechained(new[:5])))
    keep(sign_checkpoint(str(other), KEY, now=NOON), str(tmp_path / "anchors.jsonl"))
    assert codes(look(filled)) == ["T508", "T506", "T509"]


def test_a_checkpoint_of_a_stranger_anchors_nothing(filled):
    report = look(filled, STRANGER)
    assert codes(report) == ["T507", "T509"]
    assert (report.anchored, report.whole) == (0, False)


@pytest.mark.parametrize(
    "line", [b"{}", b"null", b"x", b'{"payload":"e30=","payloadType":"x","signatures":[{"sig":""}]}']
)
def test_a_line_that_is_no_checkpoint_is_told(filled, tmp_path, line):
    keep(line + b"\n", str(tmp_path / "anchors.jsonl"))
    assert codes(look(filled)) == ["T507", "T509"]


def test_time_that_goes_back_is_a_warning(filled):
    filled._clock = lambda: NOON - timedelta(days=1)
    filled.append("sign", {})
    report = look(filled)
    assert report.whole
    assert codes(report) == ["T512", "T509"]


def test_what_began_and_never_ended_is_told(filled):
    filled.append("install", {"phase": "begin", "run": "1"})
    filled.append("sign", {"phase": "begin", "run": "2"})
    filled.append("sign", {"phase": "end", "run": "2"})
    report = look(filled)
    assert report.whole
    assert codes(report) == ["T513", "T509"]
    assert report.findings[0].message == "`install` of ana (1000) began in entry 8 and has not ended"


@pytest.mark.parametrize("path", ["/dev/zero", ".", "pipe"])
def test_what_is_no_log_is_not_read_for_ever(tmp_path, path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Refusal) as raised:
        verify(tmp_path / path)
    assert raised.value.code == "T511"


def test_each_check_is_the_one_that_sees_its_attack(filled):
    """With the check left out the log passes, so nothing else was looking."""
    new = lines(filled)
    new[2] = new[2].replace(b"w1", b"w9")
    rewrite(filled, rechained(new))
    without = [check for check in CHECKS if check.__name__ != "agreed"]
    assert look(filled, checks=without).whole


# -- laws


@given(st.lists(st.binary(max_size=20), max_size=40))
def test_the_peaks_give_the_root_that_the_definition_gives(leaves):
    def root(part):
        if not part:
            return hashlib.sha256(b"").digest()
        if len(part) == 1:
            return hashlib.sha256(b"\0" + part[0]).digest()
        split = 1 << ((len(part) - 1).bit_length() - 1)
        return hashlib.sha256(b"\1" + root(part[:split]) + root(part[split:])).digest()

    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    assert tree.root() == root(leaves)
    assert Tree(tree.size, tuple(tree.peaks)).root() == tree.root()


@given(st.binary(max_size=300))
def test_whatever_stands_in_a_line_is_an_entry_or_refused(line):
    read = _read(line)
    assert read.code in ("T101", "T502") if isinstance(read, Refusal) else line_of(read) == line


HONEST = rechained(
    [
        json.dumps(
            {"action": BEGIN if n == 0 else "sign", "facts": {"origin": "00"} if n == 0 else {"n": n}, "format": 1, "root": "",
             "seq": n, "time": "2026-11-22T12:00:00Z", "who": "ana"}
        ).encode()
        for n in range(6)
    ]
)  # fmt: skip  # one line of the log


@given(st.integers(0, 5), st.data())
def test_any_one_byte_that_is_changed_in_any_line_is_seen(number, data):
    new = list(HONEST)
    at = data.draw(st.integers(0, len(new[number]) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte not in (new[number][at], 10)))
    new[number] = new[number][:at] + bytes([byte]) + new[number][at + 1 :]
    text = b"".join(line + b"\n" for line in new)
    report = verify_bytes(text, "audit.jsonl")
    assert report.whole == (number == 5 and _is_honest(new[5]))  # the last line has none behind it that speaks for it


def _is_honest(line):
    entry = _read(line)
    if isinstance(entry, Refusal):
        return False
    return (entry.seq, entry.root) == (5, json.loads(HONEST[5])["root"])


@given(st.binary(max_size=200))
def test_no_bytes_make_the_look_itself_fail(noise):
    for text in (noise, b"".join(line + b"\n" for line in HONEST) + noise):
        verify_bytes(text, "audit.jsonl", [KEY.public], checkpoints={"anchors": noise})
