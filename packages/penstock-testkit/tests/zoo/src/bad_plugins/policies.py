"""Policies that each break one promise."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

from penstock import DeadLetter, Decision, Delay, Dispatch, DropIt, Failure, Proceed, policy

# -- Q301: answers whatever it is told


@policy("divides-by-the-attempt")
class DividesByTheAttempt:
    """Raises at one attempt."""

    def failure(self, failure: Failure) -> Decision:
        return Delay(1 / (failure.attempt - 1))


@policy("answers-a-word")
class AnswersAWord:
    """Says what it means in plain text."""

    def failure(self, failure: Failure) -> Any:
        return "retry"


@policy("waits-less-than-nothing")
class WaitsLessThanNothing:
    """Takes the age off the wait."""

    def failure(self, failure: Failure) -> Decision:
        return Delay(10 - failure.age)


@policy("names-records-that-are-not-there")
class NamesRecordsThatAreNotThere:
    """Counts from one."""

    def dispatch(self, facts: Dispatch) -> Any:
        return {at + 1: DeadLetter("late") for at in range(len(facts.records))} or Proceed()


@policy("delays-a-completion")
class DelaysACompletion:
    """Wants to wait where nothing can wait."""

    def completion(self, facts: Any) -> Any:
        return Delay(1.0) if facts.failed else Proceed()


# -- Q302: decides the same again


@policy("counts-failures-for-itself")
class CountsFailuresForItself:
    """Remembers in an attribute."""

    def __post_init__(self) -> None:
        self.n = 0

    def failure(self, failure: Failure) -> Decision:
        self.n += 1
        return DeadLetter("enough") if self.n > 1 else Delay(1.0)


@policy("remembers-in-its-module")
class RemembersInItsModule:
    """Takes turns with whoever is bound elsewhere."""

    def dispatch(self, facts: Dispatch) -> Any:
        _TURNS.append(len(_TURNS))
        return Proceed(at_most=_TURNS[-1])


_TURNS: list[int] = []

# -- Q303: leaves what it is told


@policy("marks-what-it-sees")
class MarksWhatItSees:
    """Writes into payloads."""

    def dispatch(self, facts: Dispatch) -> Any:
        for record in facts.records:
            if isinstance(record.payload, dict):
                record.payload["seen"] = True
        return Proceed()


# -- Q304: comes to an end


@policy("waits-for-nobody")
class WaitsForNobody:
    """Waits for a sign that nobody gives, and gives up too late."""

    def failure(self, failure: Failure) -> Decision:
        threading.Event().wait(3.0)
        return Proceed()


# -- Q305: asks nobody but the facts


@policy("looks-at-its-watch")
class LooksAtItsWatch:
    """Knows better what time it is."""

    def failure(self, failure: Failure) -> Decision:
        return Delay(1.0 if time.time() < 4e9 else 2.0)


@policy("throws-dice-for-jitter")
class ThrowsDiceForJitter:
    """Has dice of its own, and does not use what they say."""

    def failure(self, failure: Failure) -> Decision:
        return Delay(1.0 if random.random() < 2 else 2.0)


# -- Q306: drops only if it says so


@policy("drops-in-silence", drops=False)
class DropsInSilence:
    """Says that it never drops."""

    def failure(self, failure: Failure) -> Decision:
        return DropIt("old") if failure.attempt > 3 else Delay(1.0)


@policy("drops-by-another-setting", drops={"then": ("drop",)})
class DropsByAnotherSetting:
    """Says that `then` decides, and drops anyway."""

    then: str = "dead-letter"

    def failure(self, failure: Failure) -> Decision:
        return DropIt("any") if failure.attempt > 3 else DeadLetter(self.then)


# -- Q307: remembers what can be kept


@policy("remembers-a-set", durable=True)
class RemembersASet:
    """Keeps what JSON has no word for."""

    def failure(self, failure: Failure) -> Decision:
        memory: Any = failure.memory
        memory["seen"] = {*memory.get("seen", ()), failure.record_id}
        return Delay(1.0)
