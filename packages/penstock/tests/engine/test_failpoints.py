"""At each named place something can go wrong, and whatever it is, the next run comes to the same end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any

import pytest

from penstock import failpoints
from penstock._store.facts import Work
from penstock._store.sqlite import SqliteStore
from penstock.cli import main
from penstock.failpoints import BadFailpoint, failing
from penstock.graph.model import Channel, Group
from penstock.record import Reading
from penstock.running import run
from penstock.sdk import node
from penstock.testing import Collect, graph_of

RUN = [name for name in failpoints.NAMES if name != "store.retain"]  # places that a short run comes to
VISITS = [(name, at) for name in RUN for at in ((1,) if "flush" in name else (1, 3))]  # the disk is asked at the end


@node("numbers")
class Numbers:
    def read(self, ctx: Any) -> Any:
        for n in range(ctx.position or 0, 30):
            yield Reading(n, n + 1)


def go(directory: Any, seen: Collect) -> SqliteStore:
    graph, build = graph_of(
        {"read": Numbers(), "end": seen},
        ["read -> events", "events@end -> end"],
        [Channel("events", "sqlite", groups={"end": Group("end")})], batch=4, barrier=10.0,
    )  # fmt: skip  # what runs in one line, each side of it in another
    store = SqliteStore(directory)
    try:
        run(graph, build, store, until_idle=True)
        return store
    finally:
        store.close()


@pytest.mark.parametrize(("name", "at"), VISITS)
def test_after_an_error_anywhere_the_next_run_comes_to_the_same_end(tmp_path, name, at):
    seen = Collect()
    with failing(f"{name}=error@{at}"):
        with suppress(Exception):  # some of them end the run, others do not
            go(tmp_path / "store", seen)
        assert failpoints.ARMED[name].visits >= at, "the run never came to this place"
    go(tmp_path / "store", seen)
    assert sorted(record.payload for record in seen.records) == list(range(30))


CHILD = """
import sys
sys.path.insert(0, {folder!r})
from pathlib import Path
import test_failpoints
from penstock import failpoints
failpoints.arm(sys.argv[2])
test_failpoints.go(Path(sys.argv[1]), test_failpoints.Collect())
"""


@pytest.mark.crash
@pytest.mark.skipif(sys.platform == "win32", reason="nobody is killed there")
@pytest.mark.parametrize(("name", "at"), VISITS)
def test_after_a_kill_anywhere_nothing_is_lost(tmp_path, name, at):
    code = CHILD.format(folder=os.path.dirname(__file__))
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "store"), f"{name}=kill@{at}"], check=False)
    assert done.returncode == -signal.SIGKILL
    seen = Collect()
    store = go(tmp_path / "store", seen)
    store.attach()
    try:
        assert store.position("read").count == 30
        assert store.totals()["events@end", "handled", ""] == 30
    finally:
        store.close()


def test_a_commit_that_raises_after_it_is_there_is_taken_for_done(tmp_path):
    store = SqliteStore(tmp_path)
    store.open("g", [])
    store.begin_run("run", "", 0.0)
    with failing("store.committed=error"):
        store.commit(Work(state={("n", "k"): b"1"}), "run", 0.0)
    assert store.state("n", "k") == b"1"
    store.close()


def test_retention_has_a_place_too(tmp_path):
    store = SqliteStore(tmp_path)
    store.open("g", [])
    with failing("store.retain=error"), pytest.raises(Exception, match="failpoint"):
        store.retain(0.0, 0.0)
    store.close()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("nonsense", "write `store.commit"),
        ("store.comit=kill", "did you mean `store.commit`?"),
        ("elsewhere=kill", "there are source.read"),
        ("store.commit=explode", "write `store.commit"),
        ("store.commit=error:ENOTHING", "names are those of `errno`"),
        ("store.commit=kill@3; store.commit=error@5", "one action for each place"),
        ("store.commit=kill@0", "write `store.commit"),
        ("store.commit=kill;step.dne=kill", "did you mean `step.done`?"),
    ],
)
def test_words_that_mean_nothing_are_refused_and_arm_nothing(words, told):
    with pytest.raises(BadFailpoint) as caught:
        failpoints.arm(words)
    assert told in str(caught.value.findings[0].hint)
    assert not failpoints.ARMED


def test_what_is_armed_for_a_while_is_not_afterwards():
    with failing("step.done=error"):
        with failing("store.flush=error; store.begin=exit@3"):
            assert set(failpoints.ARMED) == {"store.flush", "store.begin"}
        assert set(failpoints.ARMED) == {"step.done"}
    assert not failpoints.ARMED


@pytest.mark.parametrize(("kind", "number"), [("error", "EIO"), ("error:ENOSPC", "ENOSPC"), ("error:EROFS", "EROFS")])
def test_an_error_looks_like_that_of_the_operating_system(kind, number):
    import errno

    with failing(f"source.read={kind}"), pytest.raises(OSError, match=r"failpoint source\.read") as caught:
        failpoints.hit("source.read")
    assert caught.value.errno == getattr(errno, number)


def test_bad_words_in_the_environment_are_told(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv(failpoints.VARIABLE, "store.comit=kill")
    assert main(["run", str(tmp_path / "none.graph.yaml")]) == 2
    assert "did you mean `store.commit`?" in capsys.readouterr().err
