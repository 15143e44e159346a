"""Leave the other side alone while it fails.

Takes:   how the records of each batch came out, and the time.
Gives:   `CircuitBreaker`.
Ignores: what becomes of records that failed (`retry.py`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from penstock import Completion, Decision, Delay, Dispatch, FailureClass, Memory, Proceed, policy
from penstock_standard._windows import CallWindow, TimeWindow
from penstock_standard.errors import BadSetting

Window = CallWindow | TimeWindow
_PROCEED = Proceed()


@policy("circuit-breaker", layer="breaker", drops=False)
class CircuitBreaker:
    """Give a node nothing for a while when too much of what it was given has failed; then try with a few.

    Decides: dispatch, completion.
    Opens:   when at least `minimum` of the last calls are known, and a share of `ratio` of them failed, or one of `slow_ratio`
             took longer than `slow_after`.
    Waits:   an open breaker pulls nothing; what is waiting already waits on, and no attempt is counted. After `open_for`
             it lets `probes` records pass. When enough of them are back their share decides in the same way: closed, and
             all is forgotten, or open once more. Probes that are not back after `open_for` are given out again.
    Source:  resilience4j: the states, the two windows, minimum, slow calls, permitted calls and maximum wait when half open;
             Polly: what is no failure counts as a success, late outcomes change nothing, windows of time roll in tenths.
    Notes:   failures that are the record's own (a refusal, a broken contract) speak for the other side, unless `classes` names
             them. Nodes whose breakers have one name under `shared` have one breaker. It is closed when a run begins.
             Outcomes come in batches: a window of calls forgets a batch whole; of a batch whose mean is slow all is slow.
    """

    window: Literal["calls", "seconds"] = "calls"
    size: Annotated[float, Meta(gt=0)] = 100  # calls, or seconds
    minimum: Annotated[int, Meta(ge=1)] = 10  # calls
    ratio: Annotated[float, Meta(gt=0, le=1)] = 0.5
    slow_after: Annotated[float, Meta(gt=0)] | None = None  # seconds; null: no call is too slow
    slow_ratio: Annotated[float, Meta(gt=0, le=1)] = 1.0
    open_for: Annotated[float, Meta(gt=0)] = 30.0  # seconds
    probes: Annotated[int, Meta(ge=1)] = 1  # records
    classes: tuple[FailureClass, ...] = (FailureClass.TRANSIENT, FailureClass.TIMEOUT)  # what counts as a failure
    shared: str | None = None  # a name; nodes whose breakers have the same one share it

    def __post_init__(self) -> None:
        if self.window == "calls" and self.size < 1:
            raise BadSetting("size", "a window of calls holds one at least")
        self._minimum = min(self.minimum, int(self.size)) if self.window == "calls" else self.minimum
        self._name = f"{self.window} {self.size}"  # a window of another shape is another one, also behind a swap

    def memory_name(self, subject: str) -> str | None:
        """What state and window are kept under."""
        return self.shared

    def dispatch(self, facts: Dispatch) -> Decision:
        """All, none, or the probes."""
        memory, now = facts.memory, facts.now
        until = memory.get("until")  # None: closed
        if until is None:
            return _PROCEED
        if now >= until:
            if facts.pulling:
                return Proceed(at_most=self.probes)
            until = now + self.open_for
            memory.update(until=until, given=0, seen=(0, 0, 0))
        elif "given" not in memory:
            return Delay(until - now)
        free = self.probes - memory["given"]
        if free <= 0:
            return Delay(min(until - now, self.open_for / 10))
        if not facts.pulling:
            memory["given"] += min(free, facts.wanted)
        return Proceed(at_most=free)

    def completion(self, facts: Completion) -> Decision:
        """Count, and open or close."""
        memory, calls, failed, slow = facts.memory, facts.ok, 0, 0
        if facts.failed:
            calls += sum(facts.failed.values())
            failed = sum(facts.failed.get(each, 0) for each in self.classes)
        if self.slow_after is not None:
            slow = self._slow(facts, calls)
        if "until" not in memory:
            window: Window = memory.get(self._name) or self._window(memory)
            window.add(facts.now, calls, failed, slow)
            bad = window.failed or window.slow
            if bad and window.calls >= self._minimum and self._is_bad(window.calls, window.failed, window.slow):
                self._open(memory, facts.now)
        elif "given" in memory:
            self._probed(memory, facts.now, calls, failed, slow)
        return _PROCEED

    def _probed(self, memory: Memory, now: float, *outcomes: int) -> None:
        calls, failed, slow = memory["seen"] = tuple(map(sum, zip(memory["seen"], outcomes, strict=True)))
        if calls < min(self._minimum, self.probes):
            return
        if self._is_bad(calls, failed, slow):
            self._open(memory, now)
        else:
            memory.clear()

    def _open(self, memory: Memory, now: float) -> None:
        memory.clear()
        memory["until"] = now + self.open_for

    def _window(self, memory: Memory) -> Window:
        window = memory[self._name] = (CallWindow if self.window == "calls" else TimeWindow)(self.size)
        return window

    def _is_bad(self, calls: int, failed: int, slow: int) -> bool:
        return failed / calls >= self.ratio or (self.slow_after is not None and slow / calls >= self.slow_ratio)

    def _slow(self, facts: Completion, calls: int) -> int:
        """How many calls of a batch count as slow: all, when its mean is; one, when its slowest is."""
        assert self.slow_after is not None
        if facts.slowest <= self.slow_after:
            return 0
        return calls if facts.latency > self.slow_after else 1
