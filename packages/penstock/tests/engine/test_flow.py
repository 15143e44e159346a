"""How records flow: who waits for whom, how many at once, in which order, and what a failure costs its neighbours."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from penstock._engine.clock import LoopClock
from penstock._engine.driver import Driver, RunFailed
from penstock._engine.intake import SourceFailed
from penstock._engine.simulate import SimulatedLoop
from penstock._store.codec import decode_record
from penstock._store.interface import StoreError
from penstock.decisions import DeadLetter, Decision, Delay, DropIt, FailRun, Reject
from penstock.graph.model import Channel
from penstock.points import Failure
from penstock.record import Reading, Record
from penstock.running import run_async, simulate
from penstock.sdk import node
from penstock.testing import Collect, MemoryStore, RetryThenDeadLetter, graph_of, one_policy, run_node

BEGIN = 1_700_000_000.0  # when simulated time begins


@node("numbers")
class Numbers:
    """So many numbers, in turn of so many keys; notes how far it was asked."""

    count: int
    keys: int = 1

    def __post_init__(self):
        self.read_so_far = 0

    def read(self, ctx):
        for n in range(ctx.position or 0, self.count):
            self.read_so_far = n + 1
            yield Reading(n, n + 1, key=f"k{n % self.keys}")


def simulated(graph: Any, build: Any, on_start: Callable[[Driver, SimulatedLoop], Any], **options: Any) -> Any:
    """A simulated run that a test can look into, or stop, while it goes on."""
    loop = SimulatedLoop(3)
    try:
        work = run_async(
            graph, build, options.pop("store", None) or MemoryStore(), clock=LoopClock(loop, BEGIN), threads=False,
            on_start=lambda driver: on_start(driver, loop), **options,
        )  # fmt: skip  # what runs in one line, what is done to it in another
        return loop.run_until_complete(asyncio.wait_for(work, 5000))
    finally:
        loop.close()


def payloads(sink: Collect) -> list[Any]:
    return [record.payload for record in sink.records]


# -- room -------------------------------------------------------------------------------------------------------------


def test_a_memory_channel_never_holds_more_than_its_capacity_and_slows_its_source():
    ahead: list[int] = []
    numbers = Numbers(400)

    @node("slow", effect="none", concurrency=1)
    class Slow:
        async def write(self, record, ctx):
            await asyncio.sleep(1.0)
            ahead.append(numbers.read_so_far - record.payload)

    graph, build = graph_of(
        {"read": numbers, "write": Slow()}, ["read -> few", "few@write -> write"],
        [Channel("few", "memory", capacity=3)], batch=1,
    )  # fmt: skip  # what runs in one line, how in another
    held: list[int] = []

    def look(driver: Driver, loop: SimulatedLoop) -> None:
        held.append(driver.memory["few"].waiting("write"))
        loop.call_later(0.25, look, driver, loop)

    report = simulated(graph, build, look, until_idle=True)
    assert len(ahead) == 400
    assert held
    assert max(held) == 3
    assert max(ahead) <= 3 + 32 + 2  # what waits, the units that may be ahead of a commit, and those in hand
    assert report.conserved


def test_a_durable_channel_of_some_capacity_holds_its_producer_back():
    numbers = Numbers(60)
    waiting: list[int] = []
    store = MemoryStore()

    @node("slow", effect="none", concurrency=1)
    class Slow:
        async def write(self, record, ctx):
            await asyncio.sleep(1.0)
            waiting.append(store.depth("few", "write").total)

    graph, build = graph_of(
        {"read": numbers, "write": Slow()}, ["read -> few", "few@write -> write"], [Channel("few", capacity=5)], batch=2
    )
    made = simulate(graph, build, 0, store=store)
    assert made.report.conserved
    assert len(waiting) == 60
    assert 5 <= max(waiting) <= 5 + 2 - 1  # a step that has begun with one place left ends with its whole batch
    assert made.report.seconds >= 60


# -- at once ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("concurrency", [1, 3])
def test_an_async_node_has_as_many_calls_in_flight_as_it_says(concurrency):
    now, most = 0, 0

    @node("waits", concurrency=concurrency)
    class Waits:
        async def process(self, record, ctx):
            nonlocal now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.1)
            now -= 1
            return record

    outcome = run_node(Waits(), range(20))
    assert outcome.payloads == list(range(20))
    assert most == concurrency


def test_a_blocking_node_works_outside_the_thread_of_the_event_loop():
    where = set()

    @node("blocks", blocking=True)
    class Blocks:
        def process(self, record, ctx):
            where.add(threading.current_thread())
            return record

    end = Collect()
    graph, build = graph_of({"read": Numbers(20), "wait": Blocks(), "end": end}, ["read -> wait", "wait -> end"])

    async def go():
        return await asyncio.wait_for(run_async(graph, build, MemoryStore(), until_idle=True), 20)

    report = asyncio.run(go())
    assert payloads(end) == list(range(20))
    assert report.conserved
    assert where
    assert threading.current_thread() not in where


# -- order ------------------------------------------------------------------------------------------------------------


@node("ordered", ordered=True)
class Ordered:
    """Fails every fifth record twice, and the others of its key must not overtake it."""

    def process(self, record, ctx):
        if record.payload % 5 == 0 and ctx.attempt < 3:
            raise OSError("not yet")
        return record


@node("ordered-async", ordered=True, concurrency=4)
class OrderedAsync:
    """The same, while others are in flight."""

    async def process(self, record, ctx):
        await asyncio.sleep(ctx.random.random())
        if record.payload % 5 == 0 and ctx.attempt < 3:
            raise OSError("not yet")
        return record


@pytest.mark.parametrize("channel", [Channel("events"), Channel("events", "memory", capacity=64)], ids=lambda c: c.kind)
@pytest.mark.parametrize(("style", "batch"), [(Ordered, 7), (OrderedAsync, 64)])
@pytest.mark.parametrize("seed", range(3))
def test_an_ordered_node_keeps_the_order_of_each_key_under_failures(style, batch, channel, seed):
    end = Collect()
    graph, build = graph_of(
        {"read": Numbers(40, keys=3), "keep": style(), "end": end},
        ["read -> events", "events@keep -> keep", "keep -> end"], [channel], batch=batch,
    )  # fmt: skip  # what runs in one line, how it is joined in another
    made = simulate(graph, build, seed)
    assert made.report.conserved
    assert sorted(payloads(end)) == list(range(40))
    for key in ("k0", "k1", "k2"):
        mine = [record.payload for record in end.records if record.key == key]
        assert mine == sorted(mine)


# -- failures and their neighbours ------------------------------------------------------------------------------------


def test_a_poison_record_holds_nobody_back_and_nobody_is_processed_twice():
    calls: Counter[int] = Counter()
    moments: dict[int, float] = {}

    @node("poisoned")
    class Poisoned:
        def process(self, record, ctx):
            calls[record.payload] += 1
            moments[record.payload] = ctx.now
            if record.payload == 4:
                raise ValueError("poison")
            return record

    outcome = run_node(Poisoned(), range(10), policy=RetryThenDeadLetter(attempts=4))
    assert outcome.payloads == [n for n in range(10) if n != 4]
    assert calls == {**dict.fromkeys(range(10), 1), 4: 4}
    assert moments[4] > max(at for n, at in moments.items() if n != 4)
    (letter,) = outcome.dead
    assert (decode_record(letter.body).payload, letter.attempts, len(letter.causes)) == (4, 4, 4)


def test_a_batch_that_raises_is_tried_record_by_record():
    calls: list[list[int]] = []

    @node("batched")
    class Batched:
        def process_batch(self, records, ctx):
            calls.append([record.payload for record in records])
            if any(record.payload == 2 for record in records):
                raise ValueError("one of them")
            return [record.derive(record.payload * 10) for record in records]

    outcome = run_node(Batched(), range(5))
    assert calls == [[0, 1, 2, 3, 4], [0], [1], [2], [3], [4]]
    assert outcome.payloads == [0, 10, 30, 40]
    assert [decode_record(letter.body).payload for letter in outcome.dead] == [2]


def test_the_verdicts_of_a_batch_fail_their_records_only():
    delivered: list[int] = []

    @node("judged", effect="idempotent")
    class Judged:
        def write_batch(self, records, ctx):
            verdicts = [Reject("odd") if record.payload % 2 else None for record in records]
            delivered.extend(r.payload for r, verdict in zip(records, verdicts, strict=True) if verdict is None)
            return verdicts

    outcome = run_node(Judged(), range(6))
    assert delivered == [0, 2, 4]
    assert [decode_record(letter.body).payload for letter in outcome.dead] == [1, 3, 5]
    assert {letter.reason for letter in outcome.dead} == {"permanent"}
    assert outcome.report.conserved


def test_what_a_failed_record_has_written_to_state_is_undone():
    @node("remembers", stateful=True)
    class Remembers:
        def process(self, record, ctx):
            ctx.state["sum"] = ctx.state.get("sum", 0) + record.payload
            ctx.state[f"saw {record.payload}"] = True
            ctx.timers.set(f"timer {record.payload}", ctx.now + 1e6)
            if record.payload == 3:
                raise ValueError("after the writes")
            return record.derive([ctx.state["sum"], len(ctx.state)])

        def on_timer(self, timer, ctx):
            return Record(timer.key)

    outcome = run_node(Remembers(), range(1, 6))
    assert outcome.payloads[:4] == [[1, 2], [3, 3], [7, 4], [12, 5]]
    assert outcome.payloads[4:] == ["timer 1", "timer 2", "timer 4", "timer 5"]
    assert outcome.store.state("node", "sum") == b"12"
    assert outcome.store.state("node", "saw 3") is None


# -- time -------------------------------------------------------------------------------------------------------------


@node("alarm", stateful=True)
class SetsAlarms:
    def process(self, record, ctx):
        ctx.timers.set(f"for {record.payload}", BEGIN + 1000 + record.payload, record.payload)

    def on_timer(self, timer, ctx):
        return Record([timer.key, timer.due, timer.payload, ctx.now >= timer.due])


def test_timers_survive_a_restart_and_ring_once():
    store = MemoryStore()

    def runs(seconds: float, until_idle: bool) -> list[Any]:
        """A run of an own process, which is asked to end after some simulated seconds."""
        end = Collect()
        nodes = {"read": Numbers(3), "alarm": SetsAlarms(), "end": end}
        graph, build = graph_of(nodes, ["read -> alarm", "alarm -> end"])
        simulated(
            graph, build, lambda driver, loop: loop.call_later(seconds, driver.stop), store=store, until_idle=until_idle
        )
        return payloads(end)

    assert runs(100.0, until_idle=False) == []
    assert store.next_alarm(["alarm"]) == BEGIN + 1000
    assert runs(1001.5, until_idle=False) == [[f"for {n}", BEGIN + 1000 + n, n, True] for n in range(2)]
    assert runs(2000.0, until_idle=False) == [["for 2", BEGIN + 1002, 2, True]]
    assert runs(3000.0, until_idle=True) == []
    assert store.totals()["alarm", "alarms", ""] == 3


# -- sources ----------------------------------------------------------------------------------------------------------


@node("stumbles")
class Stumbles:
    """Breaks off at some numbers, as often as it is told."""

    times: int = 1

    def __post_init__(self):
        self.began: list[int] = []
        self._failed = 0

    def read(self, ctx):
        self.began.append(ctx.position or 0)
        for n in range(ctx.position or 0, 20):
            if n == 11 and self._failed < self.times:
                self._failed += 1
                raise OSError("the line is down")
            yield Reading(n, n + 1)


def test_a_source_that_fails_goes_on_from_the_committed_position():
    source, end = Stumbles(2), Collect()
    graph, build = graph_of({"read": source, "end": end}, ["read -> end"], batch=4)
    report = simulate(graph, build, 0).report
    assert payloads(end) == list(range(20))
    assert source.began == [0, 11, 11]
    assert report.admitted == 20


def test_a_source_that_goes_on_failing_stops_the_run_and_the_next_run_goes_on():
    store, end = MemoryStore(), Collect()
    graph, build = graph_of({"read": Stumbles(99), "end": end}, ["read -> end"], batch=4)
    with pytest.raises(SourceFailed, match="failed 3 times: OSError: the line is down"):
        simulate(graph, build, 0, store=store)
    assert store.position("read").position == 11
    graph, build = graph_of({"read": Stumbles(0), "end": end}, ["read -> end"], batch=4)
    simulate(graph, build, 1, store=store)
    assert payloads(end) == list(range(20))


# -- policies ---------------------------------------------------------------------------------------------------------


class Raises:
    def decide(self, failure: Failure) -> Decision:
        raise ZeroDivisionError


class Answers:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def decide(self, failure: Failure) -> Decision:
        return self.answer


@node("refuses-three")
class RefusesThree:
    def process(self, record, ctx):
        if record.payload == 3:
            raise ValueError("three")
        return record


NONSENSE = {
    "raises": Raises(),
    "None": Answers(None),
    "a word": Answers("retry"),
    "a class": Answers(DropIt),
    "a wait in words": Answers(Delay("soon")),  # type: ignore[arg-type]  # that is the nonsense
    "a negative wait": Answers(Delay(-1.0)),
    "a wait of NaN": Answers(Delay(float("nan"))),
    "a reason that is a number": Answers(DeadLetter(5)),  # type: ignore[arg-type]  # that is the nonsense
}


@pytest.mark.parametrize("policy", NONSENSE)
def test_a_policy_that_raises_or_answers_nonsense_costs_no_record(policy):
    outcome = run_node(RefusesThree(), range(6), policy=NONSENSE[policy])
    assert outcome.payloads == [0, 1, 2, 4, 5]
    (letter,) = outcome.dead
    assert (letter.reason, letter.attempts) == ("attempts", 3)
    assert outcome.dropped == {}


def test_a_policy_may_fail_the_run_and_the_record_stays():
    store, end = MemoryStore(), Collect()
    links, events = ["read -> events", "events@refuse -> refuse", "refuse -> end"], [Channel("events")]
    graph, build = graph_of({"read": Numbers(6), "refuse": RefusesThree(), "end": end}, links, events)
    with pytest.raises(RunFailed, match="node `refuse`: enough: ValueError: three"):
        simulate(graph, build, 0, store=store, policies=one_policy(Answers(FailRun("enough")), graph))
    assert list(store.dead_letters()) == []
    assert store.depth("events", "refuse").total == 6
    made = simulate(graph, build, 1, store=store, policies=one_policy(Answers(DropIt("never mind")), graph))
    assert payloads(end) == [0, 1, 2, 4, 5]
    assert made.report.conserved
    assert next(each.dropped for each in made.report.nodes if each.id == "refuse") == {"never mind": 1}


# -- leases -----------------------------------------------------------------------------------------------------------


class Steals:
    """A store that gives away, once, what a run holds, just before one of its commits."""

    def __init__(self, store: MemoryStore, before: int) -> None:
        self.store = store
        self._left = before

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def commit(self, work, owner, now):
        self._left -= 1
        if self._left == 0:
            self.store.release(owner)
        return self.store.commit(work, owner, now)


@node("counts", stateful=True)
class Counts:
    def process(self, record, ctx):
        ctx.state["n"] = ctx.state.get("n", 0) + 1
        if record.payload % 7 == 0 and ctx.attempt == 1:
            raise OSError("later")
        return record.derive([record.payload, ctx.state["n"]])


@pytest.mark.parametrize("middle", [Channel("middle"), Channel("middle", "memory", capacity=3)], ids=lambda c: c.kind)
@pytest.mark.parametrize("before", range(1, 9))
def test_a_lost_lease_in_the_middle_loses_and_doubles_nothing(before, middle):
    store, end = MemoryStore(), Collect()
    graph, build = graph_of(
        {"read": Numbers(40), "count": Counts(), "end": end},
        ["read -> first", "first@count -> count", "count -> middle", "middle@end -> end"],
        [Channel("first"), middle], batch=8,
    )  # fmt: skip  # what runs in one line, each side of it in another
    report = simulate(graph, build, before, store=Steals(store, before)).report
    assert report.late >= 1
    assert report.conserved
    assert report.admitted == 40
    assert sorted(n for n, _ in payloads(end)) == list(range(40))
    assert sorted(nth for _, nth in payloads(end)) == list(range(1, 41))
    assert store.state("count", "n") == b"40"
    assert store.totals()["first@count", "handled", ""] == 40
    assert store.totals()["middle@end", "handled", ""] == 40


class BreaksAfter:
    """A store that is cut off just after some commit."""

    def __init__(self, store: MemoryStore, commits: int) -> None:
        self.store = store
        self._left = commits

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def commit(self, work, owner, now):
        appended = self.store.commit(work, owner, now)
        self._left -= 1
        if self._left == 0:
            raise StoreError("cut off")
        return appended


@node("passes-few", stateful=True)
class PassesFew:
    """Lets every fourth pass, and says how many it has seen."""

    def process(self, record, ctx):
        ctx.state["n"] = ctx.state.get("n", 0) + 1
        return None if record.payload % 4 else record.derive([record.payload, ctx.state["n"]])


@pytest.mark.parametrize("commits", range(1, 5))
def test_what_is_done_early_becomes_durable_only_with_what_was_seen_before_it(commits):
    """The filtered ones are done at once, while one that was seen before them is still on its way to a slow sink."""
    store, delivered = MemoryStore(), []

    @node("slow", effect="idempotent", concurrency=1)
    class Slow:
        async def write(self, record, ctx):
            await asyncio.sleep(1.0)
            delivered.append(tuple(record.payload))

    def go(seed: int, broken: Any) -> Any:
        nodes = {"read": Numbers(16), "few": PassesFew(), "write": Slow()}
        links = ["read -> few", "few -> inbox", "inbox@write -> write"]
        graph, build = graph_of(nodes, links, [Channel("inbox", "memory", capacity=2)], batch=1)
        return simulate(graph, build, seed, store=broken)

    with pytest.raises(StoreError, match="cut off"):
        go(0, BreaksAfter(store, commits))
    assert go(1, store).report.conserved
    assert set(delivered) == {(n, n + 1) for n in range(0, 16, 4)}
    assert store.state("few", "n") == b"16"


class OldRecords(MemoryStore):
    """Has so many pieces of old records to let go, and notes when it was asked to."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.left = pieces
        self.asked: list[float] = []

    def retain(self, now: float, history: float) -> int:
        self.asked.append(now)
        self.left -= 1
        return 1 if self.left >= 0 else 0


def test_what_is_old_goes_piece_by_piece_until_nothing_is_left_and_leases_are_renewed_meanwhile():
    renewed = []

    class Store(OldRecords):
        def renew(self, owner: str, now: float, until: float) -> None:
            renewed.append(now)
            super().renew(owner, now, until)

    @node("slow")
    class Slow:
        async def write(self, record: Any, ctx: Any) -> None:
            await asyncio.sleep(100)

    store = Store(400)
    graph, build = graph_of({"read": Numbers(1), "end": Slow()}, ["read -> end"], lease=3.0)
    simulate(graph, build, 0, store=store)
    first = store.asked[0]
    assert len([at for at in store.asked if at - first < 25]) == 401  # all of them, and the one that finds nothing
    gaps = [later - sooner for sooner, later in pairwise(renewed)]
    assert max(gaps) < 1.2  # the lease is 3 seconds
