"""Random and edited pairs of schemas, all keywords, five drafts: no answer is wrong, and few are missing.

Deep asks more than 200,000 questions, new ones each time; a wrong answer is printed with its seed and both schemas, and
`PENSTOCK_SEED` asks the same again.
"""

from __future__ import annotations

import os
import time

import pytest
from adversary.inquiry import Tally
from adversary.trial import LAWS, trial

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
FIRST = int(os.environ.get("PENSTOCK_SEED", time.time_ns() // 1_000_000 if DEEP else 0))
pytestmark = [pytest.mark.deep] if DEEP else []
CHUNKS, TRIALS = (200, 600) if DEEP else (4, 250)  # about 2.1 questions a trial


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_answer_is_wrong(chunk: int) -> None:
    tally = Tally()
    for seed in range(FIRST + chunk * TRIALS, FIRST + (chunk + 1) * TRIALS):
        trial(seed, tally)
    assert not tally.wrong, "\n".join(sorted(tally.wrong, key=len)[:5])
    assert tally.asked > TRIALS
    assert tally.decided > 0.98, tally.counts


def test_every_law_is_tried() -> None:
    assert {law.__name__ for law in LAWS} >= {
        *("releases", "strangers", "small_worlds", "other_words", "order", "within", "existence", "all_breaks"),
        *("patterns", "trees", "garbage", "antisymmetric"),
    }
