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
NOTHING: dict[int, tuple[Decision, str]] = {}  # nobody writes into it
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
        self._faults = faults
        self._watch = watch
        self._budget = float("inf") if budget is None else budget  # seconds for one decision
        self._in_use: list[Memory] = []
        self.nodes = {id: self._rules(id) for id in nodes}
        self.overflow = {name: voices for name in channels if (voices := self._voices(name, "overflow"))}
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

    def _ask(self, voice: Voice, facts: Any, allowed: tuple[type, ...], indices: range | None = None) -> Any:
        """The answer, checked; None when the policy is at fault. Call it between `arm` and `disarm` of the watch."""
        begun = perf_counter()
        try:
            answer = voice.answer(facts)
        except Exception as error:  # whatever a policy raises, the record must not suffer
            self._faults.report(voice.name, voice.point, "raised", plain(f"{type(error).__name__}: {plain(error)}"))
            return None
        took = perf_counter() - begun
        if took > self._budget:
            self._faults.report(voice.name, voice.point, "slow", f"{took:.3f} s for one decision")
            return None
        if answer.__class__ is Proceed:
            if answer.at_most is answer.concurrency is answer.deadline is answer.hedge_after is None:
                return PROCEED
            if voice.point == "dispatch" and _are_limits(answer):
                return answer
        elif isinstance(answer, Mapping):
            if indices is not None and _fits(answer, _SINGLE[voice.point], indices):
                return answer
        elif _is_answer(answer, allowed):
            return answer
        self._faults.report(voice.name, voice.point, "nonsense", plain(f"answered {plain(answer, 300, repr)}"))
        return None

    def _heard(self, voice: Voice, facts: Any, indices: range | None = None) -> Any:
        """One question on its own, with the watch around it."""
        watch = self._watch
        try:
            watch.arm()
            try:
                return self._ask(voice, facts, _ANSWERS[voice.point], indices)
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
        """How many records may be taken now for these nodes, and for how many seconds none, when it is 0."""
        at_most = wanted
        watch = self._watch
        asked: Voice | None = None
        try:
            for node in path:
                voices = self.nodes[node].dispatch
                if not voices:
                    continue
                facts = Dispatch(node, True, (), at_most, now, in_flight(node), voices[0].memory)
                watch.arm()
                try:
                    for asked in voices:
                        force_setattr(facts, "memory", asked.memory)
                        answer = self._ask(asked, facts, _ANSWERS["dispatch"])
                        if answer is None or answer is PROCEED:
                            continue
                        if isinstance(answer, Delay):
                            return 0, answer.after
                        if isinstance(answer, Proceed) and answer.at_most is not None:
                            at_most = min(at_most, answer.at_most)
                        elif isinstance(answer, FailRun):
                            raise _stop(asked, answer)
                finally:
                    watch.disarm()
        except Hung:
            watch.disarm()
            if asked is not None:
                self._hung(asked)
        return at_most, 0.0 if at_most else 1.0

    def dispatch(
        self, node: str, records: Sequence[Any], now: float, in_flight: int
    ) -> tuple[Proceed, Mapping[int, tuple[Decision, str]]]:
        """The limits for an attempt at these records, and what becomes of those that are not attempted: why, by whom."""
        rules = self.nodes[node]
        limits = PROCEED
        fates: dict[int, tuple[Decision, str]] = NOTHING
        left: Sequence[int] = range(len(records))
        some = records
        facts = Dispatch(node, False, records, len(records), now, in_flight, {})
        watch = self._watch
        voice: Voice | None = None
        for voice in rules.dispatch:
            force_setattr(facts, "memory", voice.memory)
            try:
                watch.arm()
                try:
                    answer = self._ask(voice, facts, _ANSWERS["dispatch"], range(len(some)))
                finally:
                    watch.disarm()
            except Hung:
                watch.disarm()
                self._hung(voice)
                continue
            if answer is None or answer is PROCEED:
                continue
            if isinstance(answer, Proceed):
                limits = _strictest(limits, answer) if limits is not PROCEED else answer
                if answer.at_most is None or answer.at_most >= len(some):
                    continue
                gone: Mapping[int, Decision] = dict.fromkeys(range(answer.at_most, len(some)), Delay(0.0))
            elif isinstance(answer, FailRun):
                raise _stop(voice, answer)
            elif isinstance(answer, Mapping):
                gone = {at: decision for at, decision in answer.items() if not isinstance(decision, Proceed)}
            else:
                gone = dict.fromkeys(range(len(some)), answer)
            if gone:
                fates = dict(fates)
                fates.update({left[at]: (decision, voice.name) for at, decision in gone.items()})
                left = [left[at] for at in range(len(some)) if at not in gone]
                some = [records[at] for at in left]
                if not some:
                    break
                facts = Dispatch(node, False, some, len(some), now, in_flight, {})
        return limits, fates

    def completion(self, voices: Sequence[Voice], facts: Completion) -> None:
        """Tell everybody how a batch went; raises `RunFailed` when one of them wants the run to end."""
        watch = self._watch
        voice: Voice | None = None
        try:
            watch.arm()
            try:
                for voice in voices:
                    force_setattr(facts, "memory", voice.memory)
                    answer = self._ask(voice, facts, _ANSWERS["completion"])
                    if isinstance(answer, FailRun):
                        raise _stop(voice, answer)
            finally:
                watch.disarm()
        except Hung:
            watch.disarm()
            if voice is not None:
                self._hung(voice)

    def admit(self, voice: Voice, facts: Arrival) -> Decision | Mapping[int, Decision]:
        """What one policy says to a batch that was read."""
        force_setattr(facts, "memory", voice.memory)
        answer = self._heard(voice, facts, range(len(facts.records)))
        return PROCEED if answer is None else answer

    def full(self, channel: str, facts: Overflow) -> tuple[Decision | Mapping[int, Decision], str]:
        """What to do with what a channel has no room for, and who said so."""
        hidden = facts.waiting + facts.offered - len(facts.records)
        for voice in self.overflow.get(channel, ()):
            force_setattr(facts, "memory", voice.memory)
            answer = self._heard(voice, facts, range(-hidden, len(facts.records)))
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
    counts: tuple[Any, ...] = (answer.at_most, answer.concurrency)
    if not all(n is None or (type(n) is int and n >= least) for n, least in zip(counts, (0, 1), strict=True)):
        return False
    times: tuple[Any, ...] = (answer.deadline, answer.hedge_after)
    return all(t is None or (isinstance(t, (int, float)) and isfinite(t) and t > 0) for t in times)


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
