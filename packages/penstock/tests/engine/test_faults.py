"""A policy that raises, talks nonsense, is slow or hangs: its default holds, it is told once in a while, nothing is dropped."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from penstock._engine.deciding import Council, Faults
from penstock._engine.remembering import Memories
from penstock._engine.watch import Hung, Watch
from penstock.bindings import Bound, PolicySet
from penstock.decisions import Decision, Delay, DropIt, FailureClass, Proceed
from penstock.graph.model import Channel
from penstock.points import POINTS, Completion, Failure
from penstock.record import Reading
from penstock.running import run_async, simulate
from penstock.sdk import node
from penstock.testing import Collect, FakeClock, MemoryStore, graph_of


@node("feed")
class Feed:
    count: int

    def read(self, ctx):
        for n in range(ctx.position or 0, self.count):
            yield Reading({"n": n}, n + 1)


@node("fails-once", effect="none")
class FailsOnce:
    def process(self, record, ctx):
        if record.payload["n"] % 3 == 0 and ctx.attempt == 1:
            raise ConnectionError("away")
        return record.derive(record.payload)


def raises(facts: Any) -> Any:
    raise ZeroDivisionError("a bug")


class Odd:
    """Looks like an answer and is none."""

    def __eq__(self, other):
        raise RuntimeError("no")

    __hash__ = None  # type: ignore[assignment]  # so that nobody may put it into a set either


NONSENSE: dict[str, Any] = {
    "raises": raises,
    "None": lambda facts: None,
    "text": lambda facts: "proceed",
    "a class": lambda facts: Proceed,
    "a list": lambda facts: [DropIt("x")],
    "an odd object": lambda facts: Odd(),
    "a delay into the past": lambda facts: Delay(-1.0),
    "a delay of nothing known": lambda facts: Delay(float("nan")),
    "a reason that is no text": lambda facts: DropIt(None),
    "an index that is not there": lambda facts: {10_000: DropIt("x")},
    "an index that is none": lambda facts: {"0": DropIt("x")},
    "a limit that is none": lambda facts: Proceed(at_most=-1),
    "half a record": lambda facts: Proceed(at_most=0.5),
    "nothing at once": lambda facts: Proceed(concurrency=0),
    "no time at all": lambda facts: Proceed(deadline=0.0),
    "endless time": lambda facts: Proceed(hedge_after=float("inf")),
}


def everywhere(policy_answer: Any, points: Any = POINTS) -> PolicySet:
    made = type("Faulty", (), {point: staticmethod(policy_answer) for point in points})()
    bound = {point: (Bound(made, "faulty", (point,)),) for point in points}
    return PolicySet(dict.fromkeys(("feed", "work", "end", "events", "inbox", "*"), bound))


def run_with(policies: PolicySet) -> Any:
    end = Collect()
    graph, build = graph_of(
        {"feed": Feed(30), "work": FailsOnce(), "end": end},
        ["feed -> events", "events@work -> work", "work -> inbox", "inbox@end -> end"],
        [Channel("events", "sqlite", 5), Channel("inbox", "memory", 2)],
        batch=4,
    )
    return simulate(graph, build, 0, policies=policies), sorted(record.payload["n"] for record in end.records)


@pytest.mark.parametrize("answer", NONSENSE)
def test_whatever_a_policy_says_at_every_point_no_record_is_lost(answer):
    made, arrived = run_with(everywhere(NONSENSE[answer]))
    assert arrived == list(range(30))
    assert made.report.conserved
    assert not any(each.dropped or each.dead for each in made.report.nodes)
    assert made.report.faults["faulty"]["raised" if answer == "raises" else "nonsense"] > 5
    assert next(each for each in made.report.nodes if each.id == "work").retried == 10  # by the default


def test_a_fault_is_told_once_a_minute_and_counted_every_time():
    clock, told = FakeClock(), []
    faults = Faults(clock, told.append)
    for _ in range(200):
        faults.report("p", "dispatch", "raised", "why")
        clock.advance(1.0)
    faults.report("p", "dispatch", "nonsense", "another")
    assert [(each["fault"], each["n"]) for each in told] == [
        ("raised", 1),
        ("raised", 60),
        ("raised", 60),
        ("raised", 60),
        ("nonsense", 1),
    ]
    assert faults.counts == {("policy p", "fault", "raised"): 200, ("policy p", "fault", "nonsense"): 1}


def test_the_history_says_what_a_policy_did_wrong():
    made, _ = run_with(everywhere(raises, ("failure",)))
    (note,) = [note for note in made.store.notes() if note.kind == "policy-fault"]
    assert (note.facts["policy"], note.facts["point"], note.facts["fault"]) == ("faulty", "failure", "raised")
    assert "ZeroDivisionError: a bug" in note.facts["detail"]


# -- time -------------------------------------------------------------------------------------------------------------


def council(answers: dict[str, Any], *, budget: float | None = None, limit: float = 0.2) -> Any:
    watch = Watch(limit)
    faults = Faults(FakeClock(), lambda facts: None)
    bound = {
        point: tuple(
            Bound(type("P", (), {point: staticmethod(each)})(), f"{point}{at}", (point,))
            for at, each in enumerate(some)
        )
        for point, some in answers.items()
    }
    made = Council(
        PolicySet({"n": bound}), ["n"], [], Memories(MemoryStore()), faults, watch, budget=budget, concurrency=None
    )
    return made, faults, watch


FAILURE = Failure("n", "0" * 32, "ConnectionError: away", FailureClass.TRANSIENT, 1, 0.0, 0.5)


def forever(facts: Any) -> Any:
    while True:
        pass


def stubborn(facts: Any) -> Any:
    """Swallows what it can for a while."""
    for _ in range(3):
        try:
            while True:
                pass
        except BaseException:
            continue
    return DropIt("stubborn")


def test_a_policy_that_hangs_is_ended_and_its_default_holds():
    made, faults, watch = council(
        {"failure": [forever], "dispatch": [forever, lambda facts: Proceed(at_most=3)], "completion": [forever]}
    )
    try:
        decision = made.failure(made.nodes["n"].failure, FAILURE)
        assert isinstance(decision, Delay)
        _, fates = made.dispatch("n", [1, 2, 3, 4, 5], 0.0, 0)
        assert sorted(fates) == [3, 4]  # the next one was asked all the same
        made.completion(made.nodes["n"], Completion("n", 1, {FailureClass.TRANSIENT: 1}, 0.1, 0.1, 0.1, 0.0, {}))
        assert made.pull(("n",), 64, 0.0, lambda node: 0) == (3, 0.0)
    finally:
        watch.close()
    assert {name: n for (name, _, fault), n in faults.counts.items() if fault == "hung"} == {
        "policy failure0": 1, "policy dispatch0": 2, "policy completion0": 1,
    }  # fmt: skip  # one table


def test_a_policy_that_swallows_its_end_is_asked_to_end_again():
    made, faults, watch = council({"failure": [stubborn]}, budget=0.05)
    try:
        assert isinstance(made.failure(made.nodes["n"].failure, FAILURE), Delay)
    finally:
        watch.close()
    assert sum(faults.counts.values()) == 1


def _busy_until(end: float) -> None:
    """A decision, called as policies are: in CPython 3.13.0 a bare `while` passes over the `except` of its own function."""
    while time.monotonic() < end:
        pass


def test_nothing_is_raised_after_a_decision_that_ended_in_the_last_moment():
    """Decisions as long as the limit, over and over: whatever the watcher did, it arrives inside or not at all."""
    watch = Watch(0.02)
    hung = late = 0
    try:
        for n in range(60):
            end = time.monotonic() + 0.02 + (n % 7) * 0.004
            try:
                watch.arm()
                try:
                    _busy_until(end)
                finally:
                    watch.disarm()
            except Hung:
                watch.disarm()
                hung += 1
            try:
                for _ in range(2000):
                    pass
            except Hung:
                late += 1
    finally:
        watch.close()
    assert late == 0
    assert hung > 0


def test_a_watch_sleeps_while_nothing_is_decided():
    watch = Watch(0.05)
    try:
        watch.arm()
        watch.disarm()
        deadline = time.monotonic() + 10
        while not watch._dormant:
            assert time.monotonic() < deadline
            threading.Event().wait(0.01)
        with pytest.raises(Hung):
            _hang(watch)
    finally:
        watch.close()


PROFILED = """
import sys
from penstock._engine.watch import Hung, Watch
watch = Watch(0.02)
for _ in range(3):
    try:
        watch.arm()
        try:
            while True:
                pass
        finally:
            watch.disarm()
    except Hung:
        watch.disarm()
watch.close()
sys.setprofile(lambda *happening: None)
print(sum(n for _ in range(1000) for n in (lambda: [1, 2])()))
"""


def test_after_a_hang_the_interpreter_is_as_it_was():
    """What was raised has come down and nothing is left for it to look for: with a profiler, Python 3.11 would hang."""
    ran = subprocess.run([sys.executable, "-c", PROFILED], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "3000\n"


def _hang(watch: Watch) -> None:
    watch.arm()
    try:
        while True:
            pass
    finally:
        watch.disarm()


def test_a_run_with_a_policy_that_hangs_comes_to_its_end():
    calls = []

    def once(facts: Any) -> Decision:
        calls.append(facts)
        while len(calls) == 1:
            pass
        return Proceed()

    end = Collect()
    graph, build = graph_of({"feed": Feed(10), "end": end}, ["feed -> end"])
    bound = {"dispatch": (Bound(type("P", (), {"dispatch": staticmethod(once)})(), "p", ("dispatch",)),)}
    report = asyncio.run(run_async(graph, build, MemoryStore(), until_idle=True, policies=PolicySet({"end": bound})))
    assert [record.payload["n"] for record in end.records] == list(range(10))
    assert report.faults == {"p": {"hung": 1}}


def test_a_decision_that_takes_longer_than_its_budget_does_not_count():
    def slow(facts: Any) -> Decision:
        end = time.perf_counter() + 0.03
        while time.perf_counter() < end:
            pass
        return DropIt("slow")

    made, faults, watch = council({"failure": [slow]}, budget=0.01, limit=5.0)
    try:
        assert isinstance(made.failure(made.nodes["n"].failure, FAILURE), Delay)
    finally:
        watch.close()
    assert faults.counts == {("policy failure0", "fault", "slow"): 1}
