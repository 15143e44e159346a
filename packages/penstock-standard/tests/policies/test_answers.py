"""Single answers of the policies that have no table of their own, and what none of them accepts as a setting."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from penstock import (
    Arrival,
    DeadLetter,
    Dispatch,
    Divert,
    DropIt,
    FailRun,
    FailureClass,
    Overflow,
    Proceed,
    Record,
)
from penstock.record import Origin
from penstock_standard import (
    Budget,
    CircuitBreaker,
    ConcurrencyLimit,
    DeadLetterRouting,
    Deadline,
    Dedup,
    Hedge,
    Overflowing,
    RateLimit,
    Retry,
    Sampling,
    Staleness,
)
from penstock_standard.errors import BadSetting

NOW = 1_700_000_000.0


def aged(*seconds: float) -> list[Record]:
    """Records that happened, and were admitted one second later, so long ago."""
    now = datetime.fromtimestamp(NOW, timezone.utc)
    return [
        Record(n, event_time=now - timedelta(seconds=ago), _origin=Origin("feed", now - timedelta(seconds=ago - 1)))
        for n, ago in enumerate(seconds)
    ]


def asked(records: list[Record]) -> Dispatch:
    return Dispatch("node", False, records, len(records), NOW, 0, {})


def test_a_deadline_gives_up_by_age_and_limits_the_others():
    policy = Deadline(attempt=2.0, total=60.0)
    limit, end = Proceed(deadline=2.0), DeadLetter("deadline")
    assert policy.dispatch(asked(aged(10, 61, 60))) == {0: limit, 1: end, 2: limit}, "60 s since it was admitted"
    assert policy.dispatch(asked(aged(10))) == limit


def test_a_deadline_counts_from_the_admission_and_not_from_the_first_attempt(failed):
    policy = Deadline(total=60.0, then="drop")
    assert policy.failure(failed(elapsed=100.0, age=59.0)) == Proceed()
    assert policy.failure(failed(elapsed=1.0, age=60.0)) == DropIt("deadline")
    assert Deadline(attempt=1.0).failure(failed(age=1e9)) == Proceed()


@pytest.mark.parametrize("policy", [Retry(attempts=1), Deadline(total=1.0)])
def test_who_is_asked_about_the_verdict_of_another_lets_it_stand(policy, failed):
    assert policy.failure(failed(age=100.0, verdict=DeadLetter("permanent"))) == Proceed()


def test_a_record_is_stale_when_it_is_older_than_that():
    assert Staleness(30.0).dispatch(asked(aged(29, 30, 31))) == {2: DropIt("stale")}
    assert Staleness(30.0, "admit").dispatch(asked(aged(30, 31, 32))) == {2: DropIt("stale")}
    arrival = Arrival("feed", aged(29, 31), NOW, 0, 0.0, {})
    assert Staleness(30.0, then="divert", channel="old").admit(arrival) == {1: Divert("old", "stale")}
    assert Staleness(30.0, "admit").admit(arrival) == Proceed()


def test_a_hedge_is_a_limit_and_nothing_else():
    assert Hedge(0.2).dispatch(asked(aged(1))) == Proceed(hedge_after=0.2)


@pytest.mark.parametrize(
    ("config", "facts", "answer"),
    [
        ({}, {"verdict": DeadLetter("attempts")}, DeadLetter("attempts")),
        ({"then": "drop"}, {"verdict": DeadLetter("attempts")}, DropIt("attempts")),
        ({"then": "divert", "channel": "aside"}, {"verdict": DeadLetter("attempts")}, Divert("aside", "attempts")),
        ({"then": "fail-run"}, {"verdict": DeadLetter("attempts")}, FailRun("attempts")),
        ({"then": "drop"}, {}, Proceed()),
        ({"then": "drop", "reasons": ["elapsed"]}, {"verdict": DeadLetter("attempts")}, Proceed()),
        ({"then": "drop", "reasons": ["elapsed"]}, {"verdict": DeadLetter("elapsed")}, DropIt("elapsed")),
        ({"then": "drop", "statuses": [409]}, {"verdict": DeadLetter("x"), "status": 410}, Proceed()),
        ({"then": "drop", "statuses": [409]}, {"verdict": DeadLetter("x"), "status": 409}, DropIt("x")),
        ({"then": "drop", "classes": [FailureClass.CONTRACT]}, {"verdict": DeadLetter("x")}, Proceed()),
        ({"when": "at-once"}, {"kind": "permanent"}, DeadLetter("permanent")),
        ({"when": "at-once"}, {"kind": "permanent", "verdict": DeadLetter("permanent")}, Proceed()),
        ({"when": "at-once", "statuses": [500]}, {"status": 503}, Proceed()),
    ],
)
def test_what_is_given_up_is_routed_by_class_status_and_reason(config, facts, answer, failed):
    assert DeadLetterRouting(**config).failure(failed(**facts)) == answer


@pytest.mark.parametrize(
    ("mode", "answer"),
    [
        ("block", Proceed()),
        ("drop-newest", DropIt("overflow-newest")),
        ("dead-letter", DeadLetter("overflow")),
        ("error", FailRun("overflow")),
        ("drop-oldest", {-1: DropIt("overflow-oldest")}),
        ("fair", {0: DropIt("overflow-share")}),
    ],
)
def test_a_full_durable_channel_does_as_its_mode_says(mode, answer):
    facts = Overflow("events", None, "sqlite", 10, 10, aged(1), 1, False, NOW, {})
    assert Overflowing(mode).overflow(facts) == answer


@pytest.mark.parametrize("mode", ["drop-newest", "drop-oldest", "fair"])
def test_who_drops_lets_more_come_to_a_durable_channel_that_is_full(mode):
    facts = Overflow("events", None, "sqlite", 10, 10, [], 0, False, NOW, {})
    assert Overflowing(mode).overflow(facts) not in (Proceed(), {})


def test_policies_of_one_shared_name_share_their_memory_and_others_do_not():
    for made in (CircuitBreaker(shared="api"), RateLimit(10, shared="api")):
        assert made.memory_name("one") == made.memory_name("other") == "api"
    for made in (CircuitBreaker(), RateLimit(10)):
        assert made.memory_name("one") is None


def test_abandoned_calls_count_towards_the_concurrency():
    busy = [ConcurrencyLimit(4, wait=2.0).dispatch(Dispatch("n", False, aged(1), 1, NOW, n, {})) for n in (0, 3, 4, 9)]
    assert [answer.concurrency for answer in busy[:2]] == [4, 1]
    assert [answer.after for answer in busy[2:]] == [2.0, 2.0]


@pytest.mark.parametrize(
    ("policy", "config", "setting"),
    [
        (Retry, {"then": "divert"}, "channel"),
        (Retry, {"channel": "aside"}, "channel"),
        (Deadline, {}, "attempt"),
        (Deadline, {"total": 1.0, "channel": "aside"}, "channel"),
        (CircuitBreaker, {"size": 0.5}, "size"),
        (ConcurrencyLimit, {"adaptive": True, "limit": 500}, "limit"),
        (Overflowing, {"mode": "spill"}, "channel"),
        (Overflowing, {"mode": "block", "weights": {"a": 2.0}}, "weights"),
        (Budget, {}, "records"),
        (Budget, {"records": 1, "then": "divert"}, "channel"),
        (Dedup, {"then": "divert"}, "channel"),
        (Sampling, {"share": 0.5, "channel": "aside"}, "channel"),
        (Staleness, {"older_than": 1.0, "then": "divert"}, "channel"),
        (DeadLetterRouting, {"then": "divert"}, "channel"),
    ],
)
def test_settings_that_contradict_each_other_are_refused_by_name(policy, config, setting):
    with pytest.raises(BadSetting, match=f"setting `{setting}`"):
        policy(**config)
