"""Every case of small domains, where the truth can be counted: no wrong answer, and hardly one missing."""

from __future__ import annotations

import os

import pytest
from adversary.exact import dumps
from adversary.law import LAWS

import penstock_contracts as contracts

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
MOST = 1_000_000 if DEEP else 600
pytestmark = [pytest.mark.deep] if DEEP else []
MISSING = 0.002


@pytest.mark.parametrize("name", sorted(LAWS))
def test_the_answer_is_what_counting_says(name: str) -> None:
    questions = list(LAWS[name]())
    stride = max(1, len(questions) // MOST) | 1  # odd, so that the cases left out are not always of one kind
    wrong, missing = [], []
    for a, b, expected in questions[::stride]:
        verdict = contracts.includes(a, b)
        if isinstance(verdict, contracts.Undecided):
            missing.append(f"{verdict}: {dumps(a)} < {dumps(b)}")
        elif isinstance(verdict, contracts.Proven) is not expected:
            wrong.append(f"{verdict}: {dumps(a)} < {dumps(b)}")
    assert not wrong, "\n".join(wrong[:10])
    assert len(missing) <= MISSING * len(questions[::stride]), "\n".join(missing[:10])
