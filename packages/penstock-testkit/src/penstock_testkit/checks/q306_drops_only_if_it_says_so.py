"""Q306: a policy drops records and does not say that it may.

Why: `penstock check` warns an operator who binds a dropping policy where nothing may be lost; it knows by the manifest, from
what `@policy(..., drops=...)` says.
Bad:   `@policy("shed", drops=False)` with an answer `DropIt("late")`.
Good:  `drops=True`, or `drops={"then": ("drop",)}` when a setting decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from penstock.decisions import DropIt
from penstock_testkit.question import Broken, PolicyCheck
from penstock_testkit.telling import PolicySubject, Story, tell


def examine(subject: PolicySubject, story: Story) -> None:
    """Look for drops where there should be none."""
    if _may_drop(subject):
        return
    for decision in _each(tell(subject.make(), story)):
        if isinstance(decision, DropIt):
            raise Broken(f"answers {decision} and says `drops={subject.spec.drops}`", hint="say that it may drop")


def _may_drop(subject: PolicySubject) -> bool:
    said = subject.spec.drops
    if not isinstance(said, Mapping):
        return said is not False
    made = subject.make()
    return any(getattr(made, name, None) in values for name, values in said.items())


def _each(answers: Iterable[Any]) -> Iterable[Any]:
    for answer in answers:
        yield from answer.values() if isinstance(answer, dict) else (answer,)


CHECK = PolicyCheck("Q306", "drops only if it says so", examine)
