"""Peers in memory: nested calls, records without an engine, streamz, bytewax.

Takes:   where payloads come from, and what counts them.
Gives:   `Opens` for `turns.Contender`; `bytewax_flow`, of which `durable.py` makes one that can recover.
Ignores: our own graph (`contest/ours.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from contest.turns import Go, Opens
from contest.work import Feed, Mark, Place, Sink, mark, place

from penstock.record import Record


def plain_loop(source: Any, tally: Any) -> Opens:
    """Nested calls, one payload after the other: what nobody can be faster than in this language."""

    @contextmanager
    def opens(here: Path, count: int) -> Iterator[Go]:
        def go() -> int:
            end = tally()
            for value in source(count):
                end.take(place(mark(value)))
            return int(end.n)

        yield go

    return opens


def records_only(source: Any, tally: Any) -> Opens:
    """Our nodes in a loop that gives them the records they were promised, and does nothing else for anybody."""

    @contextmanager
    def opens(here: Path, count: int) -> Iterator[Go]:
        def go() -> int:
            end = tally()
            feed, first, second, last = Feed(source, count), Mark().process, Place().process, Sink(end).write
            nothing: Any = type("Nothing", (), {"position": None})()
            for at, reading in enumerate(feed.read(nothing)):
                record = Record(reading.payload, reading.key, _salt=b"feed", _position=at)
                last(second(first(record, nothing), nothing), nothing)
            return int(end.n)

        yield go

    return opens


def streamz(source: Any, tally: Any) -> Opens:
    """`Stream.map.map.sink`, as on the first page of its documentation."""

    @contextmanager
    def opens(here: Path, count: int) -> Iterator[Go]:
        from streamz import Stream

        def go() -> int:
            end = tally()
            start = Stream()
            start.map(mark).map(place).sink(end.take)
            for value in source(count):
                start.emit(value)
            return int(end.n)

        yield go

    return opens


def bytewax(source: Any, tally: Any) -> Opens:
    """`input`, `map`, `map`, `output` on one worker, without recovery; its source hands over 256 at a time."""

    @contextmanager
    def opens(here: Path, count: int) -> Iterator[Go]:
        from bytewax.inputs import DynamicSource, StatelessSourcePartition
        from bytewax.testing import run_main

        class Part(StatelessSourcePartition[Any]):
            def __init__(self) -> None:
                self.values = source(count)

            def next_batch(self) -> list[Any]:
                if batch := list(islice(self.values, 256)):
                    return batch
                raise StopIteration

        class Source(DynamicSource[Any]):
            def build(self, step_id: str, worker_index: int, worker_count: int) -> Part:
                return Part()

        def go() -> int:
            end = tally()
            run_main(bytewax_flow(Source(), end))
            return int(end.n)

        yield go

    return opens


def bytewax_flow(source: Any, end: Any) -> Any:
    """The dataflow over any source."""
    import bytewax.operators as op
    from bytewax.dataflow import Dataflow
    from bytewax.outputs import DynamicSink, StatelessSinkPartition

    class Part(StatelessSinkPartition[Any]):
        def write_batch(self, items: list[Any]) -> None:
            for item in items:
                end.take(item)

    class To(DynamicSink[Any]):
        def build(self, step_id: str, worker_index: int, worker_count: int) -> Part:
            return Part()

    flow = Dataflow("bench")
    stream = op.input("in", flow, source)
    stream = op.map("mark", stream, mark)
    stream = op.map("place", stream, place)
    op.output("out", stream, To())
    return flow
