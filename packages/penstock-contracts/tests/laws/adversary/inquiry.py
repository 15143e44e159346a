"""One question to the engine, and its answer judged by the reference validator.

Takes:   two schemas.
Gives:   `inquire(a, b)`: what was answered, how long it took, and in which way it is wrong, if it is.
Ignores: why.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import penstock_contracts as contracts
from adversary.exact import dumps, exactly
from adversary.judge import Judge
from adversary.sample import Sampler

PROVEN, REFUTED, UNDECIDED = "proven", "refuted", "undecided"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine said, and what is wrong with it."""

    kind: str
    seconds: float
    wrong: str = ""  # empty: nothing that we know of
    reason: str = ""  # of an undecided one
    witness: Any = None


@dataclass(slots=True)
class Tally:
    """Answers counted, and the wrong ones kept."""

    counts: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    odd: list[str] = field(
        default_factory=list
    )  # where we and the reference validator disagree, or a drawn schema is refused
    slowest: float = 0.0
    slow: str = ""

    def add(self, answer: Answer, words: Any) -> None:
        """Count one answer; `words` says which question it was, and is only used when the answer is worth keeping."""
        kind = f"{answer.kind} ({answer.reason})" if answer.reason else answer.kind
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if answer.wrong:
            self.wrong.append(f"{answer.wrong}: {dumps(words)}")
        if answer.reason in ("disagreement", "invalid-schema"):
            self.odd.append(f"{answer.reason}: {dumps(words)}")
        if answer.seconds > self.slowest:
            self.slowest, self.slow = answer.seconds, dumps(words)

    @property
    def asked(self) -> int:
        """How many questions."""
        return sum(count for kind, count in self.counts.items() if kind not in ("refused", "garbage answered"))

    @property
    def decided(self) -> float:
        """The share of them that was proven or refuted."""
        return sum(self.counts.get(kind, 0) for kind in (PROVEN, REFUTED)) / max(1, self.asked)


def inquire(
    a: Any,
    b: Any,
    *,
    rng: Random | None = None,
    samples: int = 24,
    probes: Iterable[Any] = (),
    formats: str = "annotation",
    store: Mapping[str, Any] | None = None,
    expected: bool | None = None,
    seconds: float = 2.0,
) -> Answer:
    """Ask whether every instance of `a` is one of `b`, and hold the answer against values and, where known, the truth."""
    options = contracts.Options(formats=formats, store=dict(store or {}), seconds=seconds)
    begun = time.perf_counter()
    verdict = contracts.includes(a, b, options=options)
    took = time.perf_counter() - begun
    if isinstance(verdict, contracts.Undecided):
        return Answer(UNDECIDED, took, reason=verdict.reason)
    judges = [Judge(each, formats=formats == "assertion", store=store) for each in (a, b)]
    if isinstance(verdict, contracts.Refuted):
        witness = exactly(verdict.witness)
        wrong = refuted_wrongly(judges[0].accepts(witness), judges[1].accepts(witness), witness)
        if expected is True:
            wrong = wrong or f"refuted what is true, by {dumps(witness)}"
        return Answer(REFUTED, took, wrong=wrong, witness=verdict.witness)
    if expected is False:
        return Answer(PROVEN, took, wrong="proven what is false")
    tried = Sampler([a, b], rng or Random(0)).values(samples)
    for value in (*probes, *tried):
        if judges[0].accepts(value) and not judges[1].accepts(value):
            return Answer(PROVEN, took, wrong=f"proven, but {dumps(value)}")
    return Answer(PROVEN, took)


def refuted_wrongly(in_a: bool, in_b: bool, witness: Any) -> str:
    """What is wrong with a witness."""
    if not in_a:
        return f"the witness {dumps(witness)} is not valid under a"
    return f"the witness {dumps(witness)} is valid under b" if in_b else ""
