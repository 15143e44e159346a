"""The JSONL sink: whatever happens between two commits, each record is in the file once."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from penstock import Record
from penstock_standard import JsonlSink
from penstock_standard._appending import AppendedFile
from penstock_standard.errors import CannotWrite, ChangedByOthers, FileCut, FileInUse, NotJson, NotOurFile


def records(*numbers):
    return [Record({"n": n}) for n in numbers]


def numbers(path: Path) -> list[int]:
    return [json.loads(line)["n"] for line in path.read_bytes().splitlines()] if path.exists() else []


def opened(path, ctx, **config):
    sink = JsonlSink(str(path), **config)
    sink.open(ctx)
    return sink


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), st.integers(0, 5), st.floats(0, 1))
def test_a_crash_at_any_byte_of_any_batch_leaves_no_duplicate(tmp_path_factory, context, sizes, settled, share):
    path = tmp_path_factory.mktemp("out") / "out.jsonl"
    batches = [records(*(100 * at + n for n in range(size))) for at, size in enumerate(sizes)]
    settled = min(settled, len(batches) - 1)
    ctx = context()
    sink = opened(path, ctx, sync=False)
    for batch in batches[:settled]:
        sink.write_batch(batch, ctx)
    committed = dict(ctx.state.stored)
    before = path.stat().st_size if path.exists() else 0
    sink.write_batch(batches[settled], ctx)
    kept = before + int(share * (path.stat().st_size - before))  # bytes that reached the disk
    sink._file._claimed = False  # a process that is killed tidies nothing up
    sink.close(ctx)
    os.truncate(path, kept)

    ctx = context(stored=committed)
    sink = opened(path, ctx, sync=False)
    for batch in batches[settled:]:
        sink.write_batch(batch, ctx)
    sink.close(ctx)
    assert numbers(path) == [record.payload["n"] for batch in batches for record in batch]


class AppendsAndCrashes(RuleBasedStateMachine):
    """Writes, commits, undone batches, kills and restarts in any order, against a list of what was committed."""

    @initialize(target=None)
    def begin(self):
        import tempfile

        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name) / "sub" / "out.jsonl"
        self.committed_state: dict = {}
        self.committed: list[int] = []
        self.vouched = False  # whether anything of the file as it is now was committed
        self.clean = False  # whether the last thing that happened to the file was committed
        self.next = 0
        self.start()

    def start(self):
        self.ctx = self.make_context(stored=self.committed_state)
        self.pending: list[int] = []
        self.sink = opened(self.path, self.ctx, sync=False)

    @rule(size=st.integers(1, 3))
    def write(self, size):
        some = range(self.next, self.next + size)
        self.next += size
        self.sink.write_batch(records(*some), self.ctx)
        self.pending += some
        self.clean = False

    @rule()
    def commit(self):
        self.committed += self.pending
        self.vouched = self.vouched or bool(self.pending)
        self.clean = self.clean or bool(self.pending)
        self.pending = []
        self.committed_state = dict(self.ctx.state.stored)

    @rule()
    def undo(self):
        """What the runtime does when a step is given up: state goes back to what is committed."""
        self.ctx.state.stored = dict(self.committed_state)
        self.pending = []

    @rule(data=st.data())
    def kill(self, data):
        length = self.path.stat().st_size if self.path.exists() else 0
        floor = self.committed_length()
        self.sink._file._claimed = False
        self.sink.close(self.ctx)
        if length > floor:
            os.truncate(self.path, data.draw(st.integers(floor, length)))
        self.start()

    @rule()
    def stop(self):
        self.commit()
        self.sink.close(self.ctx)
        self.start()

    @rule()
    def rotate(self):
        """Stop in good order; somebody moves the file away; start again."""
        self.commit()
        self.sink.close(self.ctx)
        if self.path.exists():
            self.path.rename(self.path.with_name(f"out.{self.next}.{len(os.listdir(self.path.parent))}"))
        self.committed = []
        self.vouched = self.clean = False
        self.start()

    def committed_length(self):
        known = self.committed_state.get(str(self.path))
        return json.loads(known)["length"] if known and self.vouched else 0

    @invariant()
    def what_is_committed_is_in_the_file_once(self):
        if hasattr(self, "path"):
            length = self.committed_length()
            content = self.path.read_bytes() if self.path.exists() else b""
            assert len(content) == length or not self.clean
            content = content[:length]
            assert [json.loads(line)["n"] for line in content.splitlines()] == self.committed

    def teardown(self):
        if hasattr(self, "sink"):
            self.sink.close(self.ctx)
            self.directory.cleanup()


def test_writes_commits_undone_batches_and_kills_in_any_order(context):
    AppendsAndCrashes.make_context = staticmethod(context)
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(AppendsAndCrashes)


def test_a_file_that_was_there_before_is_not_touched(tmp_path, context):
    path = tmp_path / "out.jsonl"
    path.write_text("precious\n")
    with pytest.raises(NotOurFile) as caught:
        opened(path, context())
    assert caught.value.findings[0].code == "N106"
    assert path.read_text() == "precious\n"
    assert os.listdir(tmp_path) == ["out.jsonl"]


def test_a_file_that_was_cut_is_not_written(tmp_path, context):
    path, ctx = tmp_path / "out.jsonl", context()
    sink = opened(path, ctx)
    sink.write_batch(records(1, 2, 3), ctx)
    sink.close(ctx)
    os.truncate(path, 8)
    with pytest.raises(FileCut, match="has 8 bytes, but 24"):
        opened(path, ctx)
    assert path.stat().st_size == 8


@pytest.mark.parametrize(
    "gone", [os.unlink, lambda path: os.truncate(path, 0), lambda path: os.rename(path, f"{path}.1")]
)
def test_a_file_that_was_moved_away_or_emptied_is_begun_anew(tmp_path, context, gone):
    path, ctx = tmp_path / "out.jsonl", context()
    for some in ((1, 2), (3,), (4,)):
        sink = opened(path, ctx)
        sink.write_batch(records(*some), ctx)
        sink.close(ctx)
        if some == (1, 2):
            gone(path)
    assert numbers(path) == [3, 4]


def test_a_first_write_that_was_never_committed_is_moved_aside_not_lost(tmp_path, context):
    path, ctx = tmp_path / "out.jsonl", context()
    sink = opened(path, ctx)
    sink.write_batch(records(1), ctx)
    sink._file._claimed = False  # killed
    sink.close(ctx)
    again = context()
    sink = opened(path, again)
    sink.write_batch(records(1), again)
    sink.close(again)
    assert numbers(path) == [1]
    assert sorted(os.listdir(tmp_path)) == ["out.jsonl", "out.jsonl.aside-1"]


def test_a_claim_of_a_killed_process_goes_when_its_lines_are_committed(tmp_path, context):
    path, ctx = tmp_path / "out.jsonl", context()
    sink = opened(path, ctx)
    sink.write_batch(records(1), ctx)
    assert sorted(os.listdir(tmp_path)) == ["out.jsonl", "out.jsonl.claim"]
    sink._file._claimed = False  # killed
    sink.close(ctx)
    opened(path, ctx).close(ctx)
    assert os.listdir(tmp_path) == ["out.jsonl"]


def test_a_first_write_that_was_given_up_before_a_stop_is_still_known_as_ours(tmp_path, context):
    path, ctx = tmp_path / "out.jsonl", context()
    sink = opened(path, ctx)
    sink.write_batch(records(1), ctx)
    ctx.state.stored.clear()  # the step was given up
    sink.close(ctx)
    sink = opened(path, ctx)
    sink.write_batch(records(2), ctx)
    sink.close(ctx)
    assert numbers(path) == [2]
    assert sorted(os.listdir(tmp_path)) == ["out.jsonl", "out.jsonl.aside-1"]


def test_a_shorter_batch_leaves_nothing_of_a_longer_one_that_was_given_up(tmp_path, context):
    path, ctx = tmp_path / "out.jsonl", context()
    sink = opened(path, ctx)
    sink.write_batch(records(1), ctx)
    committed = dict(ctx.state.stored)
    sink.write_batch(records(2, 3, 4), ctx)
    ctx.state.stored = committed
    sink.write_batch(records(5), ctx)
    sink.close(ctx)
    assert numbers(path) == [1, 5]


def test_two_sinks_of_one_run_cannot_share_a_file(tmp_path, context):
    first = opened(tmp_path / "out.jsonl", context())
    os.symlink(tmp_path, tmp_path / "same")
    with pytest.raises(FileInUse):
        opened(tmp_path / "same" / "out.jsonl", context())
    first.close(context())
    opened(tmp_path / "out.jsonl", context()).close(context())


def test_a_writer_that_was_overtaken_notices(tmp_path, context):
    path, ctx = tmp_path / "out.jsonl", context()
    sink = opened(path, ctx)
    sink.write_batch(records(1), ctx)
    with path.open("a") as other:
        other.write('{"n": 2}\n')
    with pytest.raises(ChangedByOthers, match="N209"):
        sink.write_batch(records(3), ctx)
    assert numbers(path) == [1, 2]
    sink.close(ctx)


def test_a_payload_that_is_not_json_is_refused_and_the_others_are_written(tmp_path, context):
    path, ctx = tmp_path / "out.jsonl", context()
    sink = opened(path, ctx)
    verdicts = sink.write_batch([*records(1), Record({"n": float("nan")}), *records(2)], ctx)
    assert [type(verdict) for verdict in verdicts] == [type(None), NotJson, type(None)]
    assert sink.write_batch([Record(object())], ctx)[0].args
    sink.close(ctx)
    assert numbers(path) == [1, 2]


def test_a_line_can_be_the_whole_record(tmp_path, context, at):
    path, ctx = tmp_path / "out.jsonl", context()
    record = Record({"n": 1}, key="k", event_time=at(0))
    sink = opened(path, ctx, line="record")
    sink.write_batch([record], ctx)
    sink.close(ctx)
    told = json.loads(path.read_text())
    assert (told["id"], told["key"], told["payload"]) == (record.id, "k", {"n": 1})


def test_a_path_that_cannot_be_written_is_named(tmp_path, context):
    (tmp_path / "file").write_text("")
    ctx = context()
    with pytest.raises(CannotWrite, match="cannot write"):
        opened(tmp_path / "file" / "out.jsonl", ctx).write_batch(records(1), ctx)


class Overtaken(dict):
    """A memory of a store that somebody else commits to, just before or just after it is asked for the first time."""

    def __init__(self, known=(), *, before=None, after=None):
        super().__init__(known)
        self._before, self._after = before, after

    def get(self, key, default=None):
        before, after, self._before, self._after = self._before, self._after, None, None
        if before:
            before(self)
        found = super().get(key, default)
        if after:
            after(self)
        return found


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_that_starts_while_another_one_writes_sees_nothing_wrong(tmp_path, when):
    path = tmp_path / "out.jsonl"

    def write(memory):
        path.write_bytes(path.read_bytes() + b'"more"\n' if path.exists() else b'"more"\n')
        memory[str(path)] = {"file": 0, "length": path.stat().st_size}

    path.write_bytes(b'"first"\n')
    memory = Overtaken({str(path): {"file": 0, "length": 8}}, **{when: write})
    AppendedFile(str(path)).check(memory)
    assert memory[str(path)]["length"] == 15


def test_a_process_that_starts_while_another_one_begins_the_file_sees_nothing_wrong(tmp_path):
    path = tmp_path / "out.jsonl"
    claim = tmp_path / "out.jsonl.claim"

    def begin(memory):
        claim.write_bytes(b"0")
        path.write_bytes(b'"first"\n')

    AppendedFile(str(path)).check(Overtaken(after=begin))
    assert claim.exists()


def test_a_file_that_was_cut_is_still_told_however_often_one_looks(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"x")
    with pytest.raises(FileCut):
        AppendedFile(str(path)).check(Overtaken({str(path): {"file": 0, "length": 8}}))
