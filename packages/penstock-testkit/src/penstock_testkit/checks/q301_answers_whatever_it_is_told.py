"""Q301: a policy raises, or gives an answer that means nothing at its decision point.

Why: The runtime then does what is safe at that point, and counts a fault; the policy that the operator has chosen is not
the one that decides. Each point has its own answers: nobody can dead-letter a commit.
Bad:   `return "drop"`, or `Delay(after=-1)`, or an index that is not among the records.
Good:  `Proceed()` when it has no opinion, and at `dispatch` and `admit` decisions by index: `{2: DropIt("stale")}`.
"""

from __future__ import annotations

import math
from typing import Any

from penstock.decisions import DeadLetter, Delay, Divert, DropIt, FailRun, Proceed
from penstock.points import Arrival, Dispatch, Overflow
from penstock.testing import Facts
from penstock_testkit.question import Broken, PolicyCheck
from penstock_testkit.telling import PolicySubject, Raised, Story, tell

_ENDS = (DropIt, Divert, DeadLetter)
_ALLOWED: dict[str, tuple[type, ...]] = {
    "admit": (Proceed, Delay, *_ENDS, FailRun),
    "overflow": (Proceed, Delay, *_ENDS, FailRun),
    "dispatch": (Proceed, Delay, *_ENDS, FailRun),
    "failure": (Proceed, Delay, *_ENDS, FailRun),
    "completion": (Proceed, FailRun),
    "settle": (Proceed, Delay, FailRun),
}
_BY_INDEX = (Arrival, Dispatch, Overflow)


def examine(subject: PolicySubject, story: Story) -> None:
    """Look at every answer."""
    made, memory = subject.make(), dict[str, Any]()
    for point, facts in story:
        try:
            (answer,) = tell(made, [(point, facts)], memory)
        except Raised as raised:
            raise Broken(str(raised), hint="`return Proceed()`") from raised.__cause__
        if wrong := _wrong(point, facts, answer):
            raise Broken(f"answers {answer!r} at `{point}`: {wrong}", hint=f"told {facts}")


def _wrong(point: str, facts: Facts, answer: Any) -> str:
    if isinstance(answer, dict) and isinstance(facts, _BY_INDEX):
        hidden = -len(facts.oldest()) if isinstance(facts, Overflow) else 0
        odd = [at for at in answer if not isinstance(at, int) or not hidden <= at < len(facts.records)]
        if odd:
            return f"there is no record {odd[0]!r}"
        return next((wrong for each in answer.values() if (wrong := _wrong_one(point, each))), "")
    return _wrong_one(point, answer)


def _wrong_one(point: str, answer: Any) -> str:
    if not isinstance(answer, _ALLOWED[point]):
        return f"only {', '.join(kind.__name__ for kind in _ALLOWED[point])} mean something there"
    if isinstance(answer, Delay) and not (0 <= answer.after < math.inf):
        return "seconds to wait are 0 or more"
    return "" if isinstance(getattr(answer, "reason", ""), str) else "a reason is text"


CHECK = PolicyCheck("Q301", "answers whatever it is told", examine)
