"""Sources: however one reads or fails, what it has handed over is safe, and the next run goes on behind it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from penstock._engine.clock import LoopClock
from penstock._engine.failure import RetryThenDeadLetter
from penstock._engine.intake import SourceFailed
from penstock._engine.reading import AsyncReader
from penstock._engine.simulate import SimulatedLoop
from penstock._store.sqlite import SqliteStore
from penstock.graph.model import Channel
from penstock.record import Reading, Undecodable
from penstock.running import run_async
from penstock.sdk import node
from penstock.testing import Collect, MemoryStore, graph_of, one_policy

AT_ONCE = RetryThenDeadLetter(first=0.0)


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    made: Any = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path, ack="process")
    yield made
    made.close()


def go(source: Any, store: Any, *, batch: int = 4) -> tuple[Any, Collect]:
    """Run a source into a durable channel and out of it; in real time when it blocks."""
    end = Collect()
    graph, build = graph_of(
        {"feed": source, "end": end}, ["feed -> events", "events@end -> end"], [Channel("events")], batch=batch
    )
    if source.__penstock_node__.blocking:
        work = run_async(graph, build, store, until_idle=True, policies=one_policy(AT_ONCE, graph))
        return asyncio.run(asyncio.wait_for(work, 20)), end
    loop = SimulatedLoop(1)
    try:
        clock = LoopClock(loop, 1.7e9)
        work = run_async(
            graph, build, store, until_idle=True, policies=one_policy(AT_ONCE, graph), clock=clock, threads=False
        )
        return loop.run_until_complete(asyncio.wait_for(work, 600)), end
    finally:
        loop.close()


def numbers(end: Collect) -> list[int]:
    return [record.payload for record in end.records]


def readings(start: int, stop: int) -> Any:
    return (Reading(n, n + 1) for n in range(start, stop))


class Broken(Exception):
    """The source is out of order."""


# How a source of ten numbers may fail at the sixth; each is called with what it handed over before
FAILURES = {
    "an error": Broken("no"),
    "a cancellation": asyncio.CancelledError("mine"),
    "StopIteration": StopIteration("early"),
    "an end that looks like another": StopAsyncIteration("early"),
    "something that is no reading": 5,
    "nothing": None,
    "a generator exit": GeneratorExit(),
}


def fail(how: str) -> Any:
    failure = FAILURES[how]
    if isinstance(failure, BaseException):
        raise failure
    return failure


def sources(how: str, times: int) -> dict[str, Any]:
    """The same source in each shape that a source may have."""
    failed = 0

    def next_failure() -> bool:
        nonlocal failed
        failed += 1
        return failed <= times

    def items(start: int) -> Any:
        for n in range(start, 10):
            if n == 5 and next_failure():
                yield fail(how)
            yield Reading(n, n + 1)

    @node("generator")
    class Generator:
        def read(self, ctx):
            yield from items(ctx.position or 0)

    @node("threaded", blocking=True)
    class Threaded:
        def read(self, ctx):
            yield from items(ctx.position or 0)

    @node("async")
    class Async:
        async def read(self, ctx):
            for n in range(ctx.position or 0, 10):
                if n == 5 and next_failure():
                    yield fail(how)
                await asyncio.sleep(0.01)
                yield Reading(n, n + 1)

    @node("at-once")
    class AtOnce:
        """Fails in `read` itself, before there is anything to iterate over."""

        def read(self, ctx):
            if next_failure():
                fail(how)
                return None
            return readings(ctx.position or 0, 10)

    return {"generator": Generator(), "threaded": Threaded(), "async": Async(), "at once": AtOnce()}


@pytest.mark.parametrize("shape", ["generator", "threaded", "async", "at once"])
@pytest.mark.parametrize("how", FAILURES)
def test_a_source_that_fails_now_and_then_goes_on_where_it_was(how, shape, store):
    report, end = go(sources(how, 2)[shape], store)
    assert numbers(end) == list(range(10))
    assert report.admitted == 10
    assert report.conserved


@pytest.mark.parametrize("shape", ["generator", "threaded", "async", "at once"])
@pytest.mark.parametrize("how", FAILURES)
def test_a_source_that_goes_on_failing_ends_the_run_and_what_it_gave_is_safe(how, shape, store):
    with pytest.raises(SourceFailed, match="failed 3 times"):
        go(sources(how, 99)[shape], store)
    given = 0 if shape == "at once" else 5
    assert (store.position("feed").position or 0) == given
    if isinstance(store, SqliteStore):
        store.close()
    report, end = go(sources(how, 0)[shape], store)
    assert sorted(numbers(end)) == list(range(10)) if given == 0 else numbers(end)[-5:] == list(range(5, 10))
    assert report.admitted == 10
    assert report.conserved


UNFIT = {
    "not a number": float("nan"),
    "an object": object(),
    "bytes": b"bytes",
    "a tuple": (1, 2),
    "an object with a number for key": {1: 2},
    "half a character": "\ud800",
    "a set": {1, 2},
}


@pytest.mark.parametrize("position", UNFIT)
def test_a_position_that_would_not_come_back_as_it_is_stops_the_run_and_says_so(position, store):
    @node("odd")
    class Odd:
        def read(self, ctx):
            yield Reading(0, 1)
            yield Reading(1, UNFIT[position])

    with pytest.raises(SourceFailed, match="position"):
        go(Odd(), store, batch=1)
    assert store.position("feed").position == 1


def test_a_position_that_the_source_goes_on_changing_is_kept_as_it_was(store):
    """One dictionary of offsets, changed in place and handed over each time, as many clients keep it."""

    @node("partitions")
    class Partitions:
        def read(self, ctx):
            offsets = dict(ctx.position or {"0": 0, "1": 0})
            while min(offsets.values()) < 6:
                for part in ("0", "1"):
                    offsets[part] += 1
                    yield Reading([part, offsets[part]], offsets)
                    if offsets == {"0": 3, "1": 3} and not ctx.position:
                        raise Broken("in the middle")

    kept: list[Any] = []

    class Watches:
        def __getattr__(self, name):
            return getattr(store, name)

        def commit(self, work, owner, now):
            kept.extend(position.position for position in work.positions.values())
            return store.commit(work, owner, now)

    report, end = go(Partitions(), Watches(), batch=3)
    assert report.conserved
    assert sorted(map(tuple, numbers(end))) == sorted((part, n) for part in ("0", "1") for n in range(1, 7))
    assert kept == [{"0": 2, "1": 1}, {"0": 3, "1": 3}, {"0": 5, "1": 4}, {"0": 6, "1": 6}]


@pytest.mark.parametrize("shape", ["generator", "async"])
def test_a_source_whose_clean_up_fails_has_still_ended(shape, store):
    @node("generator")
    class Generator:
        def read(self, ctx):
            try:
                yield from readings(ctx.position or 0, 3)
                if ctx.position is None:
                    raise Broken("once")
            finally:
                raise Broken("while cleaning up")

    @node("async")
    class Async:
        async def read(self, ctx):
            try:
                for reading in readings(ctx.position or 0, 3):
                    yield reading
            finally:
                raise Broken("while cleaning up")

    with pytest.raises(SourceFailed, match="while cleaning up"):
        go({"generator": Generator(), "async": Async()}[shape], store)
    assert store.position("feed").position == 3


def test_a_source_that_is_closed_before_its_end_and_fails_at_that_is_told_in_the_log_only(store, caplog):
    @node("clings")
    class Clings:
        def read(self, ctx):
            try:
                for n in range(1000):
                    yield Reading(n, n + 1)
            finally:
                raise Broken("let me stay")

    @node("stops")
    class Stops:
        def write(self, record, ctx):
            drivers[0].stop()

    drivers: list[Any] = []
    graph, build = graph_of({"feed": Clings(), "end": Stops()}, ["feed -> end"], batch=1)
    loop = SimulatedLoop(1)
    try:
        work = run_async(graph, build, store, on_start=drivers.append, clock=LoopClock(loop, 1.7e9), threads=False)
        report = loop.run_until_complete(work)
    finally:
        loop.close()
    assert report.outcome == "stopped"
    assert "let me stay" in caplog.text


def test_undecodable_readings_count_and_have_a_position_like_others(store):
    @node("mixed")
    class Mixed:
        def read(self, ctx):
            for n in range(ctx.position or 0, 6):
                yield Undecodable(b"\xff%d" % n, "no text", n + 1) if n % 2 else Reading(n, n + 1)

    report, end = go(Mixed(), store)
    assert numbers(end) == [0, 2, 4]
    assert [letter.body for letter in store.dead_letters()] == [b"\xff1", b"\xff3", b"\xff5"]
    assert (report.admitted, store.position("feed").position, store.position("feed").count) == (6, 6, 6)
    assert report.conserved


@node("ticker")
class Ticker:
    async def read(self, ctx):
        for n in range(ctx.position or 0, 3):
            yield Reading([ctx.now, ctx.time.isoformat()], n + 1)
            await asyncio.sleep(60.0)


@node("stamper")
class Stamper:
    def read(self, ctx):
        yield Reading(ctx.now, 1)


def test_a_source_sees_the_time_go_on_while_it_reads(store):
    _, end = go(Ticker(), store)
    times = [now for now, _ in numbers(end)]
    assert times == [pytest.approx(1.7e9 + 60.0 * n) for n in range(3)]
    assert numbers(end)[1][1] == "2023-11-14T22:14:20+00:00"


def test_a_source_that_does_not_wait_sees_the_time_as_well(store):
    _, end = go(Stamper(), store)
    assert numbers(end) == [1.7e9]


def test_an_async_source_is_read_ahead_by_one_batch_and_no_more():
    handed: list[int] = []

    async def items():
        for n in range(100):
            handed.append(n)
            yield Reading(n, n + 1)

    async def pulls():
        reader = AsyncReader(items(), 60.0)
        first, _, _ = await reader.pull(4, lambda: False)
        for _ in range(20):  # turns of the loop in which it might go on
            await asyncio.sleep(0)
        ahead = len(handed)
        second, _, _ = await reader.pull(2, lambda: False)
        third, _, _ = await reader.pull(64, lambda: True)
        await reader.close()
        return [[item.payload for item in found] for found in (first, second, third)], ahead

    assert asyncio.run(pulls()) == ([[0, 1, 2, 3], [4, 5], [6, 7]], 8)


@pytest.mark.parametrize("wait", [0.0, 0.01])
def test_a_batch_of_an_async_source_lingers_from_its_first_item_on(wait):
    async def items():
        for n in range(10):
            yield Reading(n, n + 1)
            await asyncio.sleep(0.4)

    async def pulls():
        reader = AsyncReader(items(), 1.0)
        found = []
        ended = False
        while not ended:
            batch, ended, _ = await reader.pull(64, lambda: False)
            found.append([item.payload for item in batch])
            await asyncio.sleep(wait)  # what comes meanwhile is of the next batch
        return found

    loop = SimulatedLoop(1)
    try:
        assert loop.run_until_complete(pulls()) == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    finally:
        loop.close()


def test_an_async_source_that_takes_no_notice_of_its_cancellation_does_not_hold_up_the_end():
    async def items():
        for n in range(100):
            try:
                yield Reading(n, n + 1)
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                continue

    async def pulls():
        reader = AsyncReader(items(), 0.0)
        found, _, _ = await reader.pull(64, lambda: False)
        await reader.close()
        return len(found)

    loop = SimulatedLoop(1)
    try:
        assert loop.run_until_complete(pulls()) == 1
        assert loop.time() < 3600
    finally:
        loop.close()


def test_an_async_source_that_answers_its_cancellation_with_a_full_batch_does_not_hold_up_the_end_either():
    async def items():
        yield Reading(0, 1)
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)
        yield Reading(1, 2)

    async def pulls():
        reader = AsyncReader(items(), 0.0)
        looks = iter([False, False, True])
        await reader.pull(1, lambda: next(looks))
        assert await reader.pull(1, lambda: next(looks)) == ([], False, None)
        await asyncio.wait_for(reader.close(), 60)

    loop = SimulatedLoop(1)
    try:
        loop.run_until_complete(pulls())
        assert loop.time() < 60
    finally:
        loop.close()


class Panic(BaseException):
    """What extension modules raise that are no `Exception`."""


@node("panicking")
class Panicking:
    async def read(self, ctx):
        yield Reading(0, 1)
        raise Panic("no way on")


def test_what_an_async_source_raises_that_is_no_exception_ends_the_run_as_it_is(store):
    with pytest.raises(Panic, match="no way on"):
        go(Panicking(), store)
