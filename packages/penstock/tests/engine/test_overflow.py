"""What becomes of records that a channel has no room for: the policy says, everything is counted, the law holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from penstock._engine.driver import RunFailed
from penstock._store.codec import decode_record
from penstock.bindings import Bound, Numbers, PolicySet
from penstock.decisions import Answer, DeadLetter, Delay, Divert, DropIt, FailRun, Proceed
from penstock.graph.model import Channel
from penstock.points import Overflow
from penstock.record import Reading
from penstock.running import simulate
from penstock.sdk import node, policy
from penstock.testing import Collect, MemoryStore, graph_of


@node("feed")
class Feed:
    count: int
    block: int = 1  # records at once

    async def read(self, ctx):
        import asyncio

        for n in range(ctx.position or 0, self.count):
            if n % self.block == 0:
                await asyncio.sleep(0.01)
            yield Reading({"n": n}, n + 1, key=f"k{n % 3}")


@node("slow", effect="none", concurrency=1)
class Slow:
    """Takes a second for each record."""

    def __post_init__(self):
        self.got: list[int] = []

    async def write(self, record, ctx):
        import asyncio

        await asyncio.sleep(1.0)
        self.got.append(record.payload["n"])


@policy("says", layer="overflow")
class Says:
    """Answers what a test wants."""

    answer: Any

    def __post_init__(self):
        self.asked: list[Overflow] = []

    def overflow(self, facts: Overflow) -> Answer:
        self.asked.append(facts)
        answer: Answer = self.answer(facts) if callable(self.answer) else self.answer
        return answer


def on(channel: str, answer: Any, **numbers: Any) -> PolicySet:
    bound = {channel: {"overflow": (Bound(Says(answer), "says", ("overflow",)),)}}
    return PolicySet(bound, Numbers(**numbers))


def oldest(facts: Overflow) -> Answer:
    return {at: DropIt("oldest") for at in facts.oldest()}


def run_slow(
    kind: str, answer: Any, *, count: int = 500, capacity: int = 3, no_loss: bool = False, block: int = 1
) -> Any:
    slow = Slow()
    graph, build = graph_of(
        {"feed": Feed(count, block), "slow": slow},
        ["feed -> inbox", "inbox@slow -> slow"],
        [Channel("inbox", kind, capacity, no_loss=no_loss), Channel("spill")],
        batch=2,
    )
    made = simulate(graph, build, 0, policies=on("inbox", answer) if answer is not None else PolicySet())
    assert made.report.conserved, made.report.links
    assert sum(link.in_flight for link in made.report.links if "spill" not in link.id) == 0
    return slow, made


def dropped(made: Any, reason: str) -> int:
    report = next(each for each in made.report.nodes if each.id == "slow")
    return int(report.dropped.get(reason, 0))


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_dropping_the_oldest_drops_most_counts_each_and_keeps_the_newest(kind):
    slow, made = run_slow(kind, oldest)
    assert 3 <= len(slow.got) < 50
    newest = 3 if kind == "memory" else 1  # two that somebody has in hand count for the capacity of a durable channel
    assert slow.got[-newest:] == [497, 498, 499][-newest:]
    group = next(link for link in made.report.links if link.id == "inbox@slow")
    assert group.offered == 500
    assert group.dropped["oldest"] == 500 - len(slow.got)


def test_what_an_inbox_drops_is_counted_at_the_node_behind_it_and_stands_in_the_history():
    slow, made = run_slow("memory", oldest)
    assert dropped(made, "oldest") == 500 - len(slow.got)
    told = b"".join(step.outcomes for step in made.store.steps() if b"dropped: oldest" in step.outcomes)
    assert b"slow dropped: oldest" in told


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("answer", [None, Delay(1.0), Proceed()], ids=str)
def test_blocking_drops_none_and_the_source_slows(kind, answer):
    slow, made = run_slow(kind, answer, count=60)
    assert slow.got == list(range(60))
    assert made.report.seconds > 25  # two at a time, one second each: the source alone would be done in less than one
    assert not any(each.dropped for each in made.report.nodes)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_dropping_the_newest_keeps_what_came_first(kind):
    slow, _ = run_slow(kind, DropIt("newest"), count=100)
    assert slow.got[:3] == [0, 1, 2]
    assert len(slow.got) < 30


def test_victims_may_be_named():
    def of_one_key(facts: Overflow) -> Answer:
        victims = [at for at, record in enumerate(facts.records) if record.key == "k1"]
        return {at: DropIt("k1") for at in victims[: facts.excess]} or Delay(0.1)

    slow, made = run_slow("memory", of_one_key, count=60)
    assert {n % 3 for n in range(60) if n not in slow.got} == {1}
    assert dropped(made, "k1") == 60 - len(slow.got) > 10


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("which", ["alone", "by index"])
def test_a_diverted_record_is_in_the_other_channel_and_nowhere_else(kind, which):
    answer: Any = (
        Divert("spill", "full")
        if which == "alone"
        else (lambda facts: {at: Divert("spill", "full") for at in facts.newest()})
    )
    slow, made = run_slow(kind, answer, count=100)
    store = made.store
    store.open("test", [])
    totals = store.totals()
    diverted = sum(n for (_, measure, reason), n in totals.items() if (measure, reason) == ("diverted", "spill: full"))
    assert diverted == 100 - len(slow.got) > 50
    spilled = [
        record.payload["n"]
        for name, log in store._logs.items()
        if name == "spill"
        for block in log.blocks
        for record in _records(block)
    ]
    assert sorted(spilled + slow.got) == list(range(100))


def _records(block):
    from penstock._store.blocks import decode_block

    return decode_block(block.kept)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_dead_letter_is_kept(kind):
    slow, made = run_slow(kind, DeadLetter("full"), count=100)
    letters = list(made.store.dead_letters())
    assert {letter.reason for letter in letters} == {"full"}
    kept = [decode_record(letter.body).payload["n"] for letter in letters]
    assert sorted(kept + slow.got) == list(range(100))


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_an_error_stops_the_run(kind):
    with pytest.raises(RunFailed, match="enough"):
        run_slow(kind, FailRun("enough"))


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("answer", [oldest, DropIt("newest")], ids=["oldest", "newest"])
def test_where_nothing_may_be_lost_a_drop_becomes_a_dead_letter(kind, answer):
    slow, made = run_slow(kind, answer, count=100, no_loss=True)
    kept = [decode_record(letter.body).payload["n"] for letter in made.store.dead_letters()]
    assert sorted(kept + slow.got) == list(range(100))
    assert not any(each.dropped for each in made.report.nodes)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize(
    "answer", [ValueError("policy"), None, "drop", DropIt(3), {0: "x"}, {999: DropIt("far")}], ids=str
)
def test_a_policy_at_fault_blocks_and_drops_nothing(kind, answer):
    def faulty(facts: Overflow) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    slow, made = run_slow(kind, faulty, count=30)
    assert slow.got == list(range(30))
    assert sum(made.report.faults["says"].values()) > 0


def test_each_group_has_an_inbox_of_its_own():
    """The slow one loses records, the quick one gets all."""
    slow, quick = Slow(), Collect()
    graph, build = graph_of(
        {"feed": Feed(100), "slow": slow, "quick": quick},
        ["feed -> inbox", "inbox@slow -> slow", "inbox@quick -> quick"],
        [Channel("inbox", "memory", 3)],
        batch=2,
    )
    made = simulate(graph, build, 0, policies=on("inbox", oldest))
    assert made.report.conserved
    assert [record.payload["n"] for record in quick.records] == list(range(100))
    assert len(slow.got) < 30


def test_a_smaller_bound_than_what_waits_stops_intake_and_deletes_nothing():
    slow = Slow()
    graph, build = graph_of(
        {"feed": Feed(40, 40), "slow": slow},
        ["feed -> inbox", "inbox@slow -> slow"],
        [Channel("inbox", "sqlite", 100)],
        batch=8,
    )
    store = MemoryStore()
    depths: list[int] = []

    def narrow(driver: Any) -> None:
        import asyncio

        async def later() -> None:
            await asyncio.sleep(0.5)
            driver.rebind(PolicySet(numbers=Numbers(capacity={"inbox": 5}), digest="narrow"), who="a test")
            while True:
                depths.append(store.depth("inbox", "slow").total)
                await asyncio.sleep(0.5)

        driver.narrowing = asyncio.ensure_future(later())

    made = simulate(graph, build, 0, store=store, on_start=narrow)
    assert slow.got == list(range(40))
    assert not any(each.dropped for each in made.report.nodes)
    assert depths[0] > 5
    assert depths == sorted(depths, reverse=True) or max(depths[-20:]) <= 13


def counted(made: Any) -> Callable[[str], int]:
    totals = made.store.totals()
    return lambda measure: sum(n for (_, of, _), n in totals.items() if of == measure)


def test_the_facts_say_what_there_is():
    says = Says(Delay(0.1))
    slow = Slow()
    graph, build = graph_of(
        {"feed": Feed(20, 5), "slow": slow},
        ["feed -> inbox", "inbox@slow -> slow"],
        [Channel("inbox", "memory", 3)],
        batch=5,
    )
    simulate(graph, build, 0, policies=PolicySet({"inbox": {"overflow": (Bound(says, "says", ("overflow",)),)}}))
    assert says.asked
    for facts in says.asked:
        assert (facts.channel, facts.group, facts.kind, facts.capacity, facts.no_loss) == (
            "inbox",
            "slow",
            "memory",
            3,
            False,
        )
        assert len(facts.records) == facts.waiting + facts.offered
        numbers = [record.payload["n"] for record in facts.records]
        assert numbers == sorted(numbers)
        assert facts.excess == len(facts.records) - 3 > 0
        assert facts.now > 1_700_000_000
    assert Counter(slow.got) == Counter(range(20))
