"""How fast records move: in memory against a plain loop and streamz, durably against persist-queue and huey.

Run:     python benchmarks/runtime.py [ROUNDS]      (or `nox -s bench -- benchmarks/runtime.py`)
Bars:    in memory 0.4 of a plain nested-call loop, and 8 times streamz; one durable link with history, safe against a
         power cut, 10 times persist-queue and 10 times huey, which are set to be as safe.
How:     payloads of 1 kB as JSON.  All contenders do the same work on the same payloads, in turn, so that a slow moment
         hits all of them; the median of the rounds counts.  A peer is used as its documentation shows.
Ignores: start-up (`startup.py`) and memory (`memory.py`).
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import machine

from penstock._store.memory import MemoryStore
from penstock._store.sqlite import SqliteStore
from penstock.graph.model import Channel, Group
from penstock.record import Reading, Record
from penstock.running import run
from penstock.sdk import Context, node
from penstock.testing import graph_of

Payload = dict[str, Any]
QUICK, DURABLE, PEER = 100_000, 20_000, 1_000  # records a round: in memory, durably, by peers that commit each record


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


PAYLOADS = [payload(n) for n in range(1_000)]


# -- the work, the same for everybody --------------------------------------------------------------------------------


def mark(value: Payload) -> Payload:
    """First transform: a new payload with one more field."""
    return {**value, "sure": value["confidence"] > 0.75}


def place(value: Payload) -> Payload:
    """Second transform: another one."""
    return {**value, "zone": value["labels"]["zone"]}


class Tally:
    """The sink: counts what it gets."""

    def __init__(self) -> None:
        self.n = 0

    def take(self, value: Payload) -> None:
        """One payload."""
        self.n += value["sure"] or 1


@node("bench-feed")
class Feed:
    """Hands over `count` payloads."""

    count: int

    def read(self, ctx: Context) -> Iterator[Reading]:
        for n in range(ctx.position or 0, self.count):
            yield Reading(PAYLOADS[n % 1_000], n + 1)


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

    def __post_init__(self) -> None:
        self.tally = Tally()

    def write(self, record: Record, ctx: Context) -> None:
        self.tally.take(record.payload)


# -- in memory -------------------------------------------------------------------------------------------------------


def plain_loop(count: int, place_: Path) -> int:
    """Nested calls, one payload after the other."""
    tally = Tally()
    for n in range(count):
        tally.take(place(mark(PAYLOADS[n % 1_000])))
    return tally.n


def penstock_in_memory(count: int, place_: Path) -> int:
    """Source, two transforms, sink, joined by memory links; what happened is counted, and nothing is kept."""
    sink = Sink()
    nodes = {"feed": Feed(count), "mark": Mark(), "place": Place(), "sink": sink}
    graph, build = graph_of(nodes, ["feed -> mark", "mark -> place", "place -> sink"], history="counts")
    run(graph, build, MemoryStore(), until_idle=True)
    return sink.tally.n


def streamz_in_memory(count: int, place_: Path) -> int:
    """`Stream.map.map.sink`, as on the first page of its documentation."""
    from streamz import Stream

    tally = Tally()
    source = Stream()
    source.map(mark).map(place).sink(tally.take)
    for n in range(count):
        source.emit(PAYLOADS[n % 1_000])
    return tally.n


# -- through one durable link ----------------------------------------------------------------------------------------


def penstock_durable(count: int, place_: Path) -> int:
    """Source, durable channel, sink; history in full, acknowledged when it survives a power cut."""
    sink = Sink()
    nodes = {"feed": Feed(count), "mark": Mark(), "sink": sink}
    channels = [Channel("events", "sqlite", groups={"sink": Group("sink")})]
    graph, build = graph_of(nodes, ["feed -> mark", "mark -> events", "events@sink -> sink"], channels, history="full")
    store = SqliteStore(place_ / "store", ack="power")
    run(graph, build, store, until_idle=True)
    store.close()
    return sink.tally.n


def persist_queue(count: int, place_: Path) -> int:
    """`SQLiteAckQueue`: put, get, ack."""
    from persistqueue import SQLiteAckQueue
    from persistqueue.serializers import json as as_json

    tally = Tally()
    queue = SQLiteAckQueue(str(place_ / "queue"), auto_commit=True, serializer=as_json)
    for n in range(count):
        queue.put(mark(PAYLOADS[n % 1_000]))
    for _ in range(count):
        item = queue.get(block=False)
        tally.take(item)
        queue.ack(item)
    queue.close()
    return tally.n


def huey(count: int, place_: Path) -> int:
    """`SqliteHuey`: enqueue, dequeue, execute, without results."""
    from huey import SqliteHuey

    tally = Tally()
    app = SqliteHuey("bench", filename=str(place_ / "huey.db"), fsync=True, results=False)

    @app.task()
    def take(value: Payload) -> None:
        tally.take(value)

    for n in range(count):
        take(mark(PAYLOADS[n % 1_000]))
    while task := app.dequeue():
        app.execute(task)
    app.storage.close()
    return tally.n


# -- rounds ----------------------------------------------------------------------------------------------------------

Contender = Callable[[int, Path], int]


def rate(contender: Contender, count: int) -> float:
    """Records a second in one round."""
    with tempfile.TemporaryDirectory() as here:
        gc.collect()
        begun = time.perf_counter()
        n = contender(count, Path(here))
        took = time.perf_counter() - begun
    if n != count:
        raise SystemExit(f"{contender.__name__} lost or doubled records: {n} of {count}")
    return count / took


def rates(contenders: dict[Contender, int], rounds: int) -> dict[Contender, float]:
    """The median of each, measured in turn; a first round warms everything up and does not count."""
    found: dict[Contender, list[float]] = {contender: [] for contender in contenders}
    for _ in range(rounds + 1):
        for contender, count in contenders.items():
            found[contender].append(rate(contender, count))
    return {contender: median(measured[1:]) for contender, measured in found.items()}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    machine.print_facts()
    quick = rates({penstock_in_memory: QUICK, plain_loop: QUICK, streamz_in_memory: QUICK // 4}, rounds)
    durable = rates({penstock_durable: DURABLE, persist_queue: PEER, huey: PEER}, rounds)
    size = len(json.dumps(PAYLOADS[0]))
    rows = [(f"records of {size} bytes a second", "rate", "ours is", "bar", "verdict")]
    missed = 0
    for measured, peers in (
        (quick, {plain_loop: 0.4, streamz_in_memory: 8.0}),
        (durable, {persist_queue: 10.0, huey: 10.0}),
    ):
        ours = next(iter(measured))
        rows.append((ours.__name__.replace("_", " "), f"{measured[ours]:,.0f}", "", "", ""))
        for peer, bar in peers.items():
            ratio = measured[ours] / measured[peer]
            missed += ratio < bar
            verdict = "holds" if ratio >= bar else "MISSED"
            rows.append(
                (
                    f"  {peer.__name__.replace('_', ' ')}",
                    f"{measured[peer]:,.0f}",
                    f"{ratio:.2f} x",
                    f"{bar:g} x",
                    verdict,
                )
            )
    machine.table(rows)
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()
