"""Every node of the standard pack, put to all questions of the test kit."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

from penstock import Reading
from penstock_standard import (
    Budget,
    CircuitBreaker,
    ConcurrencyLimit,
    Cooldown,
    DeadLetterRouting,
    Deadline,
    Dedup,
    Filter,
    Generator,
    Hedge,
    JsonlSink,
    JsonlSource,
    LinesSource,
    Map,
    Overflowing,
    ParseAccessLog,
    RateLimit,
    Retry,
    Route,
    Sampling,
    Sessions,
    Staleness,
    Stdout,
    Top,
)
from penstock_testkit import node_suite, policy_suite

LOG = '203.0.113.9 - ann [10/Oct/2025:13:55:36 +0000] "GET /a?b=c HTTP/1.1" 200 2326 "-" "curl/8"'
NUMBERS = [{"n": 1, "word": "a"}, {"n": 2}, {"n": None}, {}, 7]


def at(second: float, key: str = "k", **payload: object) -> Reading:
    return Reading(payload, key=key, event_time=datetime.fromtimestamp(1_700_000_000 + second, timezone.utc))


def a_file(name: str, text: str):
    def config(folder: Path) -> dict[str, str]:
        (folder / name).write_text(text)
        return {"path": str(folder / name)}

    return config


def lines(folder: Path) -> list[str]:
    path = folder / "out.jsonl"
    return [json.dumps(at) + line for at, line in enumerate(path.read_text().splitlines())] if path.exists() else []


TestGenerator = node_suite(Generator, config={"template": {"n": {"$count": 1}, "x": {"$number": [0, 1]}}, "count": 9})
TestJsonlSource = node_suite(JsonlSource, config=a_file("in.jsonl", '{"a": 1}\n\n[2]\nnot json\n"x"\n'))
TestLinesSource = node_suite(LinesSource, config=a_file("in.log", "one\ntwo\n\nfour"))
TestMap = node_suite(Map, config={"rename": {"/n": "/m/n"}, "set": {"/x": 1}, "remove": ["/word"]}, records=NUMBERS)
TestFilter = node_suite(Filter, config={"all": [{"field": "/n", "op": "gt", "value": 1}]}, records=NUMBERS)
TestRoute = node_suite(Route, config={"any": [{"field": "/n", "op": "exists"}]}, records=NUMBERS)
TestCooldown = node_suite(Cooldown, config={"window": 10}, records=[at(0), at(5), at(20), at(21, "other")])
TestParseAccessLog = node_suite(ParseAccessLog, records=[{"line": LOG}, {"line": "nothing"}, {}])
TestSessions = node_suite(Sessions, config={"gap": 10}, records=[at(0), at(5), at(40), at(41, "other"), at(2)])
TestTop = node_suite(
    Top, config={"field": "/page", "window": 10}, records=[at(0, page="a"), at(1, page="b"), at(25, page="a")]
)
TestJsonlSink = node_suite(
    JsonlSink, config=lambda folder: {"path": str(folder / "out.jsonl")}, records=NUMBERS, effects=lines
)
TestStdout = node_suite(Stdout, records=NUMBERS)

# -- policies

TestRetry = policy_suite(Retry, config={"backoff": "decorrelated", "attempts": 9})
TestRetryWithoutEnd = policy_suite(Retry, config={"attempts": None})
TestDeadline = policy_suite(Deadline, config={"attempt": 2.0, "total": 60.0})
TestCircuitBreaker = policy_suite(CircuitBreaker, config={"minimum": 2, "open_for": 5.0})
TestConcurrencyLimit = policy_suite(ConcurrencyLimit, config={"limit": 4})
TestRateLimit = policy_suite(RateLimit, config={"rate": 10, "burst": 3, "by": "key"})
TestDedup = policy_suite(Dedup, config={"window": 60.0, "by": "key"})
TestStaleness = policy_suite(Staleness, config={"older_than": 30.0})
TestBudget = policy_suite(Budget, config={"records": 100})
TestSampling = policy_suite(Sampling, config={"share": 0.5})
TestDeadLetterRouting = policy_suite(DeadLetterRouting, config={"then": "divert", "channel": "quarantine"})
TestHedge = policy_suite(Hedge, config={"after": 0.2})
TestOverflowFair = policy_suite(Overflowing, config={"mode": "fair"})
TestOverflowOldest = policy_suite(Overflowing, config={"mode": "drop-oldest"})
TestOverflowBlock = policy_suite(Overflowing, config={"mode": "block"})
