"""What is always true of the standard policies, whatever they are told."""

from __future__ import annotations

import copy
import json
import math
from collections import Counter, deque
from datetime import datetime, timezone
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import penstock_standard as standard
from penstock import (
    Arrival,
    Completion,
    DeadLetter,
    Delay,
    Dispatch,
    Divert,
    DropIt,
    FailRun,
    Failure,
    FailureClass,
    Overflow,
    Proceed,
    Record,
)

START = 1_700_000_000.0
POLICIES = {cls.__penstock_policy__.id: cls for cls in standard.penstock_policies()}

seconds = st.integers(1, 10**9).map(lambda micros: micros / 1e6)  # on the grid of whole microseconds
keys = st.sampled_from(["a", "b", "c"])
ends = st.sampled_from([{"then": "drop"}, {"then": "dead-letter"}, {"then": "divert", "channel": "aside"}])
many = st.integers(1, 20)
shares = st.floats(0.01, 1)


@st.composite
def records(draw: Any, fewest: int = 0, most: int = 12) -> list[Record]:
    happened = st.none() | st.floats(-2000, 0).map(lambda ago: datetime.fromtimestamp(START + ago, timezone.utc))
    return [
        Record({"n": n}, key=draw(st.none() | keys), event_time=draw(happened), _id=f"record-{n}")
        for n in range(draw(st.integers(fewest, most)))
    ]


# -- every policy -----------------------------------------------------------------------------------------------

CONFIGS: dict[str, st.SearchStrategy[Any]] = {
    "retry": st.builds(
        lambda end, **rest: standard.Retry(**rest, **end),
        ends | st.just({"then": "fail-run"}),
        backoff=st.sampled_from(["fixed", "exponential", "full", "equal", "decorrelated"]),
        first=st.floats(0, 1e4),
        factor=st.floats(1, 1e3),
        ceiling=st.floats(0, 1e5),
        attempts=st.none() | many,
        max_elapsed=st.none() | seconds,
        honour_retry_after=st.booleans(),
    ),
    "deadline": st.builds(
        lambda attempt, total, end: standard.Deadline(attempt, total, **end), seconds, st.none() | seconds, ends
    ),
    "circuit-breaker": st.builds(
        standard.CircuitBreaker,
        window=st.sampled_from(["calls", "seconds"]),
        size=st.integers(1, 50),
        minimum=many,
        ratio=shares,
        slow_after=st.none() | seconds,
        slow_ratio=shares,
        open_for=seconds,
        probes=many,
    ),
    "concurrency-limit": st.builds(
        standard.ConcurrencyLimit, limit=many, adaptive=st.booleans(), slow_after=st.none() | seconds
    ),
    "rate-limit": st.builds(
        standard.RateLimit,
        rate=st.integers(1, 1000),
        per=seconds,
        burst=st.none() | many,
        by=st.sampled_from([None, "key", "/n"]),
    ),
    "overflow": st.builds(
        standard.Overflowing, st.sampled_from(["block", "drop-newest", "drop-oldest", "fair", "dead-letter", "error"])
    )
    | st.just(standard.Overflowing("spill", "aside")),
    "dedup": st.builds(
        lambda window, by, end: standard.Dedup(window, by, **end), seconds, st.sampled_from(["key", "payload"]), ends
    ),
    "staleness": st.builds(
        lambda older, of, end: standard.Staleness(older, of, **end), seconds, st.sampled_from(["event", "admit"]), ends
    ),
    "budget": st.builds(
        lambda records, size, secs, per, end: standard.Budget(records, size, secs, per, **end),
        many,
        st.none() | st.integers(1, 200),
        st.none() | seconds,
        st.none() | seconds,
        ends | st.sampled_from([{"then": "wait"}, {"then": "fail-run"}]),
    ),
    "sampling": st.builds(
        lambda share, by, end: standard.Sampling(share, by, **end),
        st.floats(0, 1),
        st.sampled_from([None, "key"]),
        ends,
    ),
    "dead-letter": st.builds(
        lambda when, classes, end: standard.DeadLetterRouting(when, classes, **end),
        st.sampled_from(["given-up", "at-once"]),
        st.sampled_from([(), (FailureClass.PERMANENT,)]),
        ends.filter(lambda end: end["then"] != "dead-letter") | st.just({"then": "keep"}),
    ),
    "hedge": st.builds(standard.Hedge, seconds),
}
classes = st.sampled_from(FailureClass)


def questions(memory: dict[str, Any]) -> dict[str, st.SearchStrategy[Any]]:
    """What may be asked at each point, with this memory."""
    now = st.floats(0, 1e4).map(lambda later: START + later)
    return {
        "admit": st.builds(lambda *facts: Arrival("node", *facts, memory), records(), now, st.integers(0, 10**6), seconds),
        "overflow": st.builds(
            lambda some, hidden, offered, capacity, now: Overflow(
                "events", None, "sqlite", capacity, hidden + len(some) - min(offered, len(some)), some, min(offered, len(some)),
                False, now, memory,
            ),
            records(), st.integers(0, 9), st.integers(0, 9), many, now,
        ),
        "dispatch": st.builds(
            lambda pulling, some, wanted, now, busy: Dispatch(
                "node", pulling, [] if pulling else some, wanted if pulling else len(some), now, busy, memory
            ),
            st.booleans(), records(), many, now, st.integers(0, 30),
        ),
        "failure": st.builds(
            Failure, st.just("node"), st.just("record"), st.just("Error: no"), classes, st.integers(1, 10**9), seconds,
            st.floats(0, 1, exclude_max=True), retry_after=st.none() | st.floats(0, 86_400), previous_delay=st.floats(0, 86_400),
            age=st.floats(0, 1e9), now=now, verdict=st.none() | st.just(DeadLetter("attempts")), memory=st.just(memory),
        ),
        "completion": st.builds(
            lambda *facts: Completion("node", *facts, memory), st.integers(1, 100), st.dictionaries(classes, many),
            st.floats(0, 100), st.floats(0, 10), st.floats(0, 100), now,
        ),
    }  # fmt: skip  # in the order of the facts


def is_legal(point: str, facts: Any, answer: Any) -> bool:
    """Whether the runtime can act on the answer; the rules of `penstock.points`."""
    if isinstance(answer, dict):
        lowest = -facts.waiting if point == "overflow" else 0
        whole = all(lowest <= at < len(facts.records) for at in answer)
        return whole and all(not isinstance(one, FailRun) and is_legal(point, facts, one) for one in answer.values())
    if isinstance(answer, Delay):
        return math.isfinite(answer.after) and 0 <= answer.after < 1e9 and point != "completion"
    if isinstance(answer, Proceed):
        limits = (answer.at_most, answer.concurrency, answer.deadline, answer.hedge_after)
        return all(limit is None or limit > 0 for limit in limits)
    return isinstance(answer, (DropIt, Divert, DeadLetter, FailRun)) and bool(answer.reason)


def test_no_policy_is_left_out():
    assert set(CONFIGS) == set(POLICIES)


@pytest.mark.parametrize("id", POLICIES)
@given(data=st.data())
def test_every_policy_answers_whatever_it_is_asked_and_the_same_when_asked_again(id, data):
    policy, memory = data.draw(CONFIGS[id]), {}
    asks = questions(memory)
    before = dict(vars(policy))
    for _ in range(data.draw(st.integers(1, 6))):
        point = data.draw(st.sampled_from(POLICIES[id].__penstock_policy__.points))
        facts = data.draw(asks[point])
        remembered = copy.deepcopy(memory)
        answer = getattr(policy, point)(facts)
        assert is_legal(point, facts, answer)
        if getattr(facts, "pulling", False):
            assert vars_of(memory) == vars_of(remembered), "looking takes nothing"
        after = copy.deepcopy(memory)
        memory.clear()
        memory.update(remembered)
        assert getattr(policy, point)(facts) == answer
        assert vars_of(memory) == vars_of(after)
        if POLICIES[id].__penstock_policy__.durable:
            assert json.loads(json.dumps(memory)) == memory
    assert vars(policy) == before


def vars_of(value: Any) -> Any:
    """A memory as plain values, the windows in it too."""
    if isinstance(value, dict):
        return {key: vars_of(inner) for key, inner in value.items()}
    if isinstance(value, deque):
        return list(value)
    return {key: vars_of(inner) for key, inner in vars(value).items()} if hasattr(value, "__dict__") else value


@pytest.mark.parametrize("id", POLICIES)
@given(data=st.data())
def test_a_policy_that_says_it_drops_nothing_drops_nothing(id, data):
    policy, spec = data.draw(CONFIGS[id]), POLICIES[id].__penstock_policy__
    may = (
        spec.drops
        if isinstance(spec.drops, bool)
        else any(getattr(policy, f) in words for f, words in spec.drops.items())
    )
    assume(not may)
    point = data.draw(st.sampled_from(spec.points))
    answer = getattr(policy, point)(data.draw(questions({})[point]))
    assert not any(isinstance(each, DropIt) for each in (answer.values() if isinstance(answer, dict) else [answer]))


# -- retry ------------------------------------------------------------------------------------------------------


@given(CONFIGS["retry"], st.data())
def test_a_wait_is_never_longer_than_it_may_be(policy, data):
    facts = data.draw(questions({})["failure"])
    answer = policy.failure(facts)
    if not isinstance(answer, Delay):
        return
    longest = policy.first if policy.backoff == "fixed" else policy.ceiling
    assert 0 <= answer.after <= max(longest, facts.retry_after or 0)
    if policy.honour_retry_after:
        assert answer.after >= (facts.retry_after or 0)
    if policy.max_elapsed is not None:
        assert facts.elapsed + answer.after < policy.max_elapsed


@given(CONFIGS["retry"], st.integers(1, 2000), st.floats(0, 1, exclude_max=True), st.data())
def test_with_the_same_luck_the_next_wait_is_no_shorter(policy, attempt, draw, data):
    assume(policy.backoff != "decorrelated" and policy.max_elapsed is None and policy.attempts is None)
    facts = [Failure("node", "r", "E", FailureClass.TRANSIENT, n, 0.0, draw) for n in (attempt, attempt + 1)]
    first, second = (policy.failure(each).after for each in facts)
    assert first <= second


# -- rate limit -------------------------------------------------------------------------------------------------


@given(st.integers(1, 50), st.sampled_from([0.001, 0.3, 1.0, 7.0, 3600.0]), many, st.data())
def test_no_window_of_time_holds_more_than_the_rate_and_the_burst(rate, per, burst, data):
    limit, memory = standard.RateLimit(rate, per, burst), {}
    gap = st.integers(0, round(2e6 * per * max(burst, 3) / rate))
    steps = data.draw(st.lists(st.tuples(gap, st.integers(1, 30)), min_size=1, max_size=40))
    micros, passed = round(START * 1e6), []
    for more, asked in steps:
        micros += more
        answer = limit.dispatch(
            Dispatch("node", False, [Record(n) for n in range(asked)], asked, micros / 1e6, 0, memory)
        )
        many = 0 if isinstance(answer, Delay) else asked if answer.at_most is None else min(asked, answer.at_most)
        passed.append((micros, many))
    for start in range(len(passed)):
        total = 0
        for end in range(start, len(passed)):
            total += passed[end][1]
            assert total <= burst + rate * (passed[end][0] - passed[start][0]) / (per * 1e6)


@given(st.integers(1, 50), st.sampled_from([0.3, 1.0, 7.0]), many, st.integers(1, 40), st.booleans())
def test_what_is_told_to_wait_passes_when_it_comes_back(rate, per, burst, asked, by_key):
    limit, memory, now, left = standard.RateLimit(rate, per, burst, "key" if by_key else None), {}, START, asked
    for _ in range(10 * asked):
        batch = [Record(n, key="a") for n in range(left)]
        answer = limit.dispatch(Dispatch("node", False, batch, left, now, 0, memory))
        waits = answer if isinstance(answer, dict) else {}
        if isinstance(answer, Proceed):
            left -= min(left, answer.at_most or left)
        elif isinstance(answer, dict):
            left = len(answer)
        if not left:
            break
        now += (
            min(each.after for each in waits.values()) if waits else answer.after if isinstance(answer, Delay) else 0.0
        )
    assert left == 0
    assert now - START <= max(0, asked - burst) * (per / rate + 1e-6) + 1e-3


def test_those_of_one_key_that_are_too_early_come_back_one_by_one():
    batch = [Record(n, key="ab"[n == 2]) for n in range(5)]
    answer = standard.RateLimit(10, 1, 1, "key").dispatch(Dispatch("node", False, batch, 5, START, 0, {}))
    assert answer == {1: Delay(0.1), 3: Delay(0.2), 4: Delay(pytest.approx(0.3))}


@given(st.lists(st.tuples(keys, st.integers(0, 300_000)), max_size=40), st.integers(1, 3))
def test_the_rate_of_one_key_does_not_depend_on_others(steps, burst):
    limit, memory = standard.RateLimit(10, 1, burst, "key"), {}
    alone = {key: (standard.RateLimit(10, 1, burst, "key"), {}) for key in "abc"}
    micros = round(START * 1e6)
    for key, more in steps:
        micros += more
        ask = lambda policy, mind, key=key, now=micros / 1e6: policy.dispatch(  # noqa: E731  # one question, two who are asked
            Dispatch("node", False, [Record(0, key=key)], 1, now, 0, mind)
        )
        assert ask(limit, memory) == ask(*alone[key])


# -- circuit breaker --------------------------------------------------------------------------------------------


class Model:
    """A breaker over the last calls, as one would write it on a whiteboard: every call on its own."""

    def __init__(self, size: int, minimum: int, ratio: float, open_for: float, probes: int) -> None:
        self.size, self.minimum, self.ratio, self.open_for, self.probes = (
            size,
            min(minimum, size),
            ratio,
            open_for,
            probes,
        )
        self.state, self.calls, self.since, self.out = "closed", [], 0.0, 0

    def ask(self, now: float) -> bool:
        if self.state == "open" and now - self.since >= self.open_for:
            self.state, self.calls, self.since, self.out = "half-open", [], now, 0
        if self.state == "half-open" and now - self.since >= self.open_for:
            self.calls, self.since, self.out = [], now, 0
        if self.state == "half-open" and self.out < self.probes:
            self.out += 1
            return True
        return self.state == "closed"

    def tell(self, now: float, well: bool) -> None:
        if self.state == "open":
            return
        self.calls = [*self.calls, well][-self.size :] if self.state == "closed" else [*self.calls, well]
        enough = self.minimum if self.state == "closed" else min(self.minimum, self.probes)
        if len(self.calls) < enough:
            return
        if self.calls.count(False) / len(self.calls) >= self.ratio:
            self.state, self.since, self.calls = "open", now, []
        elif self.state == "half-open":
            self.state, self.calls = "closed", []


@given(
    many, many, st.sampled_from([0.1, 0.25, 0.5, 1.0]), st.sampled_from([1.0, 30.0]), st.integers(1, 4),
    st.lists(st.tuples(st.sampled_from(["ask", "well", "badly"]), st.sampled_from([0.0, 0.5, 10.0, 30.0])), max_size=120),
)  # fmt: skip  # a table
def test_the_breaker_goes_the_way_of_a_model(size, minimum, ratio, open_for, probes, steps):
    breaker = standard.CircuitBreaker("calls", size, minimum, ratio, open_for=open_for, probes=probes)
    model, memory, now = Model(size, minimum, ratio, open_for, probes), {}, START
    for what, later in steps:
        now += later
        if what == "ask":
            answer = breaker.dispatch(Dispatch("node", False, [Record(0)], 1, now, 0, memory))
            assert isinstance(answer, Proceed) == model.ask(now)
        else:
            failed = {} if what == "well" else {FailureClass.TRANSIENT: 1}
            breaker.completion(Completion("node", 1 - len(failed), failed, 0.0, 0.0, 0.0, now, memory))
            model.tell(now, what == "well")
        assert ("until" not in memory) == (model.state == "closed")


# -- overflow ---------------------------------------------------------------------------------------------------


def full(mode: str, some: list[Record], waiting: int, capacity: int, **config: Any) -> list[int]:
    facts = Overflow("events", "group", "memory", capacity, waiting, some, len(some) - waiting, False, START, {})
    return sorted(standard.Overflowing(mode, **config).overflow(facts))


@given(records(1, 40), st.data())
def test_the_newest_stay_when_the_oldest_are_dropped(some, data):
    waiting, capacity = data.draw(st.integers(0, len(some) - 1)), data.draw(st.integers(1, 40))
    out = full("drop-oldest", some, waiting, capacity)
    assert out == list(range(max(0, len(some) - capacity)))


@given(records(1, 60), st.dictionaries(keys, st.sampled_from([0.5, 1.0, 2.0, 5.0])), st.data())
def test_a_key_within_its_share_loses_nothing_and_no_more_go_than_have_to(some, weights, data):
    waiting, capacity = data.draw(st.integers(0, len(some) - 1)), data.draw(st.integers(1, 40))
    out = full("fair", some, waiting, capacity, weights=weights)
    assert len(out) == max(0, len(some) - capacity)
    held = Counter(record.key or "" for record in some)
    kept = Counter(record.key or "" for at, record in enumerate(some) if at not in out)
    whole = sum(weights.get(key, 1.0) for key in held)
    for key in held:
        if held[key] <= capacity * weights.get(key, 1.0) / whole:
            assert kept[key] == held[key]
    lost = [key for key in held if kept[key] < held[key]]
    assert all(
        (kept[key] + 1) / weights.get(key, 1.0) >= kept[other] / weights.get(other, 1.0)
        for key in lost
        for other in held
    )


@given(records(1, 60), st.integers(1, 40))
def test_of_each_key_the_oldest_go_first(some, capacity):
    out = full("fair", some, len(some) - 1, capacity)
    for key in {record.key for record in some}:
        mine = [at for at, record in enumerate(some) if record.key == key]
        gone = [at for at in mine if at in out]
        assert gone == mine[: len(gone)]


# -- admission --------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(keys, st.integers(0, 5)), max_size=60), st.integers(1, 10))
def test_of_one_key_no_two_pass_within_the_window(steps, window):
    dedup, memory, now = standard.Dedup(float(window)), {}, START
    passed: dict[str, list[float]] = {"a": [], "b": [], "c": []}
    for number, (key, later) in enumerate(steps):
        now += later
        one = Record(number, key=key, _id=f"record-{number}")
        if isinstance(dedup.dispatch(Dispatch("node", False, [one], 1, now, 0, memory)), Proceed):
            due = not passed[key] or now - passed[key][-1] >= window
            assert due
            passed[key].append(now)
        again = dedup.dispatch(Dispatch("node", False, [one], 1, now, 0, memory))
        assert isinstance(again, Proceed) == (
            now in passed[key] and passed[key][-1] == now and memory[f"={key}"][1] == one.id
        )
    assert all(second - first >= window for times in passed.values() for first, second in pairwise(times))
    assert len(memory) <= 4


@given(records(0, 60), st.floats(0, 1), st.floats(0, 1))
def test_a_smaller_sample_is_part_of_a_larger_one_and_keeps_keys_together(some, one, other):
    def passed(share: float, by: str | None = None) -> set[int]:
        answer = standard.Sampling(share, by).admit(Arrival("feed", some, START, 0, 0.0, {}))
        return set(range(len(some))) - set(answer if isinstance(answer, dict) else ())

    assert passed(min(one, other)) <= passed(max(one, other))
    assert passed(0.0) == set()
    assert passed(1.0) == set(range(len(some)))
    by_key = passed(one, "key")
    for key in "abc":
        assert len({at in by_key for at, record in enumerate(some) if record.key == key}) <= 1


def test_a_sample_is_about_as_large_as_it_should_be():
    some = [Record(n, _id=f"record-{n}") for n in range(20_000)]
    answer = standard.Sampling(0.1).admit(Arrival("feed", some, START, 0, 0.0, {}))
    assert len(some) - len(answer) == pytest.approx(2000, abs=150)


@given(
    st.none() | st.integers(1, 30), st.none() | st.integers(10, 200), st.none() | st.integers(5, 50),
    st.lists(st.tuples(st.integers(0, 20), st.integers(1, 12)), max_size=40), st.sampled_from(["wait", "drop"]),
)  # fmt: skip  # a table
def test_no_period_spends_more_than_its_budget(records, size, per, steps, then):
    assume(records or size)
    budget, memory, now, number = (
        standard.Budget(records, size, per=None if per is None else float(per), then=then),
        {},
        START,
        0,
    )
    spent: dict[int, list[int]] = {}
    for later, many in steps:
        now += later
        batch = [Record({"n": number + n}, _id=f"record-{number + n}") for n in range(many)]
        number += many
        answer = budget.dispatch(Dispatch("node", False, batch, many, now, 0, memory))
        passed = many if answer == Proceed() else answer.at_most if isinstance(answer, Proceed) else 0
        passed = many - len(answer) if isinstance(answer, dict) else passed
        cost = spent.setdefault(
            0 if per is None else int((now - memory["began"]) // per) + round(memory["began"]), [0, 0]
        )
        cost[0] += passed
        cost[1] += sum(len(json.dumps(each.payload, separators=(",", ":"))) for each in batch[:passed])
    assert all(records is None or cost[0] <= records for cost in spent.values())
    assert all(size is None or cost[1] <= size for cost in spent.values())


def test_a_budget_is_renewed_when_its_period_is_over_and_not_before():
    budget, memory = standard.Budget(records=1, per=10.0), {}
    answers = []
    for later in (0.0, 9.5, 10.0, 29.0):
        answers.append(budget.dispatch(Dispatch("node", False, [Record(0)], 1, START + later, 0, memory)))
    assert answers == [Proceed(), Delay(0.5), Proceed(), Proceed()]
    assert memory["began"] == START + 20.0, "periods follow each other without a gap"


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 2), st.floats(0, 3)), max_size=200), many)
def test_an_adaptive_limit_stays_in_its_range_and_gives_way_to_failures(steps, limit):
    policy = standard.ConcurrencyLimit(limit, adaptive=True, minimum=1, maximum=25, slow_after=2.0)
    memory: dict[str, Any] = {}
    for ok, bad, latency in steps:
        before = memory.get("limit", limit)
        failed = {FailureClass.TIMEOUT: bad} if bad else {}
        policy.completion(Completion("node", ok, failed, latency, latency, latency, START, memory))
        after = memory["limit"]
        assert 1 <= after <= 25
        assert after < before or before == 1 if bad or latency > 2.0 else after in (before, before + 1)
