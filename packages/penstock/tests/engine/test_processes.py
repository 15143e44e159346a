"""Real processes on one file: they share a group without doubling a record, and inherit from whoever is killed.

This file is also what the processes run: `python test_processes.py STORE SCENE NAME`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock._store.blocks import Block, decode_block
from penstock._store.sqlite import SqliteStore
from penstock.graph.model import Channel
from penstock.record import Reading
from penstock.running import run
from penstock.sdk import node
from penstock.testing import Collect, graph_of

COUNT = 400
PATIENCE = 30.0  # seconds


def until(happens: Callable[[], Any], what: str) -> Any:
    """Wait for a condition, with a limit that is only ever reached when something is broken."""
    end = time.monotonic() + PATIENCE
    while not (found := happens()):
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.005)
    return found


@node("numbers")
class Numbers:
    def read(self, ctx):
        for n in range(ctx.position or 0, COUNT):
            yield Reading(n, n + 1, f"k{n % 5}")


@node("shares")
class Shares:
    """Says who has worked on a record; before its first one it waits until the other process has one too."""

    place: Path
    name: str

    def process(self, record, ctx):
        (self.place / f"{self.name}.begun").touch()
        until(lambda: len(list(self.place.glob("*.begun"))) == 2, "the other process")
        return record.derive([record.payload, self.name])


@node("counts", stateful=True)
class Counts:
    """Numbers what it sees; the first process stands still in the middle."""

    place: Path
    name: str

    def process(self, record, ctx):
        ctx.state["n"] = ctx.state.get("n", 0) + 1
        if record.payload == 100 and self.name == "first":
            (self.place / "stuck").touch()
            time.sleep(PATIENCE)
        return record.derive([record.payload, ctx.state["n"], self.name])


def graph(place: Path, scene: str, name: str) -> Any:
    worker = {"share": Shares, "inherit": Counts}[scene](place, name)
    return graph_of(
        {"feed": Numbers(), "work": worker, "end": Collect()},
        ["feed -> events", "events@work -> work", "work -> done", "done@end -> end"],
        [Channel("events"), Channel("done", retention=3600.0)], batch=8, lease=1.5, ack="process",
    )  # fmt: skip  # what runs in one line, how in another


def start(place: Path, scene: str, name: str) -> subprocess.Popen[str]:
    words = [sys.executable, __file__, str(place), scene, name]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ended(process: subprocess.Popen[str]) -> int:
    output, _ = process.communicate(timeout=2 * PATIENCE)
    assert process.returncode in (0, -signal.SIGKILL), output
    return process.returncode


def done(place: Path) -> list[list[Any]]:
    """Everything in the channel behind the work, in order."""
    store = SqliteStore(place, ack="process")
    store.attach()
    try:
        blocks = store.db.execute(
            "SELECT ids, roots, parents, body FROM blocks WHERE channel='done' ORDER BY seq"
        ).fetchall()
        return [record.payload for kept in blocks for record in decode_block(Block(*kept))]
    finally:
        store.close()


@pytest.mark.crash
def test_two_processes_share_a_group_and_each_record_is_worked_on_once(tmp_path):
    processes = [start(tmp_path, "share", name) for name in ("first", "second")]
    assert [ended(process) for process in processes] == [0, 0]
    found = done(tmp_path)
    assert sorted(n for n, _ in found) == list(range(COUNT))
    assert {name for _, name in found} == {"first", "second"}


@pytest.mark.crash
def test_a_stage_that_remembers_is_taken_over_when_its_holder_is_killed(tmp_path):
    first = start(tmp_path, "inherit", "first")
    until(lambda: (tmp_path / "stuck").exists() or first.poll() is not None, "the first process")
    second = start(tmp_path, "inherit", "second")
    until(lambda: len(list(tmp_path.glob("run-*.lock"))) == 2 or second.poll() is not None, "the second process")
    first.send_signal(signal.SIGKILL)
    assert (ended(first), ended(second)) == (-signal.SIGKILL, 0)
    found = done(tmp_path)
    assert [n for n, _, _ in found] == list(range(COUNT))
    assert [nth for _, nth, _ in found] == list(
        range(1, COUNT + 1)
    )  # what the killed one had not committed is forgotten
    by = [name for _, _, name in found]
    assert by[0] == "first"
    assert set(by[100:]) == {"second"}


def main(place: str, scene: str, name: str) -> None:
    made, build = graph(Path(place), scene, name)
    store = SqliteStore(place, ack="process")
    report = run(made, build, store, until_idle=True)
    store.close()
    if not report.conserved:
        print(report.links)
        os._exit(70)


if __name__ == "__main__":
    main(*sys.argv[1:])
