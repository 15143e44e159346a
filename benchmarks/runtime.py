"""How fast records move: in memory beside a plain loop and streamz, durably beside persist-queue and huey.

Run:     python benchmarks/runtime.py [ROUNDS]      (or `nox -s bench -- benchmarks/runtime.py`)
Bars:    in memory 0.4 of a plain nested-call loop and 8 times streamz; one durable link with history, safe against a
         power cut, 10 times persist-queue and 10 times huey, which are set to be as safe.
How:     payloads of 1 kB as JSON, source -> 2 transforms -> sink.  All contenders call the same functions on the same
         payloads, in turns of a fraction of a second, so that a slow moment hits all of them; what counts is the median
         of the ratios within a turn.  A peer is used as its documentation shows.
Also:    `records only` makes the records that the SDK promises to nodes, in a bare loop and without an engine.  It
         does nothing for anybody; it says how much of the distance is the price of records and how much ours.
Ignores: start-up (`startup.py`) and memory (`memory.py`).
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import machine
import msgspec

from penstock._store.memory import MemoryStore
from penstock._store.sqlite import SqliteStore
from penstock.graph.model import Channel, Group
from penstock.record import Reading, Record
from penstock.running import run
from penstock.sdk import Context, node
from penstock.testing import graph_of

Payload = dict[str, Any]
Contender = Callable[[int, Path], int]  # records, an empty directory -> records that arrived
QUICK, DURABLE, PEER = 30_000, 20_000, 500  # records a turn: in memory, durably, by peers that commit each record


def payload(n: int) -> Payload:
    """About 1 kB as JSON: what a camera might say."""
    return {
        "id": f"{n:032x}",
        "camera": f"camera-{n % 4}",
        "time": "2024-05-13T06:00:00.000Z",
        "confidence": 0.5 + n % 50 / 100,
        "class": "PERSON",
        "box": [0.25, 0.5, 0.125, 0.375],
        "track": n // 16,
        "labels": {"zone": "dock-edge", "shift": "morning", "site": "north"},
        "embedding": "0123456789abcdef" * 46,
    }


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder().decode
PAYLOADS = [payload(n) for n in range(1_000)]
LINES = [encode(each) for each in PAYLOADS]


# -- the work, the same for everybody --------------------------------------------------------------------------------


def ready_made(count: int, start: int = 0) -> Iterator[Payload]:
    """A source that has its payloads already."""
    for n in range(start, count):
        yield PAYLOADS[n % 1_000]


def from_text(count: int, start: int = 0) -> Iterator[Payload]:
    """A source that reads JSON text."""
    for n in range(start, count):
        yield decode(LINES[n % 1_000])


def mark(value: Payload) -> Payload:
    """First transform: a new payload with one more field."""
    return {**value, "sure": value["confidence"] > 0.75}


def place(value: Payload) -> Payload:
    """Second transform: another one."""
    return {**value, "zone": value["labels"]["zone"]}


class Tally:
    """A sink that counts."""

    def __init__(self) -> None:
        self.n = 0

    def take(self, value: Payload) -> None:
        """One payload."""
        self.n += 1


class Text(Tally):
    """A sink that writes JSON text, to nowhere."""

    def take(self, value: Payload) -> None:
        """One payload."""
        self.text = encode(value)
        self.n += 1


READY, JSON = (ready_made, Tally), (from_text, Text)


@node("bench-feed")
class Feed:
    """Hands over what an iterator gives."""

    payloads: Any
    count: int

    def read(self, ctx: Context) -> Iterator[Reading]:
        start = ctx.position or 0
        for at, value in enumerate(self.payloads(self.count, start), start + 1):
            yield Reading(value, at)


@node("bench-mark")
class Mark:
    """`mark`."""

    def process(self, record: Record, ctx: Context) -> Record:
        return record.derive(mark(record.payload))


@node("bench-place")
class Place:
    """`place`."""

    def process(self, record: Record, ctx: Context) -> Record:
        return record.derive(place(record.payload))


@node("bench-sink", effect="none")
class Sink:
    """`Tally.take`."""

    tally: Any

    def write(self, record: Record, ctx: Context) -> None:
        self.tally.take(record.payload)


# -- in memory -------------------------------------------------------------------------------------------------------


def plain_loop(source: Any, tally: Any) -> Contender:
    """Nested calls, one payload after the other."""

    def go(count: int, here: Path) -> int:
        end = tally()
        for value in source(count):
            end.take(place(mark(value)))
        return int(end.n)

    return go


def streamz(source: Any, tally: Any) -> Contender:
    """`Stream.map.map.sink`, as on the first page of its documentation."""

    def go(count: int, here: Path) -> int:
        from streamz import Stream

        end = tally()
        start = Stream()
        start.map(mark).map(place).sink(end.take)
        for value in source(count):
            start.emit(value)
        return int(end.n)

    return go


def penstock(source: Any, tally: Any) -> Contender:
    """Source, two transforms, sink, joined by memory links; what happened is counted, and nothing is kept."""

    def go(count: int, here: Path) -> int:
        end = tally()
        nodes = {"feed": Feed(source, count), "mark": Mark(), "place": Place(), "sink": Sink(end)}
        graph, build = graph_of(nodes, ["feed -> mark", "mark -> place", "place -> sink"], history="counts")
        run(graph, build, MemoryStore(), until_idle=True)
        return int(end.n)

    return go


def records_only(source: Any, tally: Any) -> Contender:
    """The same nodes in a loop that gives them records and does nothing else."""

    def go(count: int, here: Path) -> int:
        end = tally()
        feed, first, second, last = Feed(source, count), Mark().process, Place().process, Sink(end).write
        context: Any = type("Nothing", (), {"position": None})()
        for at, reading in enumerate(feed.read(context)):
            last(
                second(first(Record(reading.payload, reading.key, _salt=b"feed", _position=at), context), context),
                context,
            )
        return int(end.n)

    return go


# -- through one durable link ----------------------------------------------------------------------------------------


def penstock_durable(count: int, here: Path) -> int:
    """Source, transform, durable channel, sink; history in full, acknowledged when it survives a power cut."""
    end = Tally()
    nodes = {"feed": Feed(ready_made, count), "mark": Mark(), "sink": Sink(end)}
    channels = [Channel("events", "sqlite", groups={"sink": Group("sink")})]
    graph, build = graph_of(nodes, ["feed -> mark", "mark -> events", "events@sink -> sink"], channels, history="full")
    store = SqliteStore(here / "store", ack="power")
    run(graph, build, store, until_idle=True)
    store.close()
    return end.n


def persist_queue(count: int, here: Path) -> int:
    """`SQLiteAckQueue`: put, get, ack."""
    from persistqueue import SQLiteAckQueue
    from persistqueue.serializers import json as as_json

    end = Tally()
    queue = SQLiteAckQueue(str(here / "queue"), auto_commit=True, serializer=as_json)
    for value in ready_made(count):
        queue.put(mark(value))
    for _ in range(count):
        item = queue.get(block=False)
        end.take(item)
        queue.ack(item)
    queue.close()
    return end.n


def huey(count: int, here: Path) -> int:
    """`SqliteHuey`: enqueue, dequeue, execute, without results."""
    from huey import SqliteHuey

    end = Tally()
    app = SqliteHuey("bench", filename=str(here / "huey.db"), fsync=True, results=False)

    @app.task()
    def take(value: Payload) -> None:
        end.take(value)

    for value in ready_made(count):
        take(mark(value))
    while task := app.dequeue():
        app.execute(task)
    app.storage.close()
    return end.n


# -- turns -----------------------------------------------------------------------------------------------------------


def rate(contender: Contender, count: int) -> float:
    """Records a second in one turn."""
    with tempfile.TemporaryDirectory() as here:
        gc.collect()
        begun = time.perf_counter()
        n = contender(count, Path(here))
        took = time.perf_counter() - begun
    if n != count:
        raise SystemExit(f"records were lost or doubled: {n} of {count} arrived")
    return count / took


def turns(contenders: Mapping[str, tuple[Contender, int]], rounds: int) -> dict[str, list[float]]:
    """Name -> rate in each turn; the first turn warms everything up and does not count."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, (contender, count) in contenders.items():
            measured = rate(contender, count)
            found[name] += [measured] if turn else []
    return found


class Verdicts:
    """The table, row by row, and how many bars were missed."""

    def __init__(self) -> None:
        self.rows = [("records of 1 kB", "a second", "ours is", "bar", "verdict")]
        self.missed = 0

    def judge(self, what: str, found: dict[str, list[float]], bars: Mapping[str, float]) -> None:
        """Compare the first contender with each of the others."""
        ours, *others = found
        self.rows.append((what, "", "", "", ""))
        self.rows.append((f"  {ours}", f"{median(found[ours]):,.0f}", "", "", ""))
        for name in others:
            ratio = median(one / other for one, other in zip(found[ours], found[name], strict=True))
            bar = bars.get(name)
            holds = bar is None or ratio >= bar
            self.missed += not holds
            judged = ("", "") if bar is None else (f"{bar:g} x", "holds" if holds else "MISSED")
            self.rows.append((f"  {name}", f"{median(found[name]):,.0f}", f"{ratio:.2f} x", *judged))


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    machine.print_facts()
    verdicts = Verdicts()
    makers = {"penstock": penstock, "plain loop": plain_loop, "records only": records_only, "streamz": streamz}
    for what, work in (
        ("in memory, nodes that do next to nothing", READY),
        ("in memory, from JSON text to JSON text", JSON),
    ):
        contenders = {name: (make(*work), QUICK // 5 if name == "streamz" else QUICK) for name, make in makers.items()}
        verdicts.judge(what, turns(contenders, rounds), {"plain loop": 0.4, "streamz": 8.0})
    durable = {
        "penstock": (penstock_durable, DURABLE),
        "persist-queue": (persist_queue, PEER),
        "huey": (huey, PEER),
    }
    found = turns(durable, max(3, rounds // 3))
    verdicts.judge("one durable link, safe against a power cut", found, {"persist-queue": 10.0, "huey": 10.0})
    machine.table(verdicts.rows)
    raise SystemExit(1 if verdicts.missed else 0)


if __name__ == "__main__":
    main()
