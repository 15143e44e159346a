"""Retry, rate limit and breaker answer as their written tables say; `cases/` was there before the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock import DeadLetter, Delay, Divert, DropIt, FailRun
from penstock_standard import CircuitBreaker, RateLimit, Retry

CASES = Path(__file__).parent / "cases"
_ENDS = {"dead-letter": DeadLetter, "drop": DropIt, "fail-run": FailRun}


def rows(name: str) -> list[Any]:
    table = yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))
    return [pytest.param(row, id=f"{row['id']} {row['says']}") for row in table]


def test_the_tables_have_eighty_rows_and_no_name_twice():
    names = [param.values[0]["id"] for name in ("retry", "rate_limit", "circuit_breaker") for param in rows(name)]
    assert len(names) >= 80
    assert len(names) == len(set(names))


@pytest.mark.parametrize("row", rows("retry"))
def test_retry(row, failed):
    given = dict(row["failure"])
    renamed = {"kind": given.pop("class", "transient"), "previous_delay": given.pop("previous", 0.0)}
    answer = Retry(**row["config"]).failure(failed(**renamed, **given))
    ((word, value),) = row["answer"].items()
    if word == "delay":
        assert isinstance(answer, Delay)
        assert answer.after == pytest.approx(value)
    else:
        assert answer == (Divert(*value) if word == "divert" else _ENDS[word](value))


@pytest.mark.parametrize("row", rows("rate_limit"))
def test_rate_limit(row, at_node, numbered):
    limit = at_node(RateLimit(**row["config"]))
    for seconds, *key, asked, passed, wait in row["steps"]:
        limit.clock.at(seconds)
        many, after = limit.passed(numbered(asked, key=key[0] if key else None))
        assert (many, after) == (passed, None if wait is None else pytest.approx(wait, abs=2e-7))


@pytest.mark.parametrize("row", rows("circuit_breaker"))
def test_circuit_breaker(row, at_node, numbered):
    breaker = at_node(CircuitBreaker(**row["config"]))
    for seconds, step, *passed in row["steps"]:
        breaker.clock.at(seconds)
        word, _, number = step.partition(" ")
        if word == "ask":
            asked = numbered(int(number or 1))
            assert breaker.passed(asked)[0] == passed[0], (seconds, step)
        elif word == "wait":
            assert breaker.asked(numbered(1)) == Delay(pytest.approx(float(number))), (seconds, step)
        elif word in ("ok", "slow"):
            breaker.completed(int(number or 1), latency=2.0 if word == "slow" else 0.01)
        else:
            breaker.completed(**{word: int(number or 1)})
