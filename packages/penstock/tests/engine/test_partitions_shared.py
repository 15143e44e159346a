"""Real processes share the partitions of a channel: who comes is given some, who is killed is inherited from, keys keep their order.

This file is also what the processes run: `python test_partitions_shared.py STORE NAME`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock._engine.partitions import copies, partition_of
from penstock._store.blocks import Block, decode_block
from penstock._store.sqlite import SqliteStore
from penstock.graph.model import Channel, Group
from penstock.record import Reading
from penstock.running import run
from penstock.sdk import node
from penstock.testing import Collect, graph_of

PARTITIONS = 4
KEYS = [f"zone-{n}" for n in range(40)]
PART = 400  # records that the source has before it waits for a word
WORDS = ("second", "third")
PATIENCE = 40.0  # seconds


def until(happens: Callable[[], Any], what: str) -> Any:
    """Wait for a fact, with a limit that is only ever reached when something is broken."""
    end = time.monotonic() + PATIENCE
    while not (found := happens()):
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.005)
    return found


@node("in-parts")
class InParts:
    """Three parts; before the second and the third it waits until it is told to go on."""

    place: Path

    async def read(self, ctx):
        for n in range(ctx.position or 0, 3 * PART):
            for word in WORDS[: n // PART]:
                while not (self.place / word).exists():
                    await asyncio.sleep(0.005)
            yield Reading(n, n + 1, KEYS[n % len(KEYS)])


@node("shares", stateful=True, ordered=True)
class Shares:
    """Numbers the records of each key, and says who has worked; `two` stands still at its first record of the third part."""

    place: Path
    name: str

    def process(self, record, ctx):
        if record.payload >= 2 * PART and self.name == "two":
            (self.place / "stuck").touch()
            time.sleep(PATIENCE)
        ctx.state[record.key] = nth = ctx.state.get(record.key, 0) + 1
        return record.derive([record.payload, nth, self.name])


def graph(place: Path, name: str) -> Any:
    return graph_of(
        {"feed": InParts(place), "work": Shares(place, name), "end": Collect()},
        ["feed -> events", "events@work -> work", "work -> done", "done@end -> end"],
        [
            Channel("events", partitions=PARTITIONS, groups={"work": Group("work")}),
            Channel("done", retention=3600.0, groups={"end": Group("end")}),
        ],
        batch=8, lease=2.0, ack="process",
    )  # fmt: skip  # what runs in one line, how in another


def start(place: Path, name: str) -> subprocess.Popen[str]:
    words = [sys.executable, __file__, str(place), name]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


class Witness:
    """Reads the store that others work on."""

    def __init__(self, place: Path) -> None:
        until(lambda: list(place.glob("run-*.lock")), "the first run")
        self.store = SqliteStore(place, ack="process")
        self.store.attach()

    def held(self) -> dict[str, set[str]]:
        """Run -> the copies that it holds, as the history has it."""
        found: dict[str, set[str]] = defaultdict(set)
        for note in self.store.notes():
            stage = note.facts["stage"]
            for copies_of in found.values():
                copies_of.discard(stage)
            if note.kind == "taken":
                found[note.run].add(stage)
        return found

    def shares(self) -> list[int]:
        """How many copies each run holds, from the most to the least."""
        return sorted((len(some) for some in self.held().values() if some), reverse=True)

    def done(self) -> list[tuple[str, list[Any]]]:
        """Key and payload of everything behind the work, in order."""
        blocks = self.store.db.execute(
            "SELECT ids, roots, parents, body FROM blocks WHERE channel='done' ORDER BY seq"
        ).fetchall()
        return [(record.key, record.payload) for kept in blocks for record in decode_block(Block(*kept))]

    def workers(self, first: int) -> set[str]:
        """Who has worked on records from this one on."""
        return {name for _, (n, _, name) in self.done() if n >= first}


@pytest.mark.crash
def test_partitions_are_shared_with_whoever_comes_and_inherited_from_whoever_is_killed(tmp_path):
    processes = {"one": start(tmp_path, "one")}
    try:
        witness = Witness(tmp_path)
        until(lambda: witness.shares() == [4], "the first has them all")
        until(lambda: len(witness.done()) == PART, "the first part")
        assert witness.workers(0) == {"one"}
        processes["two"] = start(tmp_path, "two")
        until(lambda: witness.shares() == [2, 2], "two share")
        processes["three"] = start(tmp_path, "three")
        until(lambda: witness.shares() == [2, 1, 1], "three share")
        shared = witness.held()
        (tmp_path / "second").touch()
        until(lambda: len(witness.done()) == 2 * PART, "the second part")
        for key, (n, _, name) in witness.done():
            if n >= PART:
                assert f"work/{partition_of(key, PARTITIONS)}" in shared[name]
        assert witness.workers(PART) == {"one", "two", "three"}
        (tmp_path / "third").touch()
        until((tmp_path / "stuck").exists, "the second one is in the middle of a record")
        processes["two"].send_signal(signal.SIGKILL)
        ends = {name: ended(process) for name, process in processes.items()}
        assert ends == {"one": 0, "two": -signal.SIGKILL, "three": 0}
        assert witness.workers(2 * PART) == {"one", "three"}
        exactly_as_a_loop(witness)
        witness.store.close()
    finally:
        for process in processes.values():
            process.kill()
            process.communicate()


def ended(process: subprocess.Popen[str]) -> int:
    output, _ = process.communicate(timeout=2 * PATIENCE)
    assert process.returncode in (0, -signal.SIGKILL), output
    return process.returncode


def exactly_as_a_loop(witness: Witness) -> None:
    """Every record once, in the order of its key, and the state of each key in the one place where it belongs."""
    by_key: dict[str, list[list[int]]] = defaultdict(list)
    for key, (n, nth, _) in witness.done():
        by_key[key].append([n, nth])
    for at, key in enumerate(KEYS):
        numbers = range(at, 3 * PART, len(KEYS))
        assert by_key[key] == [[n, nth] for nth, n in enumerate(numbers, start=1)]
        held = {place: witness.store.state(place, key) for place in copies("work", PARTITIONS)}
        own = f"work/{partition_of(key, PARTITIONS)}"
        assert {place: value for place, value in held.items() if value is not None} == {own: str(len(numbers)).encode()}
    totals: Counter[Any] = witness.store.totals()
    for number in range(PARTITIONS):
        group = f"events/{number}@work"
        assert totals[group, "offered", ""] == totals[group, "handled", ""] > 0
    assert sum(totals[f"events/{number}@work", "offered", ""] for number in range(PARTITIONS)) == 3 * PART


def main(place: str, name: str) -> None:
    made, build = graph(Path(place), name)
    store = SqliteStore(place, ack="process")
    report = run(made, build, store, until_idle=True, run_id=name)
    store.close()
    if not report.conserved or report.late:
        print(report.late, report.links)
        os._exit(70)


if __name__ == "__main__":
    main(*sys.argv[1:])
