"""Ask policies, in their order, and fall back to the safe default of the point when one of them is at fault.

Takes:   a `PolicySet`, what policies remember, facts.
Gives:   `Council`: one decision, whoever was asked; `NodeRules`, what holds for one node; `Faults`, counted and told.
Ignores: what a decision leads to (`ledger.py`, `intake.py`, `inbox.py`), records.

A policy is at fault when it raises, answers what is no answer, takes longer than its budget, or hangs.  None of this
ever drops a record: at `failure` the default decides (retry, then dead-letter), elsewhere the policy has no opinion.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from time import perf_counter
from typing import Any

from msgspec.structs import force_setattr

from penstock._engine.clock import Clock
from penstock._engine.failure import RetryThenDeadLetter, is_name, plain
from penstock._engine.partitions import logical
from penstock._engine.remembering import Memories
from penstock._engine.watch import Hung, Watch
from penstock.bindings import Bound, PolicySet
from penstock.decisions import (
    DeadLetter,
    Decision,
    Delay,
    Divert,
    DropIt,
    FailRun,
    FailureRule,
    Proceed,
)  # fmt: skip  # a table of names reads better in two lines
from penstock.points import Arrival, Completion, Dispatch, Failure, Memory, Overflow, Settlement
from penstock_findings import PenstockError

_log = logging.getLogger("penstock.policy")
_INTERVAL = 60.0  # seconds of the run's clock between two reports of one fault
_LONGEST = 1e9  # seconds
NOTHING: dict[Any, Any] = {}  # nobody writes into it
_ALL = (Proceed, Delay, DropIt, Divert, DeadLetter, FailRun)
_ANSWERS: dict[str, tuple[type, ...]] = {  # point -> what may be answered there
    "admit": _ALL,
    "overflow": _ALL,
    "dispatch": _ALL,
    "failure": _ALL,
    "completion": (Proceed, FailRun),
    "settle": (Proceed, Delay, FailRun),
}
_SINGLE: dict[str, tuple[type, ...]] = {  # point -> what may be answered there for one record among others
    "admit": (Proceed, DropIt, Divert, DeadLetter),
    "overflow": (Proceed, DropIt, Divert, DeadLetter),
    "dispatch": (Proceed, Delay, DropIt, Divert, DeadLetter),
}
_ROUTES = (Proceed, Divert, DeadLetter, DropIt, FailRun)  # where a record may go instead of becoming a dead letter
DEFAULT = RetryThenDeadLetter()
PROCEED = Proceed()


class RunFailed(PenstockError):
    """A policy has decided that the run must stop; the record stays where it was."""

    code = "R205"
    exit_code = 3


def _stop(voice: Voice, decision: FailRun) -> RunFailed:
    return RunFailed(f"policy `{voice.name}` stops the run: {decision.reason}")


@dataclass(slots=True)
class Voice:
    """One policy, ready to be asked at one point."""

    name: str
    point: str
    answer: Callable[[Any], Any]
    memory: Memory
    holds: bool = False  # it has held something back at this node, or may soon: it is asked before something is pulled
    trusted: object = PROCEED  # the last answer that was looked at, for those who always give the same one


@dataclass(slots=True)
class NodeRules:
    """What holds for one node until the policies are exchanged."""

    admit: tuple[Voice, ...] = ()
    dispatch: tuple[Voice, ...] = ()
    failure: tuple[Voice, ...] = ()
    completion: tuple[Voice, ...] = ()
    own: tuple[FailureRule, ...] = ()
    offered: tuple[FailureRule, ...] = ()
    concurrency: int | None = None


@dataclass(slots=True)
class Faults:
    """What policies did wrong: counted each time, told once in a while."""

    clock: Clock
    tell: Callable[[dict[str, Any]], None]
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # that no commit has taken yet
    _told: dict[tuple[str, str, str], float] = field(default_factory=dict)
    _since: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def report(self, policy: str, point: str, fault: str, detail: str) -> None:
        """Count a fault, and say so unless that was said within the last minute."""
        what = (policy, point, fault)
        self.counts[f"policy {policy}", "fault", fault] += 1
        self._since[what] += 1
        now = self.clock.now()
        if now - self._told.get(what, float("-inf")) < _INTERVAL:
            return
        self._told[what] = now
        n, self._since[what] = self._since[what], 0
        _log.error("policy `%s` at `%s` is at fault (%s, %d times): %s", policy, point, fault, n, detail)
        self.tell({"policy": policy, "point": point, "fault": fault, "n": n, "detail": detail})


class Council:
    """Everybody who may be asked, as one `PolicySet` has bound them."""

    def __init__(
        self,
        policies: PolicySet,
        nodes: Iterable[str],
        channels: Iterable[str],
        memories: Memories,
        faults: Faults,
        watch: Watch,
        *,
        budget: float | None,
        concurrency: int | None,
    ) -> None:
        self.policies = policies
        self._concurrency = concurrency  # of nodes that the numbers do not name
        self._memories = memories
        self.written = memories.written  # not empty: what policies remember durably has to go with a step
        self._faults = faults
        self._watch = watch
        self._budget = float("inf") if budget is None else budget  # seconds for one decision
        self._in_use: list[Memory] = []
        self._anybody_holds = False  # whether any voice does
        self.nodes = {id: self._rules(logical(id)) for id in nodes}
        self.overflow = {name: voices for name in channels if (voices := self._voices(logical(name), "overflow"))}
        self.settle = self._voices("*", "settle")
        memories.keep(self._in_use)

    def _rules(self, node: str) -> NodeRules:
        admit, dispatch, failure, completion = (
            self._voices(node, point) for point in ("admit", "dispatch", "failure", "completion")
        )
        return NodeRules(
            admit, dispatch, failure, completion,
            own=self.policies.rules.get(node, ()),
            offered=self.policies.offered,
            concurrency=self.policies.numbers.concurrency.get(node) or self._concurrency,
        )  # fmt: skip  # in the order of the fields

    def _voices(self, subject: str, point: str) -> tuple[Voice, ...]:
        return tuple(self._voice(bound, subject, point) for bound in self.policies.at(subject, point))

    def _voice(self, bound: Bound, subject: str, point: str) -> Voice:
        answer = getattr(bound.policy, point, None) or bound.policy.decide
        try:
            memory = self._memories.of(bound, subject)
        except Exception as error:  # `memory_name` is the author's; without a name it has a memory of its own
            self._faults.report(bound.name, point, "raised", plain(f"memory_name: {error!r}"))
            memory = {}
        self._in_use.append(memory)
        return Voice(bound.name, point, answer, memory)

    # -- one question -------------------------------------------------------------------------------------------

    def _ask(self, voice: Voice, facts: Any, allowed: tuple[type, ...], hidden: int = 0, n: int = 0) -> Any:
        """The answer, checked; None when the policy is at fault. Call it between `arm` and `disarm` of the watch.

        Records that an answer may name are numbered from `-hidden` to `n`.
        """
        begun = perf_counter()
        try:
            answer = voice.answer(facts)
        except Exception as error:  # whatever a policy raises, the record must not suffer
            return self._raised(voice, error)
        return self._checked(voice, answer, perf_counter() - begun, allowed, hidden, n)

    def _raised(self, voice: Voice, error: Exception) -> None:
        self._faults.report(voice.name, voice.point, "raised", plain(f"{type(error).__name__}: {plain(error)}"))

    def _checked(
        self, voice: Voice, answer: Any, took: float, allowed: tuple[type, ...], hidden: int = 0, n: int = 0
    ) -> Any:
        """An answer that took so long, if it is one; None when the policy is at fault."""
        if took > self._budget:
            self._faults.report(voice.name, voice.point, "slow", f"{took:.3f} s for one decision")
            return None
        if answer is voice.trusted:
            return answer
        if answer.__class__ is Proceed:
            if answer.at_most is answer.concurrency is answer.deadline is answer.hedge_after is None:
                return PROCEED
            if voice.point == "dispatch" and _are_limits(answer):
                voice.trusted = answer
                return answer
        elif isinstance(answer, Mapping):
            if voice.point in _SINGLE and _fits(answer, _SINGLE[voice.point], range(-hidden, n)):
                return answer
        elif _is_answer(answer, allowed):
            return answer
        self._faults.report(voice.name, voice.point, "nonsense", plain(f"answered {plain(answer, 300, repr)}"))
        return None

    def _heard(self, voice: Voice, facts: Any, hidden: int = 0, n: int = 0) -> Any:
        """One question on its own, with the watch around it."""
        watch = self._watch
        try:
            watch.arm()
            try:
                return self._ask(voice, facts, _ANSWERS[voice.point], hidden, n)
            finally:
                watch.disarm()
        except Hung:
            watch.disarm()
            self._hung(voice)
            return None

    def _hung(self, voice: Voice) -> None:
        self._faults.report(voice.name, voice.point, "hung", f"no answer within {self._watch.limit} s")

    # -- the points ---------------------------------------------------------------------------------------------

    def failure(self, voices: Sequence[Voice], failure: Failure) -> Decision:
        """What becomes of a failed attempt; the default decides when nobody else does, or somebody is at fault."""
        if not voices:
            return DEFAULT.failure(failure)
        decision: Decision | None = None
        at = len(voices)
        for number, voice in enumerate(voices):
            answer = self._heard(voice, replace(failure, memory=voice.memory))
            if answer is None or not isinstance(answer, Proceed):
                decision, at = answer, number
                break
        if decision is None:
            decision = DEFAULT.failure(failure)
        for voice in reversed(voices[:at]):
            if not isinstance(decision, DeadLetter):
                break
            answer = self._heard(voice, replace(failure, memory=voice.memory, verdict=decision))
            if answer is not None and not isinstance(answer, _ROUTES):
                self._faults.report(voice.name, "failure", "nonsense", plain(f"routed a dead letter to {answer!r}"))
            elif answer is not None and not isinstance(answer, Proceed):
                decision = answer
        return decision

    def pull(self, path: Sequence[str], wanted: int, now: float, in_flight: Callable[[str], int]) -> tuple[int, float]:
        """How many records may be taken now for these nodes, and for how many seconds none, when it is 0.

        Asked are those who have held something back at one of these nodes, or who watch a node that has had failures:
        for the others it is soon enough to be asked when there are records.
        """
        if not self._anybody_holds:
            return wanted, 0.0
        asked = [
            (node, voice)
            for node in path
            if (rules := self.nodes[node]).dispatch
            for voice in rules.dispatch
            if voice.holds
        ]
        if not asked:
            return wanted, 0.0
        at_most = wanted
        watch = self._watch
        allowed = _ANSWERS["dispatch"]
        left = iter(asked)
        while True:
            try:
                watch.arm()
                try:
                    for node, voice in left:
                        facts = Dispatch(logical(node), True, (), at_most, now, in_flight(node), voice.memory)
                        answer = self._ask(voice, facts, allowed)
                        if answer is None or answer is PROCEED:
                            continue
                        if answer.__class__ is Proceed:
                            if answer.at_most is not None and answer.at_most < at_most:
                                at_most = answer.at_most
                        elif isinstance(answer, Delay):
                            return 0, answer.after
                        elif isinstance(answer, FailRun):
                            raise _stop(voice, answer)
                    return at_most, 0.0 if at_most else 1.0
                finally:
                    watch.disarm()
            except Hung:
                watch.disarm()
                self._hung(voice)

    def dispatch(
        self, node: str, records: Sequence[Any], now: float, in_flight: int
    ) -> tuple[Proceed, Mapping[int, tuple[Decision, str]]]:
        """The limits for an attempt at these records, and what becomes of those that are not attempted: why, by whom."""
        limits = PROCEED
        fates: dict[int, tuple[Decision, str]] = NOTHING
        left: Sequence[int] = range(len(records))
        some = records
        name = logical(node)
        facts = Dispatch(name, False, records, len(records), now, in_flight, NOTHING)
        allowed, budget = _ANSWERS["dispatch"], self._budget
        watch = self._watch
        voices = iter(self.nodes[node].dispatch)
        voice: Voice
        while True:
            try:
                watch.arm()
                try:
                    for voice in voices:  # as in `_ask`, without a call for those who have nothing to say
                        force_setattr(facts, "memory", voice.memory)
                        begun = perf_counter()
                        try:
                            answer = voice.answer(facts)
                        except Exception as error:  # whatever a policy raises, the record must not suffer
                            self._raised(voice, error)
                            continue
                        took = perf_counter() - begun
                        if (
                            answer.__class__ is Proceed
                            and took <= budget
                            and answer.at_most is answer.deadline is answer.concurrency is answer.hedge_after is None
                        ):
                            continue
                        answer = self._checked(voice, answer, took, allowed, 0, len(some))
                        if answer is None or answer is PROCEED:
                            continue
                        if answer.__class__ is Proceed:
                            if answer.at_most is not None:
                                voice.holds = self._anybody_holds = True
                                if (
                                    answer.at_most >= len(some)
                                    and answer.deadline is answer.concurrency is answer.hedge_after is None
                                ):
                                    continue
                            elif limits is PROCEED:
                                limits = answer
                                continue
                        else:
                            voice.holds = self._anybody_holds = True
                        limits, gone = _parted(answer, limits, len(some))
                        if isinstance(answer, FailRun):
                            raise _stop(voice, answer)
                        if gone:
                            fates = {**fates, **{left[at]: (one, voice.name) for at, one in gone.items()}}
                            left = [left[at] for at in range(len(some)) if at not in gone]
                            some = [records[at] for at in left]
                            if not some:
                                break
                            facts = Dispatch(name, False, some, len(some), now, in_flight, NOTHING)
                    return limits, fates
                finally:
                    watch.disarm()
            except Hung:
                watch.disarm()
                self._hung(voice)

    def completion(self, rules: NodeRules, facts: Completion) -> None:
        """Tell everybody how a batch went; raises `RunFailed` when one of them wants the run to end."""
        if facts.failed:
            for voice in rules.dispatch:
                voice.holds = self._anybody_holds = True
        watch = self._watch
        voices = iter(rules.completion)
        while True:
            try:
                watch.arm()
                try:
                    for voice in voices:
                        force_setattr(facts, "memory", voice.memory)
                        answer = self._ask(voice, facts, _ANSWERS["completion"])
                        if isinstance(answer, FailRun):
                            raise _stop(voice, answer)
                    return
                finally:
                    watch.disarm()
            except Hung:
                watch.disarm()
                self._hung(voice)

    def admit(self, voice: Voice, facts: Arrival) -> Decision | Mapping[int, Decision]:
        """What one policy says to a batch that was read."""
        force_setattr(facts, "memory", voice.memory)
        answer = self._heard(voice, facts, n=len(facts.records))
        return PROCEED if answer is None else answer

    def full(self, channel: str, facts: Overflow) -> tuple[Decision | Mapping[int, Decision], str]:
        """What to do with what a channel has no room for, and who said so."""
        hidden = facts.waiting + facts.offered - len(facts.records)
        for voice in self.overflow.get(channel, ()):
            force_setattr(facts, "memory", voice.memory)
            answer = self._heard(voice, facts, hidden, len(facts.records))
            if isinstance(answer, FailRun):
                raise _stop(voice, answer)
            if answer is not None and not isinstance(answer, Proceed):
                return answer, voice.name
        return Delay(0.0), ""

    def settled(self, facts: Settlement) -> float:
        """For how many seconds to collect more before what is finished is committed."""
        wait = 0.0
        for voice in self.settle:
            force_setattr(facts, "memory", voice.memory)
            answer = self._heard(voice, facts)
            if isinstance(answer, FailRun):
                raise _stop(voice, answer)
            if isinstance(answer, Delay):
                wait = max(wait, answer.after)
        return wait


def _is_answer(answer: Any, allowed: tuple[type, ...]) -> bool:
    if not isinstance(answer, allowed):
        return False
    if isinstance(answer, Delay):
        after: Any = answer.after
        return isinstance(after, (int, float)) and 0 <= after < _LONGEST
    if isinstance(answer, Proceed):
        return answer == PROCEED or _are_limits(answer)
    said = (getattr(answer, "reason", None), answer.channel if isinstance(answer, Divert) else "")
    return all(map(is_name, said))


def _are_limits(answer: Proceed) -> bool:
    n: Any = answer.at_most
    if n is not None and not (n.__class__ is int and n >= 0):
        return False
    n = answer.concurrency
    if n is not None and not (n.__class__ is int and n >= 1):
        return False
    seconds: Any = answer.deadline
    if seconds is not None and not _is_time(seconds):
        return False
    seconds = answer.hedge_after
    return seconds is None or _is_time(seconds)


def _is_time(seconds: Any) -> bool:
    return isinstance(seconds, (int, float)) and isfinite(seconds) and seconds > 0


def _parted(answer: Any, limits: Proceed, n: int) -> tuple[Proceed, Mapping[int, Decision]]:
    """What an answer at `dispatch` means for `n` records: the limits from now on, and who is not attempted."""
    if answer.__class__ is Proceed:
        if answer.deadline is not None or answer.concurrency is not None or answer.hedge_after is not None:
            limits = answer if limits is PROCEED else _strictest(limits, answer)
        if answer.at_most is None or answer.at_most >= n:
            return limits, NOTHING
        return limits, dict.fromkeys(range(answer.at_most, n), Delay(0.0))
    if isinstance(answer, Mapping):
        for one in {id(one): one for one in answer.values() if isinstance(one, Proceed)}.values():
            limits = _strictest(limits, one)
        return limits, {at: one for at, one in answer.items() if not isinstance(one, Proceed)}
    return limits, dict.fromkeys(range(n), answer)


def _fits(answer: Mapping[Any, Any], allowed: tuple[type, ...], indices: range) -> bool:
    try:
        return all(type(at) is int and at in indices and _is_answer(one, allowed) for at, one in answer.items())
    except Exception:  # a mapping of the author's own making
        return False


def _strictest(one: Proceed, other: Proceed) -> Proceed:
    def least(a: Any, b: Any) -> Any:
        return b if a is None else a if b is None else min(a, b)

    return Proceed(
        least(one.at_most, other.at_most), least(one.concurrency, other.concurrency),
        least(one.deadline, other.deadline), least(one.hedge_after, other.hedge_after),
    )  # fmt: skip  # in the order of the fields
