"""The engine answers the labelled corpus: no answer is wrong, hardly any is missing, and every break is shown by a confirmed value."""

from __future__ import annotations

from decimal import Decimal

import pytest
from adversary.corpus import Question, questions
from adversary.inquiry import UNDECIDED, Answer, inquire

QUESTIONS = questions()
FAMILIES = sorted({question.name.partition(" ")[0].rpartition("-")[0] for question in QUESTIONS})
DECIDED = 0.99


def asked(question: Question) -> Answer:
    told = {"formats": question.formats, "store": question.store, "expected": question.expected}
    return inquire(question.a, question.b, samples=0, **told)


@pytest.fixture(scope="module")
def answers() -> dict[str, Answer]:
    return {question.name: asked(question) for question in QUESTIONS}


@pytest.mark.parametrize("family", FAMILIES)
def test_no_answer_is_wrong(family: str, answers: dict[str, Answer]) -> None:
    wrong = {name: answer.wrong for name, answer in answers.items() if name.startswith(f"{family}-") and answer.wrong}
    assert not wrong


def test_hardly_any_answer_is_missing(answers: dict[str, Answer]) -> None:
    missing = {name: answer.reason for name, answer in answers.items() if answer.kind == UNDECIDED}
    assert len(missing) <= (1 - DECIDED) * len(answers), missing


def test_both_schemas_may_hold_binary_floats() -> None:
    """People read schemas with `json.load`: 0.1 in a schema is a tenth, however it came."""
    wrong = []
    for question in QUESTIONS:
        if question.name.startswith("numbers-") and not _too_fine(question):
            told = inquire(_floating(question.a), _floating(question.b), samples=0)
            expected = "proven" if question.expected else "refuted"
            if told.kind != expected:
                wrong.append(f"{question.name}: {told}")
    assert not wrong


def _floating(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [_floating(each) for each in value]
    return {key: _floating(each) for key, each in value.items()} if isinstance(value, dict) else value


def _too_fine(question: Question) -> bool:
    """Whether a float cannot hold what the schemas say."""
    return "not the double next to it" in question.why
