"""The labels of the corpus, checked without the engine: by stated values and by sampled ones, which the reference validator judges."""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest
from adversary.corpus import NOTHING, Question, pairs, questions
from adversary.exact import dumps
from adversary.sample import Sampler

QUESTIONS = questions()
PAIRS = dict(pairs())
DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
SAMPLES = 1500 if DEEP else 6
pytestmark = [pytest.mark.deep] if DEEP else []
BY_FAMILY = {name.rpartition("-")[0] for name in PAIRS}


def of(family: str) -> list[Question]:
    return [question for question in QUESTIONS if question.name.startswith(f"{family}-")]


@pytest.mark.parametrize("family", sorted(BY_FAMILY))
def test_a_break_is_shown_by_the_value_that_the_corpus_states(family: str) -> None:
    wrong = []
    for question in of(family):
        if not question.expected:
            assert question.witness is not NOTHING, f"{question.name} states no value"
            a, b = question.judges()
            if not a.accepts(question.witness) or b.accepts(question.witness):
                wrong.append((question.name, dumps(question.witness)))
    assert not wrong


@pytest.mark.parametrize("family", sorted(BY_FAMILY))
def test_no_sampled_value_contradicts_an_inclusion(family: str) -> None:
    wrong = []
    for question in of(family):
        if question.expected and _sayable(question.a) and _sayable(question.b):
            a, b = question.judges()
            values = Sampler([question.a, question.b], Random(question.name)).values(SAMPLES)
            wrong += [(question.name, dumps(value)) for value in values if a.accepts(value) and not b.accepts(value)]
    assert not wrong


def _sayable(schema: Any) -> bool:
    """The judge reads categories by listing a million characters: once is enough, among the stated values."""
    return "\\\\p{" not in dumps(schema)


def test_every_pair_is_there_once_and_says_why() -> None:
    seen: dict[str, str] = {}
    for name, pair in PAIRS.items():
        key = dumps([pair["a"], pair["b"], pair.get("drafts"), pair.get("formats")])
        assert key not in seen, f"{name} is {seen[key]}"
        seen[key] = name
        assert pair["why"].strip()


def test_there_are_enough_of_them() -> None:
    assert len(PAIRS) >= 450
    assert 2 * len(PAIRS) >= 900
