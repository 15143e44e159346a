"""What is asked in bad faith ends in time, with an answer or with `Undecided`; never with an exception."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from penstock_contracts.inclusion import Options, breaks, includes
from penstock_contracts.verdict import Proven, Refuted, Undecided
from penstock_contracts.worker import SafeComparison, ask_safely, close_workers


@pytest.fixture(autouse=True, scope="module")
def _workers() -> Iterator[None]:
    yield
    close_workers()


def deep(levels: int) -> Any:
    schema: Any = {}
    for _ in range(levels):
        schema = {"items": schema}
    return schema


def below(levels: int) -> Any:
    schema: Any = {"type": "string"}
    for _ in range(levels):
        schema = {"allOf": [schema]}
    return schema


HOSTILE = {
    "10,000 levels": (deep(10_000), {"type": "array"}),
    "10,000 levels on both sides": (deep(10_000), deep(9_999)),
    "600 levels": (deep(600), {"type": "array"}),
    "600 levels of allOf": ({"type": "integer"}, below(600)),
    "a choice of a choice of a choice": (
        {
            "allOf": [
                {"oneOf": [{"required": [f"p{i}"]}, {"required": [f"q{i}"]}, {"minProperties": i}]} for i in range(30)
            ]
        },
        {"maxProperties": 3},
    ),
    "three-colouring": (
        {
            "required": [f"v{i}" for i in range(40)],
            "additionalProperties": {"enum": [1, 2, 3]},
            "allOf": [
                {
                    "anyOf": [
                        {"properties": {f"v{i}": {"const": c}, f"v{(i * 7 + 3) % 40}": {"not": {"const": c}}}}
                        for c in (1, 2, 3)
                    ]
                }
                for i in range(40)
            ],
            "type": "object",
        },
        {"minProperties": 41},
    ),
    "a pattern with a large automaton": ({"pattern": "(a|b)*a(a|b){200}$"}, {"pattern": "(a|b)*b(a|b){199}$"}),
    "repetitions of repetitions": ({"pattern": "^(((a{0,100}){0,100}){0,100}){0,100}b$"}, {"pattern": "^c"}),
    "a very long array": ({"type": "array", "minItems": 10**9}, {"maxItems": 3}),
    "a very long text": ({"type": "string", "minLength": 10**9}, {"maxLength": 3}),
    "very many properties": ({"type": "object", "minProperties": 10**9}, {"maxProperties": 3}),
    "very many different items": ({"type": "array", "minItems": 10**6, "uniqueItems": True}, {"maxItems": 3}),
    "a number with a huge exponent": ({"minimum": Decimal("1e999999999")}, {"minimum": 3}),
    "a huge factor": ({"multipleOf": 10**400 + 1, "not": {"multipleOf": 10**300 + 7}}, {"maximum": 3}),
    "contains of contains": (
        {
            "type": "array",
            "allOf": [{"contains": {"multipleOf": i}, "minContains": i, "maxContains": i + 1} for i in range(2, 12)],
        },
        {"maxItems": 5},
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_question_ends_in_time(name: str) -> None:
    began = time.monotonic()
    verdict = ask_safely("includes", *HOSTILE[name], options=Options(seconds=1.0))
    assert isinstance(verdict, Proven | Refuted | Undecided)
    assert time.monotonic() - began < 30  # the limit is 1.5 s, beside the start of a worker on a busy machine


def test_deep_nesting_is_no_obstacle_in_this_process_either() -> None:
    assert isinstance(includes(deep(10_000), {}), Proven | Undecided)
    assert isinstance(includes(deep(600), {"type": "array"}), Refuted)


def test_a_worker_that_runs_late_is_killed_and_the_next_question_is_answered() -> None:
    late = ask_safely("includes", *HOSTILE["three-colouring"], options=Options(seconds=0.0))
    assert isinstance(late, Undecided)
    assert late.reason == "budget"
    assert ask_safely("includes", {"type": "integer"}, {"type": "number"}) == Proven()


def test_a_worker_keeps_to_its_memory() -> None:
    many = {"enum": [f"{i:0100}" for i in range(400_000)]}
    verdict = ask_safely("includes", many, {"type": "integer"}, options=Options(seconds=20, memory=100 * 1024 * 1024))
    assert isinstance(verdict, Undecided)
    assert verdict.reason == "budget"


def test_a_worker_answers_like_the_process_itself() -> None:
    a = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
    b = {"type": "object", "properties": {"x": {"type": "integer", "minimum": 1}}, "required": ["x", "y"]}
    both = SafeComparison(a, b)
    assert both.includes() == includes(a, b)
    assert both.includes("/properties/x", "/properties/x") == Refuted(
        0, "/properties/x", "/properties/x/minimum", "minimum"
    )
    assert [answer.b_pointer for answer in both.breaks() if isinstance(answer, Refuted)] == [
        "/properties/x/minimum",
        "/required/1",
    ]
    assert isinstance(ask_safely("equivalent", a, a), Proven)
    assert ask_safely("satisfiable", a).instance == {"x": 0}


def test_breaks_below_a_reference_that_leads_away_are_undecided_and_raise_nothing() -> None:
    away = {"properties": {"x": {"$ref": "https://example.org/x.json"}}, "required": ["y"]}
    found = list(breaks({"type": "object"}, away))
    assert [answer.b_pointer for answer in found if isinstance(answer, Refuted)] == ["/required"]
    assert {answer.reason for answer in found if isinstance(answer, Undecided)} == {"remote-reference"}
    assert ask_safely("breaks", {"type": "object"}, away) == found


def test_a_pattern_with_a_very_long_word_ends_in_time_in_this_process_too() -> None:
    began = time.monotonic()
    verdict = includes(
        {"pattern": "(x{1000}){1000}", "type": "string"}, {"type": "object"}, options=Options(seconds=1.0)
    )
    assert isinstance(verdict, Undecided)
    assert verdict.reason == "budget"
    assert (
        time.monotonic() - began < 30
    )  # about 2 s; it was ten times as much when the reference had no limit of its own
